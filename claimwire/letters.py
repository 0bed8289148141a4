"""Dead letters: failed records with their original bytes, and marks for the action taken on each.

Key and value are those of the failed record; headers hold its topic, partition, offset, error and (ORIGINAL) its
headers. The action taken is a later record of the same topic with the key LETTER_MARK, which names the letter's offset.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ids import digest
from claimwire.ledger import outcome_message
from claimwire.log import CUT, Message
from claimwire.log.wire import key_bytes, pack_headers, unpack_headers
from claimwire.net.redaction import without_secrets
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from claimwire.runtime import metrics

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
    """Build the dead letter of a record, and its ledger line if it belongs to an article."""
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
    """Return the ledger line that ends the revision as dead-lettered."""
    article, revision = ids_of(message)
    return Outcome(
        article_id=article, revision_id=revision, state=OutcomeState.DEAD_LETTERED, stage=stage, at=at,
        reason=error.encode("utf-8", "backslashreplace").decode().splitlines()[0][:200] if error else None,
    )  # fmt: skip


def ids_of(message: Message) -> tuple[str, str]:
    """Return article and revision id of a record: from its headers, else from its key and a hash of its bytes."""
    named = _ident(message.headers.get("article_id")) or _ident(message.key)
    unnamed = digest("key", key_bytes(message.key).hex()) if message.key else "unknown"
    revision = _ident(message.headers.get("revision_id")) or digest("bytes", (message.value or b"").hex())
    return named or unnamed, revision


def _ident(text: str | None) -> str | None:
    """Return `text` if it is valid as an id in keys and in the store, else None."""
    return text if text and len(text) <= MOST_ID and text.isascii() and text.isprintable() else None


def is_forgotten(message: Message) -> bool:
    """Return whether erasure of the article has left only the headers of this dead letter."""
    headers = message.headers
    is_mark = message.key == LETTER_MARK and "state" in headers
    return message.value is None and bool(headers.get("article_id")) and NULL_VALUE not in headers and not is_mark


def letter_mark(letter: Message, state: str, reason: str) -> Message:
    """Build the mark for the action taken on a dead letter; it repeats the letter's headers."""
    about = {k: v for k, v in letter.headers.items() if k not in ("partition", "offset", ORIGINAL)}
    mark = {"offset": str(letter.offset), "state": state, "reason": reason, "place": letter_place(letter.headers)}
    return Message(topics.DEADLETTERS.name, LETTER_MARK, None, about | mark)


def marked_offset(message: Message) -> int | None:
    """Return the offset of the dead letter that a mark names; None for a dead letter itself. Raises ContractError."""
    if message.key != LETTER_MARK or "state" not in message.headers:
        return None
    return number(message.headers, "offset")


def number(headers: Mapping[str, str], name: str, default: str = "") -> int:
    """Return an integer header. Raises ContractError if it is not one."""
    text = headers.get(name, default)
    if not text.isdecimal() or not text.isascii() or len(text) > 19 or int(text) > LARGEST:
        raise ContractError(f"header {name} is {text[:40]!r}, not a whole number")
    return int(text)


def written_at(message: Message) -> datetime:
    """Return the time at which a dead letter was written: from its headers, else from the log."""
    try:
        at = datetime.fromisoformat(message.headers.get("at", ""))
    except ValueError:
        return datetime.fromtimestamp(message.timestamp_ms / 1000, UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def letter_place(headers: Mapping[str, str]) -> str:
    """Return the position of the failed record as topic/partition@offset."""
    return headers.get("place") or f"{headers.get('topic')}/{headers.get('partition')}@{headers.get('offset')}"


def first_line(letter: Message) -> str:
    """Return the error of a dead letter without its traceback."""
    return next(iter(letter.headers.get("error", "").splitlines()), "")


def replayed(letter: Message) -> Message:
    """Return the failed record for its original topic and partition, with `attempt` one higher.

    Raises ContractError after MAX_ATTEMPTS, for a truncated value, and for headers that are not a dead letter's.
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
