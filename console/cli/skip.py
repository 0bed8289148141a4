"""`claimwire skip GROUP TOPIC/P@OFFSET`: let a group go on behind a record that stops it; the record becomes a dead letter."""

import argparse
import re
import sys
from datetime import UTC, datetime

from claimwire import topics
from claimwire.errors import ConfigError, UnreachableError
from claimwire.letters import dead_letters_of
from claimwire.log import Log, Message, open_settings_log
from claimwire.settings import Loaded
from claimwire.topics import Topic
from console.cli.output import print_json
from console.queries.health import GROUPS

REASON = "skipped by operator"
PLACE = re.compile(r"(?P<topic>[a-z.]+)/(?P<partition>\d{1,9})@(?P<offset>\d{1,18})")
# Their records carry an article, so that the dead letter closes its line of the ledger.
OF_AN_ARTICLE = {("analyse", topics.RAW), ("match", topics.CLEAN), ("search", topics.ARTICLES)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = sorted(group.name for group in GROUPS if group.topics)
    parser.add_argument("group", metavar="GROUP", choices=names, help=f"the consumer group: {', '.join(names)}")
    parser.add_argument("place", metavar="TOPIC/PARTITION@OFFSET", help="the record, as logs and dead letters name it")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    log = open_settings_log(loaded.settings)
    try:
        topic, partition, offset = _place(log, arguments.group, arguments.place)
        _check_stopped(log, arguments.group)
        letters = dead_letters_of(
            _record(log, topic, partition, offset), arguments.group, REASON, datetime.now(UTC),
            has_article=(arguments.group, topic) in OF_AN_ARTICLE,
        )  # fmt: skip
        # First the letter: a skip that ends between the two is repeated, and makes it twice rather than never.
        log.publish(letters)
        log.move(arguments.group, topic, partition, offset + 1)
    finally:
        log.close()
    if arguments.json:
        print_json({"group": arguments.group, "skipped": arguments.place, "next_offset": offset + 1})
    else:
        print(
            f"{arguments.group} goes on at {topic.name}/{partition}@{offset + 1}; the record at {offset} is a dead letter"
            f" ({REASON}): claimwire deadletters list"
        )
    return 0


def _place(log: Log, group: str, text: str) -> tuple[Topic, int, int]:
    """The record that is skipped. Raises ConfigError for any but the next one that the group would read."""
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
    # Offsets without a record may lie between: compaction leaves gaps.
    before = next(iter(log.read(topic, partition, start, min(offset, end))), None) if offset > start else None
    if offset < start or offset >= end or before is not None:
        next_one = before.offset if before is not None else start
        raise ConfigError(f"skip: {group} reads {topic.name}/{partition}@{next_one} next; only that one can be skipped")


def _check_stopped(log: Log, group: str) -> None:
    """Raises ConfigError while a member runs: it would commit its own position over ours, and Kafka refuses ours."""
    members = log.members([group])[group]
    if members:
        raise ConfigError(
            f"skip: {members} of {group} run; stop them, wait until `claimwire status` shows none"
            " (session_timeout after a kill), skip, and start them again"
        )


def _record(log: Log, topic: Topic, partition: int, offset: int) -> Message:
    """The record as it stands; without key and value where the client library can't read it at all."""
    try:
        found = next(iter(log.read(topic, partition, offset, offset + 1)), None)
    except UnreachableError as error:
        # The broker has just answered: its client can't read this record (a header whose name is not UTF-8, a wrong checksum).
        print(f"claimwire: skip: the dead letter has no bytes of the record: {error}", file=sys.stderr)
        found = None
    return found or Message(topic.name, "", None, partition=partition, offset=offset, has_key=False)
