"""Facts learned of hosts: the lines that they repeat, and whether their pages still come out as they did."""
