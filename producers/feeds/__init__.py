"""Feeds: bytes to entries, in every form that feeds come in. Pure."""
