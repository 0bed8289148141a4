"""Health checks of a running pipeline, for `claimwire status`, `doctor` and the page."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ContractError
from claimwire.log import Log, Position
from claimwire.log.backlog import Backlog, Unread
from claimwire.log.holes import holes_of
from claimwire.records.base import decode
from claimwire.records.feeds import Feed
from claimwire.topics import Topic
from console.cli import deadletters
from console.queries.ledger import Ledger
from console.queries.missing import missing
from console.sinks import SINKS

# Some failing feeds are normal; a larger share is a problem.
MOST_FAILING = 0.5
# A revision is opened before its record is on the log; it counts as missing only after this time.
MISSING_SECONDS = 30.0


@dataclass(frozen=True)
class Group:
    """A consumer group and the topics whose offsets it commits (none for a producer's table).

    `setting`: it has members only where this setting is set.
    """

    name: str
    topics: tuple[Topic, ...] = ()
    setting: str = ""


GROUPS = (
    Group("rss"), Group("web"), Group("analyse", (topics.RAW,)), Group("match", (topics.CLEAN,)),
    Group("alert", (topics.ARTICLES,)), Group("learn", (topics.EXTRACTIONS,)),
    *(Group(name, sink.topics, sink.setting) for name, sink in SINKS.items()),
)  # fmt: skip


class Subject(StrEnum):
    """Subject of a problem."""

    DEAD_LETTERS = "dead letters"
    IN_FLIGHT = "in flight"
    STAGES = "stages"
    FEEDS = "feeds"


@dataclass(frozen=True)
class Health:
    """Figures and `problems`, which are empty in a healthy pipeline."""

    members: dict[str, int]
    lag: dict[str, int]
    oldest_unread: dict[str, float]
    letters: int
    problems: list[tuple[Subject, str]] = field(default_factory=list)

    def about(self, subject: Subject) -> list[str]:
        """Return the problems of one subject."""
        return [says for about, says in self.problems if about is subject]


def expected(settings: Settings) -> tuple[Group, ...]:
    """Return the groups that should have members; the archive's only if there is an archive."""
    return tuple(g for g in GROUPS if not g.setting or getattr(settings, g.setting))


def examine(log: Log, settings: Settings, ledger: Ledger) -> Health:
    """Run all checks. Raises UnreachableError."""
    groups, now = expected(settings), time.time()
    members = log.members([g.name for g in groups])
    unread = {g.name: Backlog(log, g.name, g.topics).look() for g in groups if g.topics}
    lag = {name: sum(u.records for u in of.values()) for name, of in unread.items()}
    oldest = {name: max((u.age(now) for u in of.values()), default=0.0) for name, of in unread.items()}
    health = Health(members, lag, oldest, deadletters.open_letters(log))
    health.problems.extend((Subject.DEAD_LETTERS, says) for says in _of_letters(health.letters, ledger))
    health.problems.extend((Subject.IN_FLIGHT, says) for says in _of_flight(log, settings, ledger))
    health.problems.extend((Subject.STAGES, says) for says in _of_holes(log, groups))
    health.problems.extend((Subject.STAGES, says) for says in _of_lag(settings, unread, now))
    in_flight = ledger.counts()["opened"]
    health.problems.extend(
        (Subject.STAGES, says) for says in of_members(settings, members, sum(lag.values()), in_flight)
    )
    health.problems.extend((Subject.FEEDS, says) for says in _of_feeds(log))
    return health


def _of_letters(count: int, ledger: Ledger) -> Iterator[str]:
    if count:
        yield f"{count} dead letters are open: claimwire deadletters list --by reason"
    elif closed := ledger.open_letters(deadletters.DISCARDED):
        yield f"{closed} revisions ended as dead letters and have not been replayed successfully"


def _of_flight(log: Log, settings: Settings, ledger: Ledger) -> Iterator[str]:
    now = datetime.now(UTC)
    before = now - timedelta(seconds=settings.in_flight_timeout)
    gone = missing(log, ledger, max(before, now - timedelta(seconds=MISSING_SECONDS)))
    if gone:
        yield (
            f"{len(gone)} revisions were opened, but their records are lost: deleted unread (see"
            " retention), or matcher state was lost: claimwire status --ledger"
        )
    late = [line for line in ledger.opened(before) if line not in gone] if gone else ledger.opened(before)
    if late:
        address = late[0].url or late[0].article_id
        yield (
            f"{len(late)} revisions are in flight for more than {settings.in_flight_timeout / 60:g} minutes,"
            f" the oldest {address} since {late[0].at:%Y-%m-%d %H:%M}Z: claimwire trace {address}"
        )


def _of_holes(log: Log, groups: Iterable[Group]) -> Iterator[str]:
    for group in groups:
        for (topic, partition), count in sorted(holes_of(log, group.name, group.topics).items()):
            yield (
                f"{group.name}: {count} records of {topic}/{partition} were deleted before they were read:"
                " it was stopped, or slow, for longer than the topic's retention"
            )


def _of_lag(settings: Settings, unread: dict[str, dict[Position, Unread]], now: float) -> Iterator[str]:
    for group, of in unread.items():
        late = {place: u for place, u in of.items() if u.age(now) > settings.stall_timeout}
        if late:
            (topic, partition), worst = max(late.items(), key=lambda item: item[1].age(now))
            yield (
                f"{group}: {sum(u.records for u in late.values())} records waiting, the oldest for {worst.age(now):.0f} s"
                f" ({topic}/{partition}@{worst.start}): the limit is {settings.stall_timeout:g} s (stall_timeout)"
            )


def of_members(settings: Settings, members: dict[str, int], lag: int, in_flight: int) -> Iterator[str]:
    """Yield groups without members. An embedded pipeline may be stopped if all its work is done."""
    missing = [name for name, count in members.items() if not count]
    if settings.is_embedded and len(missing) == len(members):
        if lag or in_flight:
            yield f"no part is running, {lag} records are waiting and {in_flight} revisions are in flight: claimwire run"
        return
    for name in missing:
        yield f"{name}: not running (its group has no members): claimwire run {name}"


def _of_feeds(log: Log) -> Iterator[str]:
    feeds = []
    for message in log.snapshot(topics.FEEDS).values():
        try:
            feeds.append(decode(message.value, Feed))
        except ContractError:
            continue
    followed = [f for f in feeds if not f.disabled]
    failing = [f for f in followed if f.failing_since is not None]
    if len(failing) > MOST_FAILING * len(followed):
        yield f"{len(failing)} of {len(followed)} feeds fail: claimwire feeds list"
