"""The drivers of `claimwire.store.SearchStore`."""

from claimwire.errors import ConfigError
from claimwire.store import SearchStore


def open_store(url: str, namespace: str) -> SearchStore:
    """The store at `url` (`sqlite:///FILE`, `elasticsearch://HOST:PORT`). Raises ConfigError or UnreachableError."""
    if url.startswith("sqlite:///"):
        from sinks.stores.sqlite import SqliteStore

        return SqliteStore.open(url, namespace)
    if url.startswith("elasticsearch"):
        from sinks.stores.elasticsearch import ElasticsearchStore

        return ElasticsearchStore.open(url, namespace)
    raise ConfigError(f"store: {url!r} does not begin with sqlite:/// or elasticsearch://")
