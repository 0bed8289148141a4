"""Selection of the driver of `claimwire.store.SearchStore` by URL."""

from claimwire.config.credentials import NOBODY, Credentials, store_credentials
from claimwire.config.settings import Settings
from claimwire.errors import ConfigError
from claimwire.store import SearchStore


def open_store(url: str, namespace: str, credentials: Credentials = NOBODY, replicas: int = 0) -> SearchStore:
    """Open the store at `url` (`sqlite:///FILE`, `elasticsearch://HOST:PORT`).

    Raises ConfigError or UnreachableError.
    """
    if url.startswith("sqlite:///"):
        from claimwire.store.sqlite import SqliteStore

        return SqliteStore.open(url, namespace)
    if url.startswith("elasticsearch"):
        from claimwire.store.elasticsearch import ElasticsearchStore

        return ElasticsearchStore.open(url, namespace, credentials, replicas)
    raise ConfigError(f"store: {url!r} does not begin with sqlite:///, elasticsearch:// or elasticsearch+https://")


def open_settings_store(settings: Settings, namespace: str | None = None) -> SearchStore:
    """Open the store of the settings, in `namespace` or by default in theirs."""
    namespace = namespace or settings.namespace
    return open_store(settings.store, namespace, store_credentials(settings), settings.store_replicas)
