"""Kibana objects: data views, searches, dashboards and rules, generated from one description (`panels`)."""
