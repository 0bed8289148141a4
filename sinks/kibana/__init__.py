"""Kibana's view of the index: data views, searches, dashboards and rules, made from one description (`panels`)."""
