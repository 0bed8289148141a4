"""Notifications of alerts."""
