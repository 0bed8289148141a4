"""What hosts teach: the lines that they repeat, and whether their pages still come out as they did."""
