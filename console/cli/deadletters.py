"""`claimwire deadletters list|show|replay|discard`: failed records with their original bytes, and their state."""

import argparse
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from claimwire import topics
from claimwire.config.settings import Loaded
from claimwire.errors import ConfigError, ContractError
from claimwire.ids import host_of
from claimwire.ledger import outcome_message
from claimwire.letters import (
    MAX_ATTEMPTS,
    ORIGINAL,
    first_line,
    is_forgotten,
    letter_mark,
    letter_place,
    marked_offset,
    replayed,
)
from claimwire.log import Log, Message, open_settings_log
from claimwire.log.reading import skip
from claimwire.log.wire import joined_headers, key_bytes, unpack_headers
from claimwire.net.redaction import without_secrets
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from console.cli.output import print_json, print_table, progress

WAYS = ("reason", "stage", "host", "day")
BATCH = 50
DISCARDED = "discarded: "
MOST_SHOWN = 5000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "show", "replay", "discard"))
    parser.add_argument(
        "offset", nargs="?", type=int, metavar="OFFSET", help="offset of the dead letter; default: all open ones"
    )
    parser.add_argument("--stage", help="only dead letters of this stage")
    parser.add_argument("--by", choices=WAYS, help="list: counts by reason, stage, host or day")
    parser.add_argument("--all", action="store_true", help="list: include replayed and discarded ones")
    parser.add_argument("--rate", type=float, default=50.0, metavar="N", help="replay: at most N a second (default 50)")
    parser.add_argument("--reason", metavar="TEXT", help="discard: the reason, for the ledger")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    if arguments.rate <= 0:
        raise ConfigError(f"deadletters: --rate {arguments.rate:g} is not over 0")
    log = open_settings_log(loaded.settings)
    every, marks = read(log)
    letters = [m for m in every if not arguments.stage or m.headers.get("stage") == arguments.stage]
    if arguments.offset is not None:
        letters = [m for m in letters if m.offset == arguments.offset]
        if not letters:
            raise ConfigError(f"deadletters: no dead letter at offset {arguments.offset}")
    elif arguments.action == "show":
        raise ConfigError("deadletters show: give an OFFSET (see `claimwire deadletters list`)")
    left = [m for m in letters if m.offset not in marks]
    match arguments.action:
        case "replay":
            _replay(log, left, arguments.rate, len(letters), as_json=arguments.json)
        case "discard":
            _discard(log, left, arguments.reason, as_json=arguments.json)
        case "show":
            _show(letters[0], marks.get(letters[0].offset, "open"), as_json=arguments.json)
        case _ if arguments.by:
            _list_by(left, arguments.by, as_json=arguments.json)
        case _:
            _list(letters if arguments.all else left, marks, as_json=arguments.json)
    log.close()
    return 0


def read(log: Log, newest: int | None = None) -> tuple[list[Message], dict[int, str]]:
    """Return all dead letters or the `newest`, without those of erased articles, and their states by offset."""
    found, marks = deque[Message](maxlen=newest), dict[int, str]()
    for message, offset in _with_marks(log):
        if offset is not None:
            marks[offset] = message.headers["state"]
        elif not is_forgotten(message):
            found.append(message)
    return list(found), marks


def open_letters(log: Log) -> int:
    """Count the open dead letters, without keeping them in memory."""
    waiting: set[int] = set()
    for message, offset in _with_marks(log):
        if offset is not None:
            waiting.discard(offset)
        elif not is_forgotten(message):
            waiting.add(message.offset)
    return len(waiting)


def _with_marks(log: Log) -> Iterator[tuple[Message, int | None]]:
    """Yield the records of the topic, each with the offset of its letter if it is a mark. Skips unreadable marks."""
    for message in log.read(topics.DEADLETTERS, 0):
        try:
            yield message, marked_offset(message)
        except ContractError as error:
            skip(message, error)


def replay(log: Log, letters: Iterable[Message], rate: float) -> tuple[int, int]:
    """Publish dead letters to their original topics again, at most `rate` a second. Return (replayed, left)."""
    batch: list[Message] = []
    done, left, started = 0, 0, time.monotonic()
    for letter in letters:
        try:
            batch += [replayed(letter), letter_mark(letter, "replayed", "")]
        except ContractError as error:
            progress(f"{letter.offset} not replayed: {error}")
            left += 1
            continue
        done += 1
        if len(batch) >= 2 * min(BATCH, max(1, int(rate))):
            log.publish(batch)
            batch = []
            progress(f"{done} replayed")
            time.sleep(max(0.0, started + done / rate - time.monotonic()))
    log.publish(batch)
    return done, left


def _replay(log: Log, letters: Sequence[Message], rate: float, total: int, *, as_json: bool) -> None:
    done, _ = replay(log, letters, rate)
    left = total - done
    print_json({"replayed": done, "left": left}) if as_json else print(
        f"{done} replayed, {left} left (tried {MAX_ATTEMPTS} times, or replayed or discarded before)"
    )


def _discard(log: Log, letters: Sequence[Message], reason: str | None, *, as_json: bool) -> None:
    """Mark dead letters as discarded. Raises ConfigError if there is no reason."""
    if not reason:
        raise ConfigError("deadletters discard: give a reason with --reason TEXT")
    for letter in letters:
        lines = [letter_mark(letter, "discarded", reason)]
        article, revision = letter.headers.get("article_id"), letter.headers.get("revision_id")
        if article and revision:
            outcome = Outcome(
                article_id=article, revision_id=revision, state=OutcomeState.DEAD_LETTERED,
                stage=letter.headers.get("stage", "?"), at=datetime.now(UTC), reason=f"{DISCARDED}{reason}"[:200],
            )  # fmt: skip
            lines.append(outcome_message(outcome))
        log.publish(lines)
    print_json({"discarded": len(letters)}) if as_json else print(f"{len(letters)} discarded")


def _host(letter: Message) -> str:
    """Return the host of a raw article; other records have none."""
    try:
        return host_of(decode(letter.value, RawArticle).url or "") or "?"
    except (ContractError, msgspec.MsgspecError):
        return "?"


def _list_by(letters: list[Message], way: str, *, as_json: bool) -> None:
    def value(letter: Message) -> str:
        match way:
            case "reason":
                return first_line(letter).split(":", 1)[0]
            case "host":
                return _host(letter)
            case "day":
                return letter.headers.get("at", "?")[:10]
        return letter.headers.get("stage", "?")

    counted = Counter(map(value, letters)).most_common()
    if as_json:
        print_json(dict(counted))
    else:
        print_table((way, "dead letters"), counted)


def _list(letters: list[Message], marks: dict[int, str], *, as_json: bool) -> None:
    rows = [
        (m.offset, m.headers.get("at", "")[:19], marks.get(m.offset, "open"), m.headers.get("stage", ""),
         letter_place(m.headers),
         m.headers.get("attempt", "0"), len(m.value or b""), first_line(m))
        for m in letters
    ]  # fmt: skip
    names = ("offset", "at", "state", "stage", "from", "attempt", "bytes", "error")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(names, rows)


def _show(letter: Message, state: str, *, as_json: bool) -> None:
    headers = {name: value for name, value in letter.headers.items() if name != ORIGINAL}
    own = joined_headers(*unpack_headers(letter.headers.get(ORIGINAL, "")))
    value = None if letter.value is None else _shown(letter.value)
    if as_json:
        original = [[name, None if data is None else _shown(data)] for name, data in own]
        print_json(
            {"offset": letter.offset, "state": state, "key": _shown(key_bytes(letter.key)), "headers": headers,
             "record_headers": original, "value": value}
        )  # fmt: skip
        return
    for name, text in headers.items():
        print(f"{name}: {text}")
    for name, data in own:
        print(f"header of the record: {name}: {'null' if data is None else _shown(data)}")
    print(f"state: {state}\nkey: {_shown(key_bytes(letter.key))[:MOST_SHOWN]}\n\n{(value or '')[:MOST_SHOWN]}")


def _shown(data: bytes) -> str:
    """Return bytes as text for display: invalid UTF-8 as \\xNN, secrets in URLs masked."""
    return without_secrets(data.decode("utf-8", "backslashreplace"))
