"""`claimwire deadletters list|show|replay`: records that failed, with their original bytes."""

import argparse
from collections.abc import Iterable

from claimwire import topics
from claimwire.errors import ConfigError
from claimwire.log import Log, Message
from claimwire.settings import Loaded
from console.cli.output import print_json, print_table
from console.runtime import open_settings_log

MAX_ATTEMPTS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "show", "replay"))
    parser.add_argument(
        "offset", nargs="?", type=int, metavar="OFFSET", help="which one (replay: all where none is named)"
    )
    parser.add_argument("--stage", help="only those of this stage")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    log = open_settings_log(loaded.settings)
    letters = [
        m for m in log.read(topics.DEADLETTERS, 0) if not arguments.stage or m.headers.get("stage") == arguments.stage
    ]
    if arguments.offset is not None:
        letters = [m for m in letters if m.offset == arguments.offset]
        if not letters:
            raise ConfigError(f"deadletters: no dead letter at offset {arguments.offset}")
    elif arguments.action == "show":
        raise ConfigError("deadletters show: name an OFFSET (see `claimwire deadletters list`)")
    if arguments.action == "replay":
        replayed, spent = replay(log, letters)
        print_json({"replayed": replayed, "left": spent}) if arguments.json else print(
            f"{replayed} replayed, {spent} left (tried {MAX_ATTEMPTS} times or replayed before)"
        )
    elif arguments.action == "show":
        _show(letters[0], as_json=arguments.json)
    else:
        _list(letters, as_json=arguments.json)
    log.close()
    return 0


def replay(log: Log, letters: Iterable[Message]) -> tuple[int, int]:
    """Copy dead letters back to where they came from, attempt + 1. Returns (replayed, left)."""
    done = {m.headers.get("replayed_from") for m in _attempts(log)}
    messages, left = [], 0
    for letter in letters:
        name, attempt = letter.headers.get("topic", ""), int(letter.headers.get("attempt", "0"))
        if name not in topics.BY_NAME or attempt >= MAX_ATTEMPTS or str(letter.offset) in done:
            left += 1
            continue
        headers = {k: v for k, v in letter.headers.items() if k in ("article_id", "revision_id")}
        headers |= {"attempt": str(attempt + 1), "replayed_from": str(letter.offset)}
        messages.append(Message(name, letter.key, letter.value, headers, partition=int(letter.headers["partition"])))
    log.publish(messages)
    return len(messages), left


def _attempts(log: Log) -> Iterable[Message]:
    for topic in (
        topics.RAW,
        topics.CLEAN,
        topics.ARTICLES,
        topics.CLAIMS,
        topics.CLUSTERS,
        topics.STORIES,
        topics.ALERTS,
    ):
        for partition in range(topic.partitions):
            yield from (m for m in log.read(topic, partition) if "replayed_from" in m.headers)


def _list(letters: list[Message], *, as_json: bool) -> None:
    rows = [
        (m.offset, m.headers.get("stage", ""), f"{m.headers.get('topic')}/{m.headers.get('partition')}@{m.headers.get('offset')}",
         m.headers.get("attempt", "0"), len(m.value or b""), (m.headers.get("error") or "").splitlines()[0:1])
        for m in letters
    ]  # fmt: skip
    names = ("offset", "stage", "from", "attempt", "bytes", "error")
    plain = [(*r[:5], r[5][0] if r[5] else "") for r in rows]
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in plain])
    else:
        print_table(names, plain)


def _show(letter: Message, *, as_json: bool) -> None:
    text = (letter.value or b"").decode("utf-8", "replace")
    if as_json:
        print_json({"offset": letter.offset, "key": letter.key, "headers": dict(letter.headers), "value": text})
        return
    for name, value in letter.headers.items():
        print(f"{name}: {value}")
    print(f"key: {letter.key}\n\n{text[:5000]}")
