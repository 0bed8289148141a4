"""Records on the topics, and their closed vocabularies."""
