"""Web archives as sources."""
