"""Feed parsing: bytes to entries, for all formats. Pure."""
