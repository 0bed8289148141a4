"""Import of feeds.toml into the feeds table, which is authoritative from then on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated

from msgspec import Meta

from claimwire import topics
from claimwire.config.sections import Section, read_sections
from claimwire.errors import BlockedAddress
from claimwire.log import Log
from claimwire.messages import message_of
from claimwire.net.addresses import check_url
from claimwire.records.feeds import Feed


@dataclass(frozen=True)
class FeedRow:
    """A [[feed]] section as written; `interval` in seconds."""

    url: str
    source: Annotated[str, Meta(min_length=1, description="the name of the outlet")]
    language: str | None = None
    interval: Annotated[float, Meta(gt=0, description="seconds")] = 900.0
    since: Annotated[date | None, Meta(description="a date")] = None


def read_feeds(path: str, now: datetime) -> list[Feed]:
    """Read the feeds of a TOML file. Raises ConfigError (`file:line: key: problem`)."""
    return [_feed(section, now) for section in read_sections(path, ("feed",))["feed"]]


def _feed(section: Section, now: datetime) -> Feed:
    row = section.read(FeedRow)
    try:
        check_url(row.url)
    except BlockedAddress as error:
        raise section.fail("url", str(error)) from None
    first = datetime.combine(row.since, time(), UTC) if row.since else None
    return Feed(
        url=row.url, source=row.source, language=row.language, added_at=now, next_due=now, live_since=first,
        interval=row.interval, is_interval_set="interval" in section.row,
    )  # fmt: skip


def import_feeds(log: Log, feeds: list[Feed]) -> int:
    """Add the feeds that the table does not have; return their number."""
    known = log.snapshot(topics.FEEDS)
    new = [f for f in feeds if f.url not in known]
    log.publish([message_of(f) for f in new])
    return len(new)
