"""`claimwire skip GROUP TOPIC/P@OFFSET`: skip a record that stops a group; it becomes a dead letter."""

import argparse
import re
import sys
from datetime import UTC, datetime

from claimwire import topics
from claimwire.config.settings import Loaded
from claimwire.errors import ConfigError, UnreachableError
from claimwire.letters import dead_letters_of
from claimwire.log import Log, Message, open_settings_log
from claimwire.topics import Topic
from console.cli.output import print_json
from console.queries.health import GROUPS

REASON = "skipped by operator"
PLACE = re.compile(r"(?P<topic>[a-z.]+)/(?P<partition>\d{1,9})@(?P<offset>\d{1,18})")
# Topics whose records have an article: the dead letter ends its revision in the ledger.
OF_AN_ARTICLE = {("analyse", topics.RAW), ("match", topics.CLEAN), ("search", topics.ARTICLES)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = sorted(group.name for group in GROUPS if group.topics)
    parser.add_argument("group", metavar="GROUP", choices=names, help=f"consumer group: {', '.join(names)}")
    parser.add_argument(
        "place", metavar="TOPIC/PARTITION@OFFSET", help="position of the record, as in logs and dead letters"
    )


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    log = open_settings_log(loaded.settings)
    try:
        topic, partition, offset = _place(log, arguments.group, arguments.place)
        _check_stopped(log, arguments.group)
        letters = dead_letters_of(
            _record(log, topic, partition, offset), arguments.group, REASON, datetime.now(UTC),
            has_article=(arguments.group, topic) in OF_AN_ARTICLE,
        )  # fmt: skip
        # The letter first: if the skip fails between the two steps and is repeated, there are two letters rather than
        # none.
        log.publish(letters)
        log.move(arguments.group, topic, partition, offset + 1)
    finally:
        log.close()
    if arguments.json:
        print_json({"group": arguments.group, "skipped": arguments.place, "next_offset": offset + 1})
    else:
        print(
            f"{arguments.group} continues at {topic.name}/{partition}@{offset + 1}; the record at {offset} is a dead letter"
            f" ({REASON}): claimwire deadletters list"
        )
    return 0


def _place(log: Log, group: str, text: str) -> tuple[Topic, int, int]:
    """Return the record to skip. Raises ConfigError unless it is the next one that the group would read."""
    found = PLACE.fullmatch(text)
    if found is None:
        raise ConfigError(f"skip: {text!r} is not TOPIC/PARTITION@OFFSET, like articles.raw/3@1207")
    taken = {topic.name: topic for g in GROUPS if g.name == group for topic in g.topics}
    topic = taken.get(found["topic"])
    if topic is None:
        raise ConfigError(f"skip: {group} does not read {found['topic']}; it reads {', '.join(taken)}")
    partition, offset = int(found["partition"]), int(found["offset"])
    if partition >= topic.partitions:
        raise ConfigError(f"skip: {topic.name} has partitions 0 to {topic.partitions - 1}, not {partition}")
    _check_next(log, group, topic, partition, offset)
    return topic, partition, offset


def _check_next(log: Log, group: str, topic: Topic, partition: int, offset: int) -> None:
    start, end = log.committed(group, topic)[partition], log.ends(topic)[partition]
    if start >= end:
        raise ConfigError(f"skip: {group} has read all of {topic.name}/{partition}; nothing is skipped")
    # Compaction leaves offsets without a record.
    before = next(iter(log.read(topic, partition, start, min(offset, end))), None) if offset > start else None
    if offset < start or offset >= end or before is not None:
        next_one = before.offset if before is not None else start
        raise ConfigError(f"skip: {group} reads {topic.name}/{partition}@{next_one} next; only that one can be skipped")


def _check_stopped(log: Log, group: str) -> None:
    """Raise ConfigError while a member runs: it would overwrite our commit, and Kafka would reject ours."""
    members = log.members([group])[group]
    if members:
        raise ConfigError(
            f"skip: {members} of {group} run; stop them, wait until `claimwire status` shows none"
            " (session_timeout after a kill), skip, and start them again"
        )


def _record(log: Log, topic: Topic, partition: int, offset: int) -> Message:
    """Return the record, or one without key and value if the client library cannot read it."""
    try:
        found = next(iter(log.read(topic, partition, offset, offset + 1)), None)
    except UnreachableError as error:
        # The broker is reachable, so the client cannot decode this record (invalid header name, wrong checksum).
        print(f"claimwire: skip: the dead letter has no bytes of the record: {error}", file=sys.stderr)
        found = None
    return found or Message(topic.name, "", None, partition=partition, offset=offset, has_key=False)
