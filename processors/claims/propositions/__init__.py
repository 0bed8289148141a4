"""Clauses grouped to claims, and the claims they make."""
