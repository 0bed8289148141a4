"""Stages: raw articles to clean text, claims, verdicts and alerts. `flow.py` has the whole flow."""
