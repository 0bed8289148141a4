"""Questions about a running pipeline, asked by the command line and the page alike."""
