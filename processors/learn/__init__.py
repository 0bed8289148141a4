"""Learning about hosts: the lines that they repeat, and the health of extraction."""
