"""Real Kafka and Elasticsearch without Docker, from Maven artifacts, for tests."""
