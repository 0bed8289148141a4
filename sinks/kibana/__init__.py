"""What Kibana shows of the index: data views, searches, dashboards and rules, made from one description (`panels`)."""
