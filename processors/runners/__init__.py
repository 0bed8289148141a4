"""Two runners of the same stages: embedded (SQLite) and distributed (Faust on Kafka)."""
