"""`claimwire feeds list|check|add|remove|import|export|why`: feeds, their health, and remedies for failures."""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from claimwire import topics
from claimwire.config.settings import Loaded, Settings
from claimwire.errors import BlockedAddress, ConfigError, FetchError, ParseError
from claimwire.ids import host_of
from claimwire.log import Log, open_settings_log
from claimwire.log.reading import readable
from claimwire.messages import row_deleted
from claimwire.net.addresses import check_url
from claimwire.net.redaction import without_secrets
from claimwire.records.feeds import Feed, feed_at, starred
from claimwire.runtime.private_files import make_private, private_open
from claimwire.runtime.process_pool import Pool, WorkFailed
from claimwire.text.encodings import feed_text
from console.cli.output import print_json, print_table, progress
from producers.feeds.discover import Offered, feed_address, feeds_of_header, feeds_of_page, usual_feeds
from producers.feeds.opml import read_opml, write_opml
from producers.feeds.parse import FeedBytes, ParsedFeed, ParseFailure, parsed_or_failure
from producers.http.fetch import Fetched, Fetcher
from producers.tables.feeds_file import import_feeds, read_feeds
from producers.tables.polls import entries_seen, silence
from sinks.notify.notifications import plain

PARSE_SECONDS = 10.0
NEEDS_URL = ("add", "remove", "why")
# Offered feeds that are fetched until one can be parsed.
MOST_LOOKS = 5
HINTS = {
    "not_a_feed": "the site may have moved its feed; find it with `claimwire feeds add SITE`",
    "not_found": "the URL may have changed; find it with `claimwire feeds add SITE`",
    "gone": "the publisher has removed it",
    "blocked_by_challenge": "the site blocks bots; ask it for access, or for another feed",
    "blocked_address": "its address is in a private network; allow it with allow_private_addresses = true",
    "rate_limited": "it is polled too often; raise its interval",
    "dns": "the host name does not exist",
    "timed_out": "the server is slow; fetch_timeout is the limit",
    "reports_error": "the service that makes this feed fails: see the error, and ask for the site's own feed",
    "parse_timeout": "the feed is malicious or very large",
    "too_large": "max_feed_bytes is the limit",
    "too_many_redirects": "the redirects form a loop",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "check", "add", "remove", "import", "export", "why"))
    parser.add_argument("what", nargs="*", metavar="URL|FILE", help="URLs, or the OPML file to import or to export to")
    parser.add_argument("--source", help="add: the source's name (default: the feed's title)")
    parser.add_argument("--language", help="add, import: the language that the feed declares")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    if arguments.action in NEEDS_URL and not arguments.what:
        raise ConfigError(f"feeds {arguments.action}: give a URL")
    if arguments.action == "check":
        return _check(arguments, loaded.settings)
    log = open_settings_log(loaded.settings)
    log.ensure_topics(topics.TOPICS)
    verbs = {"list": _list, "add": _add, "remove": _remove, "import": _import, "export": _export, "why": _why}
    status = verbs[arguments.action](arguments, loaded.settings, log)
    log.close()
    return status


def followed(log: Log) -> list[Feed]:
    """Return the feeds of the table, sorted by source."""
    found = [feed for _, feed in readable(log.snapshot(topics.FEEDS).values(), Feed)]
    return sorted(found, key=lambda f: (f.source, f.url))


def health(feed: Feed, now: datetime) -> str:
    """Return the state in a word or two: off, silent, the last error, or ok."""
    if feed.disabled:
        return f"off: {feed.status}"
    quiet = silence(feed, now)
    return f"silent for {quiet.days} days" if quiet and not feed.error else feed.status


def _list(arguments: argparse.Namespace, _: Settings, log: Log) -> int:
    now, feeds = datetime.now(UTC), [starred(f) for f in followed(log)]
    if arguments.json:
        print_json([msgspec.to_builtins(f) | {"health": health(f, now), "seen": entries_seen(f.seen)} for f in feeds])
        return 0
    rows = [
        (f.source, health(f, now), _ago(f.last_polled_at, now), _ago(f.changed_at, now),
         f"{86_400 * f.rate:.1f}" if f.rate is not None else "-", f.entries_total, f.url)
        for f in feeds
    ]  # fmt: skip
    print_table(("source", "health", "polled", "new", "a day", "entries", "url"), rows)
    return 0


def _ago(when: datetime | None, now: datetime) -> str:
    if when is None:
        return "never"
    seconds = int((now - when).total_seconds())
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _fetch(url: str, settings: Settings) -> Fetched:
    async def fetch() -> Fetched:
        async with Fetcher(settings) as fetcher:
            return await fetcher.fetch(url, settings.max_feed_bytes)

    return asyncio.run(fetch())


def _look(url: str, settings: Settings) -> tuple[Fetched, ParsedFeed | ParseFailure]:
    """Fetch a feed. Raises FetchError."""
    fetched = _fetch(url, settings)
    pool: Pool[FeedBytes, ParsedFeed | ParseFailure] = Pool(parsed_or_failure, 1, PARSE_SECONDS)
    try:
        return fetched, pool.call(FeedBytes(fetched.url, fetched.body, fetched.headers.get("content-type", "")))
    except WorkFailed as error:
        return fetched, ParseFailure("parse_timeout", str(error))
    finally:
        pool.close()


def _check(arguments: argparse.Namespace, settings: Settings) -> int:
    """Poll these URLs, or all feeds of the table, without writing anything; return the results."""
    urls = arguments.what
    if not urls:
        log = open_settings_log(settings)
        log.ensure_topics(topics.TOPICS)
        urls = [f.url for f in followed(log)]
        log.close()
    found = [_checked(url, settings) | {"url": without_secrets(url)} for url in urls]
    if arguments.json:
        print_json(found)
    else:
        print_table(
            ("url", "result", "entries", "says"), [(r["url"], r["result"], r["entries"], r["says"]) for r in found]
        )
    return 0 if all(r["result"] == "ok" for r in found) else 1


def _checked(url: str, settings: Settings) -> dict[str, Any]:
    try:
        fetched, parsed = _look(url, settings)
    except FetchError as error:
        return {"url": url, "result": error.reason, "entries": 0, "says": with_hint(error.reason, str(error))}
    if isinstance(parsed, ParseFailure):
        return {"url": url, "result": parsed.reason, "entries": 0, "says": with_hint(parsed.reason, parsed.text)}
    says = [f"title {plain(parsed.title or '-')}", f"language {parsed.language or '-'}"]
    says += [f"now at {without_secrets(fetched.url)}"] if fetched.url != url else []
    says += ["not well-formed"] if parsed.is_broken else []
    says += ["charset of the header is wrong"] if parsed.is_mislabelled else []
    says += [f"{sum(e.is_full for e in parsed.entries)} with full text"]
    says += [f"hub {without_secrets(parsed.hints.hub)}"] if parsed.hints.hub else []
    return {"url": url, "result": "ok", "entries": len(parsed.entries), "says": ", ".join(says)}


def with_hint(reason: str, text: str) -> str:
    """Return an error with its remedy."""
    return f"{plain(text)}; {HINTS[reason]}" if reason in HINTS else plain(text)


def _add(arguments: argparse.Namespace, settings: Settings, log: Log) -> int:
    status = 0
    for url in map(feed_address, arguments.what):
        try:
            check_url(url)
            added, title = _found(url, settings)
        except (BlockedAddress, FetchError, ParseError) as error:
            progress(f"{url}: {with_hint(error.reason, str(error))}")
            status = 1
            continue
        now = datetime.now(UTC)
        source = arguments.source or title or host_of(added)
        feed = Feed(url=added, source=source, language=arguments.language, added_at=now, next_due=now)
        count = import_feeds(log, [feed])
        print(f"{'added' if count else 'known'}: {plain(source)} {without_secrets(added)}")
    return status


def _found(url: str, settings: Settings) -> tuple[str, str | None]:
    """Return URL and title of a feed, or of the first one of a site: one that it links to, or one at a usual address.

    Raises FetchError or ParseError.
    """
    fetched, parsed = _look(url, settings)
    if isinstance(parsed, ParsedFeed):
        return url, parsed.title
    header = fetched.headers.get("link", "")
    text, _ = feed_text(fetched.body, fetched.headers.get("content-type", ""))
    offered = [*feeds_of_page(text, fetched.url), *feeds_of_header(header, fetched.url)]
    for other in offered[1:]:
        progress(f"also offered: {_told(other)}")
    failure = ""
    for place in dict.fromkeys([*[o.url for o in offered[:MOST_LOOKS]], *usual_feeds(fetched.url)]):
        try:
            _, first = _look(place, settings)
        except FetchError as error:
            failure = failure or f"{place}: {error}"
            continue
        if isinstance(first, ParsedFeed):
            return place, first.title
        failure = failure or f"{place}: {first.text}"
    raise ParseError(failure if offered else f"{parsed.text}; it links to no feed", reason=parsed.reason)


def _told(offered: Offered) -> str:
    return f"{offered.url} {plain(offered.title)}" if offered.title else offered.url


def _known(arguments: argparse.Namespace, log: Log) -> list[Feed]:
    """Return the feeds named by the arguments. Raises ConfigError."""
    feeds, found = followed(log), []
    for url in arguments.what:
        feed = feed_at(feeds, url)
        if feed is None:
            raise ConfigError(f"feeds {arguments.action}: no feed has the URL {url}")
        found.append(feed)
    return found


def _remove(arguments: argparse.Namespace, _: Settings, log: Log) -> int:
    feeds = _known(arguments, log)
    log.publish([row_deleted(f) for f in feeds])
    for feed in feeds:
        print(f"removed: {plain(feed.source)} {without_secrets(feed.url)}")
    return 0


def _import(arguments: argparse.Namespace, _: Settings, log: Log) -> int:
    if not arguments.what:
        raise ConfigError("feeds import: give an OPML or TOML file")
    now = datetime.now(UTC)
    status = 0
    for path in arguments.what:
        if path.endswith(".toml"):
            feeds = read_feeds(path, now)
        else:
            feeds, problems = _opml(path, arguments.language, now)
            for problem in problems:
                progress(f"{path}: {problem}")
            status = status or int(bool(problems))
        added = import_feeds(log, feeds)
        print(f"{path}: {added} added, {len(feeds) - added} known")
    return status


def _opml(path: str, language: str | None, now: datetime) -> tuple[list[Feed], list[str]]:
    try:
        outlines, problems = read_opml(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}:0: file: {error.strerror or error}") from None
    except ParseError as error:
        raise ConfigError(f"{path}: {error}") from None
    feeds = [Feed(url=o.url, source=o.title, language=language, added_at=now, next_due=now) for o in outlines]
    return feeds, problems


def _export(arguments: argparse.Namespace, _: Settings, log: Log) -> int:
    """Write an OPML file, readable by its owner only: it has full URLs with their secrets."""
    text = write_opml(followed(log))
    if not arguments.what:
        print(text, end="")
        return 0
    path = Path(arguments.what[0])
    make_private(path)
    with private_open(path, "w") as file:
        file.write(text)
    return 0


def _why(arguments: argparse.Namespace, _: Settings, log: Log) -> int:
    """Print the state of a feed, and the reason for its polling interval."""
    now = datetime.now(UTC)
    feeds = [starred(f) for f in _known(arguments, log)]
    if arguments.json:
        print_json([msgspec.to_builtins(f) | {"health": health(f, now), "seen": entries_seen(f.seen)} for f in feeds])
        return 0
    for feed in feeds:
        print_table((plain(feed.source), feed.url), reasons(feed, now))
    return 0


def reasons(feed: Feed, now: datetime) -> list[tuple[str, str]]:
    """Return the rows of the table: (label, value)."""
    pace = f"{feed.pace or feed.interval:.0f} s by its rate of entries ({feed.interval:.0f} s configured)"
    hint = f"; the feed asks for {feed.hint:.0f} s" if feed.hint else ""
    skipped = f"; not in hours {', '.join(map(str, feed.skip_hours))} GMT" if feed.skip_hours else ""
    rows = [
        ("health", health(feed, now)),
        ("last poll", f"{_ago(feed.last_polled_at, now)} ago: {feed.status}" if feed.last_polled_at else "never"),
        ("next poll", "none" if feed.disabled else f"{feed.next_due:%Y-%m-%d %H:%M:%S}Z; every {pace}{hint}{skipped}"),
        ("new entries", f"last {_ago(feed.changed_at, now)} ago, {feed.entries_total} in total"
                        + (f", {86_400 * feed.rate:.1f} a day" if feed.rate is not None else "")),
    ]  # fmt: skip
    if feed.error:
        rows.append(("error", with_hint(feed.status, feed.error)))
        rows.append(("failing since", f"{feed.failing_since:%Y-%m-%d %H:%M}Z" if feed.failing_since else "-"))
    if feed.maybe_lost:
        rows.append(
            ("maybe lost", f"{feed.maybe_lost} polls found a full window of new entries: set a shorter interval")
        )
    if feed.hub:
        leased = feed.websub_until is not None and feed.websub_until > now
        rows.append(
            ("hub", f"{feed.hub}; " + (f"pushes until {feed.websub_until:%Y-%m-%d}" if leased else "does not push"))
        )
    if feed.ignores_validators:
        rows.append(("validators", "not sent: the server answered 304 although there were new entries"))
    if feed.redirect_to:
        rows.append(("moves to", f"{feed.redirect_to} ({feed.redirects_seen} of 3 permanent redirects)"))
    if feed.truncated_total:
        rows.append(("left out", f"{feed.truncated_total} entries over the limit of a poll"))
    return rows
