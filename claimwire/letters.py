"""Dead letters: records that failed, with their original bytes, and the marks of what was done with them.

The letter's key and value are the record's own, its headers say where it stood, why it failed, and (ORIGINAL) which headers
it had. The action taken on a letter stands behind it on the same topic: a record of the key LETTER_MARK that names its offset.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from claimwire import metrics, topics
from claimwire.errors import ContractError
from claimwire.ids import digest
from claimwire.ledger import outcome_message
from claimwire.log import CUT, Message
from claimwire.log.wire import key_bytes, pack_headers, unpack_headers
from claimwire.records import Outcome, OutcomeState
from claimwire.redaction import without_secrets

LETTER_MARK = "deadletter"
ORIGINAL = "headers"
NULL_VALUE = "null_value"
MAX_ATTEMPTS = 5
MOST_ERROR = 2500
MOST_ID = 128
LARGEST = 2**63 - 1


def dead_letters_of(
    message: Message, stage: str, error: str, at: datetime, *, has_article: bool = True
) -> list[Message]:
    """The dead letter of a record, and the line of the ledger where it carries an article."""
    error, attempt = without_secrets(error), message.headers.get("attempt", "0")
    headers = {
        **{name: ident for name in ("article_id", "revision_id") if (ident := _ident(message.headers.get(name)))},
        "stage": stage,
        "error": error[:MOST_ERROR].encode("utf-8", "backslashreplace").decode(),
        "topic": message.topic,
        "partition": str(message.routed().partition),
        "offset": str(message.offset),
        "attempt": attempt if attempt.isdecimal() and len(attempt) < 4 else "0",
        "at": at.isoformat(),
    }
    if message.headers or message.odd_headers:
        headers[ORIGINAL] = pack_headers(message.headers, message.odd_headers)
    if message.value is None:
        headers[NULL_VALUE] = "true"
    letter = replace(
        message,
        topic=topics.DEADLETTERS.name,
        headers=headers,
        odd_headers=(),
        partition_key=None,
        partition=0,
        offset=-1,
    )
    metrics.DEADLETTERS.labels(stage).inc()
    return [letter, outcome_message(_outcome(message, stage, error, at))] if has_article else [letter]


def _outcome(message: Message, stage: str, error: str, at: datetime) -> Outcome:
    """The line of the ledger that a dead letter closes."""
    article, revision = ids_of(message)
    return Outcome(
        article_id=article, revision_id=revision, state=OutcomeState.DEAD_LETTERED, stage=stage, at=at,
        reason=error.encode("utf-8", "backslashreplace").decode().splitlines()[0][:200] if error else None,
    )  # fmt: skip


def ids_of(message: Message) -> tuple[str, str]:
    """Article and revision of a record, by its headers; where it names none, by its key and bytes."""
    named = _ident(message.headers.get("article_id")) or _ident(message.key)
    unnamed = digest("key", key_bytes(message.key).hex()) if message.key else "unknown"
    revision = _ident(message.headers.get("revision_id")) or digest("bytes", (message.value or b"").hex())
    return named or unnamed, revision


def _ident(text: str | None) -> str | None:
    """An id that may stand in keys and in the store; None where `text` is none."""
    return text if text and len(text) <= MOST_ID and text.isascii() and text.isprintable() else None


def is_forgotten(message: Message) -> bool:
    """Return whether only the headers are left of a dead letter, because its article was forgotten."""
    headers = message.headers
    is_mark = message.key == LETTER_MARK and "state" in headers
    return message.value is None and bool(headers.get("article_id")) and NULL_VALUE not in headers and not is_mark


def letter_mark(letter: Message, state: str, reason: str) -> Message:
    """The record of what was done with a dead letter; it repeats the letter's headers, so that it can be understood alone."""
    about = {k: v for k, v in letter.headers.items() if k not in ("partition", "offset", ORIGINAL)}
    mark = {"offset": str(letter.offset), "state": state, "reason": reason, "place": letter_place(letter.headers)}
    return Message(topics.DEADLETTERS.name, LETTER_MARK, None, about | mark)


def marked_offset(message: Message) -> int | None:
    """The offset of the dead letter that a record marks; None for a dead letter. Raises ContractError for a malformed mark."""
    if message.key != LETTER_MARK or "state" not in message.headers:
        return None
    return number(message.headers, "offset")


def number(headers: Mapping[str, str], name: str, default: str = "") -> int:
    """A whole number among headers. Raises ContractError where it is none."""
    text = headers.get(name, default)
    if not text.isdecimal() or not text.isascii() or len(text) > 19 or int(text) > LARGEST:
        raise ContractError(f"header {name} is {text[:40]!r}, not a whole number")
    return int(text)


def written_at(message: Message) -> datetime:
    """Return the time at which a dead letter was written, by its headers or else by the log."""
    try:
        at = datetime.fromisoformat(message.headers.get("at", ""))
    except ValueError:
        return datetime.fromtimestamp(message.timestamp_ms / 1000, UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def letter_place(headers: Mapping[str, str]) -> str:
    """Return the place of a dead letter's record: topic/partition@offset."""
    return headers.get("place") or f"{headers.get('topic')}/{headers.get('partition')}@{headers.get('offset')}"


def first_line(letter: Message) -> str:
    """The error of a dead letter without its traceback."""
    return next(iter(letter.headers.get("error", "").splitlines()), "")


def replayed(letter: Message) -> Message:
    """The record of a dead letter as it was, for the place where it stood, with `attempt` one higher.

    Raises ContractError where it can't be: it was tried MAX_ATTEMPTS times, only its beginning was kept, or it is no letter.
    """
    headers = letter.headers
    topic, attempt, partition = headers.get("topic", ""), number(headers, "attempt", "0"), number(headers, "partition")
    if topic not in topics.BY_NAME or partition >= topics.BY_NAME[topic].partitions:
        raise ContractError(f"there is no {topic[:40]!r}/{partition}")
    if attempt >= MAX_ATTEMPTS:
        raise ContractError(f"tried {attempt} times")
    if CUT in headers:
        raise ContractError(f"only the beginning of its {headers[CUT]} bytes was kept")
    plain, odd = unpack_headers(headers.get(ORIGINAL, ""))
    again = plain | {"attempt": str(attempt + 1), "replayed_from": str(letter.offset)}
    return replace(letter, topic=topic, headers=again, odd_headers=odd, partition=partition, offset=-1)
