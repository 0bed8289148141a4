"""Classification of failures (record or machine), and dead letters for failed records.

Used by stages, sinks and tables.
"""

import logging
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime

from claimwire.errors import RECORD_FAULTS
from claimwire.letters import dead_letters_of
from claimwire.log import Message
from claimwire.runtime.log_fields import bound
from claimwire.runtime.process_pool import WorkRefused

logger = logging.getLogger(__name__)
MOST_ERROR = 500
MOST_DETAIL = 2000


@dataclass(frozen=True)
class Failure:
    """Error of a record in one line, its traceback if unexpected, and whether the record is its cause."""

    text: str
    detail: str
    is_of_record: bool


def failure_of(error: Exception) -> Failure:
    """Return the failure for an exception that was raised here or in a child process."""
    if isinstance(error, WorkRefused):
        return Failure(_line(str(error)), error.detail, error.is_of_record)
    is_of_record = isinstance(error, RECORD_FAULTS)
    detail = "" if is_of_record else "".join(traceback.format_exception(error))
    return Failure(_line(f"{type(error).__name__}: {error}"), detail, is_of_record)


def _line(text: str) -> str:
    return " ".join(text.split())[:MOST_ERROR]


def dead_letters(message: Message, by: str, failure: Failure, *, has_article: bool = True) -> list[Message]:
    """Log the failure of a record in a stage or sink; return its dead letter and its ledger line."""
    article = {"article": ident} if (ident := message.headers.get("article_id")) else {}
    with bound(part=by, topic=message.topic, partition=message.partition, offset=message.offset, **article):
        logger.warning("dead letter: %s", failure.text)
    text = f"{failure.text}\n{failure.detail[-MOST_DETAIL:]}" if failure.detail else failure.text
    return dead_letters_of(message, by, text, datetime.now(UTC), has_article=has_article)
