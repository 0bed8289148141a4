"""Records to the search store."""
