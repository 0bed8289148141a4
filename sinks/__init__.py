"""Sinks: write topics to the search store and the archive, and send notifications."""
