"""Sentences, words, tags, phrases and clauses: the grammar of a text."""
