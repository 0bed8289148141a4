"""The tables of feeds and pages: what is due, and what a poll changes."""
