"""Code shared by all packages: records, topics, ids, settings, metrics, the log and the store protocols."""

__version__ = "0.1.0"
