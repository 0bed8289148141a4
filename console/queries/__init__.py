"""Queries on a running pipeline, shared by the command line and the page."""
