"""Mentions of people, organisations, countries and places, and their referents in the document."""
