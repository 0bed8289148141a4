"""Grouping of clauses into propositions, and the claims of these."""
