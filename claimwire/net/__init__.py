"""Addresses that may be fetched, sockets, and secrets in addresses."""
