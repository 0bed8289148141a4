"""Import of feeds.toml into the feeds table, which is authoritative from then on."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from claimwire import topics
from claimwire.config.settings import line_of_key, read_toml
from claimwire.errors import BlockedAddress, ConfigError
from claimwire.log import Log
from claimwire.messages import message_of
from claimwire.net.addresses import check_url
from claimwire.records.feeds import Feed

KEYS = {"url", "source", "language", "interval", "since"}


def read_feeds(path: str, now: datetime) -> list[Feed]:
    """Read the feeds of a TOML file. Raises ConfigError (`file:line: key: problem`)."""
    text, table = read_toml(Path(path))
    rows = table.get("feed", [])
    if not isinstance(rows, list):
        raise ConfigError(f"{path}:{line_of_key(text, 'feed')}: feed: write [[feed]]")
    return [_feed(path, text, row, n, now) for n, row in enumerate(rows)]


def _feed(path: str, text: str, row: dict[str, Any], number: int, now: datetime) -> Feed:
    def fail(key: str, problem: str) -> ConfigError:
        return ConfigError(f"{path}:{line_of_key(text, key, number)}: {key}: {problem}")

    for key in row:
        if key not in KEYS:
            raise fail(key, f"no such key (one of {', '.join(sorted(KEYS))})")
    url, source, since = row.get("url"), row.get("source"), row.get("since")
    if not isinstance(url, str) or not isinstance(source, str) or not source:
        raise fail("url", "a feed needs url and source")
    try:
        check_url(url)
    except BlockedAddress as error:
        raise fail("url", str(error)) from None
    interval = row.get("interval", 900)
    if not isinstance(interval, int | float) or isinstance(interval, bool) or interval <= 0:
        raise fail("interval", f"expected seconds, got {interval!r}")
    if since is not None and not isinstance(since, date):
        raise fail("since", f"expected a date, got {since!r}")
    first = datetime.combine(since, time(), UTC) if since else None
    return Feed(
        url=url, source=source, language=row.get("language"), added_at=now, interval=float(interval), next_due=now,
        live_since=first,
    )  # fmt: skip


def import_feeds(log: Log, feeds: list[Feed]) -> int:
    """Add the feeds that the table does not have; return their number."""
    known = log.snapshot(topics.FEEDS)
    new = [f for f in feeds if f.url not in known]
    log.publish([message_of(f) for f in new])
    return len(new)
