"""Fetching, politely: one request at a time to a host, bounded in time and size."""
