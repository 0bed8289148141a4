"""Context fields of log lines (part, feed, page, record), bound once for all later lines."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

Fields = Mapping[str, str | int]

_bound: ContextVar[Fields] = ContextVar("log_fields", default=MappingProxyType({}))


def bind(**fields: str | int) -> None:
    """Add fields to all later lines of this thread or asyncio task, and of the tasks that it starts."""
    _bound.set({**_bound.get(), **fields})


@contextmanager
def bound(**fields: str | int) -> Iterator[None]:
    """Add fields to the lines of a block."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_fields() -> Fields:
    """Return the fields bound in this context."""
    return _bound.get()
