"""The log and the store behind the page: opened when they are first asked for, and again after they were away."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from claimwire.errors import UnreachableError
from claimwire.log import Log, open_settings_log
from claimwire.settings import Settings
from claimwire.store import SearchStore
from sinks.stores import open_settings_store


class Backends:
    """Both raise UnreachableError where a server is away; the next request tries again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store: SearchStore | None = None
        self._log: Log | None = None
        self._opening, self._logging = threading.Lock(), threading.Lock()

    @contextmanager
    def store(self) -> Iterator[SearchStore]:
        """The store, for several threads at once."""
        try:
            with self._opening:
                if self._store is None:
                    self._store = open_settings_store(self.settings)
                store = self._store
            yield store
        except sqlite3.Error as error:
            raise UnreachableError(f"store {self.settings.store}: {error}") from error

    @contextmanager
    def log(self) -> Iterator[Log]:
        """The log, for one thread at a time."""
        with self._logging:
            try:
                if self._log is None:
                    self._log = open_settings_log(self.settings)
                yield self._log
            except (UnreachableError, sqlite3.Error) as error:
                if self._log is not None:
                    self._log.close()
                self._log = None
                if isinstance(error, UnreachableError):
                    raise
                raise UnreachableError(f"broker {self.settings.broker}: {error}") from error

    def close(self) -> None:
        """Close both."""
        with self._opening, self._logging:
            for backend in (self._store, self._log):
                if backend is not None:
                    backend.close()
            self._store = self._log = None
