"""The ordered matcher: duplicates, stories, claim clusters and verdicts. A pure fold over articles.clean."""
