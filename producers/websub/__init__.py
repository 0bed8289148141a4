"""WebSub: content of feeds pushed by hubs."""
