"""The command line (`cli`), the web page (`web`) and the process that runs the parts."""
