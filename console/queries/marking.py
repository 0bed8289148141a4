"""Reading and setting marks, for the page and the verb."""

from datetime import datetime

from claimwire import topics
from claimwire.errors import ConfigError
from claimwire.log import Log
from claimwire.log.reading import readable
from claimwire.messages import mark_deleted, message_of
from claimwire.records.marks import KEY_LENGTH, MARKED, Mark, MarkKind

CLEAR = "clear"
ACTIONS = (*(m.value for m in MarkKind), CLEAR)


def read_marks(log: Log) -> dict[str, Mark]:
    """Return all marks by key."""
    return {message.key: mark for message, mark in readable(log.snapshot(topics.MARKS).values(), Mark)}


def set_mark(log: Log, action: str, ident: str, at: datetime) -> None:
    """Mark a story or an alert, or remove its mark. Raises ConfigError."""
    if action not in ACTIONS:
        raise ConfigError(f"marks: {action!r} is not one of {', '.join(ACTIONS)}")
    if not ident or len(ident) > KEY_LENGTH:
        raise ConfigError("marks: give the id of a story or an alert")
    if action == CLEAR:
        gone = [mark_deleted(of, ident) for of in sorted(set(MARKED.values()))]
        log.publish(gone)
        return
    mark = Mark(mark=MarkKind(action), id=ident, at=at)
    log.publish([message_of(mark)])
