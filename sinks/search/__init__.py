"""The search sink: records to the search store."""
