"""HTTP fetching with rate limits for each host, and bounded time and size."""
