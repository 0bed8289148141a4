"""Raw articles to clean text, claims, verdicts and alerts. `steps.py` shows the whole flow."""
