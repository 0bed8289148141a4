"""Topics to stores and people: search, notifications."""
