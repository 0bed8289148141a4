"""The matcher: duplicates, stories, claim clusters and verdicts, as an ordered fold of articles.clean."""
