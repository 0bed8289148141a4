"""Log and store behind the page: opened at the first request, and reopened after an outage."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from claimwire.config.settings import Settings
from claimwire.errors import UnreachableError
from claimwire.log import Log, open_settings_log
from claimwire.store import SearchStore
from claimwire.store.drivers import open_settings_store
from console.queries.ledger import Ledger


class SharedLog:
    """A log for one thread at a time; others wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._log: Log | None = None
        self._lock = threading.Lock()

    @contextmanager
    def use(self) -> Iterator[Log]:
        """Lend the log. After an UnreachableError the next call reopens it."""
        with self._lock:
            try:
                if self._log is None:
                    self._log = open_settings_log(self._settings)
                yield self._log
            except (UnreachableError, sqlite3.Error) as error:
                if self._log is not None:
                    self._log.close()
                self._log = None
                if isinstance(error, UnreachableError):
                    raise
                raise UnreachableError(f"broker {self._settings.broker}: {error}") from error

    def close(self) -> None:
        """Close it."""
        with self._lock:
            if self._log is not None:
                self._log.close()
            self._log = None


class Backends:
    """Backends of the page. All raise UnreachableError; the next request retries."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store: SearchStore | None = None
        self._ledger: Ledger | None = None
        self._opening = threading.Lock()
        # The first read of the ledger is slow: other pages do not wait for it.
        self._shared, self._of_ledger = SharedLog(settings), SharedLog(settings)
        self.log = self._shared.use

    @contextmanager
    def store(self) -> Iterator[SearchStore]:
        """Return the store, for several threads at once."""
        try:
            with self._opening:
                if self._store is None:
                    self._store = open_settings_store(self.settings)
                store = self._store
            yield store
        except sqlite3.Error as error:
            raise UnreachableError(f"store {self.settings.store}: {error}") from error

    @contextmanager
    def ledger(self) -> Iterator[tuple[Ledger, Log]]:
        """Lend the current ledger and a log, to one thread at a time."""
        with self._of_ledger.use() as log:
            if self._ledger is None:
                self._ledger = Ledger(self.settings.data_dir)
            self._ledger.update(log)
            yield self._ledger, log

    def close(self) -> None:
        """Close all of them."""
        for shared in (self._shared, self._of_ledger):
            shared.close()
        with self._opening:
            for backend in (self._store, self._ledger):
                if backend is not None:
                    backend.close()
            self._store = self._ledger = None
