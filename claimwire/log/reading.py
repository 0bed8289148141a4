"""Decoding of messages into records. Topics are untrusted: other programs may have written to them."""

import logging
from collections.abc import Iterable, Iterator
from typing import TypeVar

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import Message
from claimwire.records.base import Record, decode
from claimwire.runtime import metrics

R = TypeVar("R", bound=Record)
logger = logging.getLogger(__name__)


def check_key(message: Message) -> None:
    """Raise ContractError if the key of `message` cannot be one of our records'."""
    if fault := message.key_fault:
        raise ContractError(f"{message.topic}: {fault}")


def decoded(message: Message, kind: type[R]) -> R:
    """Decode the record of a message. Raises ContractError for an invalid key or value."""
    check_key(message)
    return decode(message.value, kind)


def record_of(message: Message) -> Record | None:
    """Decode a message by its topic; None on a topic of plain bytes. Raises ContractError if it is invalid."""
    kind = topics.BY_NAME[message.topic].record
    return decoded(message, kind) if kind else None


def readable(messages: Iterable[Message], kind: type[R]) -> Iterator[tuple[Message, R]]:
    """Yield each message with its record of `kind`.

    Tombstones are left out; unreadable messages are skipped and counted.

    Logs one line at the end: the number of skipped messages, and the first of them.
    """
    skipped, first = 0, ""
    for message in messages:
        if message.value is None:
            continue
        try:
            record = decoded(message, kind)
        except ContractError as error:
            skipped, first = skipped + 1, first or f"{message.topic}/{message.partition}@{message.offset}: {error}"
            metrics.SKIPPED.labels(message.topic).inc()
            continue
        yield message, record
    if skipped:
        logger.warning("%d records are unreadable and were skipped, the first %s", skipped, first)


def skip(message: Message, error: Exception) -> None:
    """Log and count one unreadable record that is skipped."""
    metrics.SKIPPED.labels(message.topic).inc()
    logger.warning(
        "%s/%d@%d is unreadable and was skipped: %s", message.topic, message.partition, message.offset, error
    )
