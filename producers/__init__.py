"""Producers: poll feeds and fetch pages, and publish them to articles.raw."""
