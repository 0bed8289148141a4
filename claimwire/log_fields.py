"""Fields of log lines: which part, feed, page or record a line is about, bound once for all lines that follow."""

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
    """The fields of a line that is logged here."""
    return _bound.get()
