"""Reading of web archives."""
