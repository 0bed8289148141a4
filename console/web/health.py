"""Pages of feeds, ledger and dead letters, and the endpoints for probes and metrics."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ClaimwireError, ConfigError
from claimwire.letters import first_line
from claimwire.log import Message
from claimwire.log.reading import readable
from claimwire.messages import message_of
from claimwire.records.feeds import Feed, feed_at, starred
from claimwire.records.vocabulary import OutcomeState
from claimwire.store import Span
from console.cli.deadletters import read as read_letters
from console.cli.feeds import HINTS
from console.cli.ledger import delays
from console.queries.health import examine
from console.queries.ledger import COLUMNS
from console.web import charts
from console.web.backends import Backends
from console.web.pages import NotFoundError, View

NEWEST = 100
PROBE_SECONDS = 5.0
DAYS = 14


def feeds_page(request: Request) -> View:
    """List the feeds: last and next poll, problem with remedy, articles a day."""
    backends: Backends = request.app.state.backends
    now = datetime.now(UTC)
    with backends.log() as log:
        found = [starred(feed) for feed in _feeds(log.snapshot(topics.FEEDS))]
    with backends.store() as store:
        span = Span(now - timedelta(days=DAYS))
        lines = store.timelines("articles", "source", sorted({f.source for f in found}), span=span, interval="day")
    rows = [
        {name: getattr(feed, name) for name in (
            "url", "source", "language", "status", "error", "failures", "last_polled_at", "next_due", "changed_at", "entries_total",
            "maybe_lost", "etag", "hub", "disabled", "pace", "failing_since", "recent",
        )}
        | {"hint": HINTS.get(feed.status), "articles_a_day": charts.days(lines.get(feed.source, []), now, DAYS)}
        for feed in found
    ]  # fmt: skip
    data = {"feeds": rows, "statuses": dict(Counter(f.status for f in found))}
    return View("feeds.html", data, {"is_asked": "asked" in request.query_params})


def _feeds(table: dict[str, Message]) -> list[Feed]:
    """Return the readable rows, failing feeds first."""
    rows = [feed for _, feed in readable(table.values(), Feed)]
    return sorted(rows, key=lambda f: (not f.failures, f.source, f.url))


def poll_now(backends: Backends, url: str) -> Response:
    """Make a feed due now."""
    with backends.log() as log:
        table = log.snapshot(topics.FEEDS)
        found = feed_at(_feeds(table), url)
        if found is None:
            raise NotFoundError(f"no feed has the URL {url}")
        feed = msgspec.structs.replace(found, next_due=datetime.now(UTC))
        if feed.disabled:
            raise ConfigError(f"{url}: this feed is disabled")
        log.publish([replace(message_of(feed), partition=table[feed.url].partition)])
    return RedirectResponse("/feeds?asked", 303)


def ledger_page(request: Request) -> View:
    """Show the outcomes of all revisions by day and source, the rejections with reasons, and the dead letters."""
    backends: Backends = request.app.state.backends
    with backends.ledger() as (ledger, log):
        letters, done = read_letters(log, NEWEST)
        delay = delays(log)
        rows, states, reasons = ledger.sums(), ledger.counts(), ledger.reasons()
        health = examine(log, backends.settings, ledger)
        rejected, lost = ledger.newest(OutcomeState.REJECTED, NEWEST), ledger.newest(OutcomeState.MAYBE_LOST, NEWEST)
    data = {
        "problems": [says for _, says in health.problems],
        "rows": rows[::-1], "columns": COLUMNS, "total": states.total(),
        "states": {name: states[name] for name in COLUMNS}, "reasons": reasons,
        "rejected": [msgspec.to_builtins(o) for o in rejected],
        "maybe_lost": [msgspec.to_builtins(o) for o in lost[::-1]],
        "deadletters": [_letter(m, done) for m in letters[::-1]],
        "open_deadletters": health.letters, "delay": delay,
    }  # fmt: skip
    return View("ledger.html", data)


def _letter(message: Message, done: dict[int, str]) -> dict[str, Any]:
    headers = message.headers
    return {
        "offset": message.offset, "stage": headers.get("stage"), "error": first_line(message),
        "at": headers.get("at"), "article_id": headers.get("article_id"), "state": done.get(message.offset, "open"),
    }  # fmt: skip


async def alive(request: Request) -> Response:
    """Return whether the parts of this process are alive; other processes answer at their metrics port."""
    found = request.app.state.problems()
    return PlainTextResponse("\n".join(found) + "\n", 503) if found else PlainTextResponse("ok\n")


class Prober:
    """Readiness check of store and log, with a thread and connections of its own, so that it waits for no page."""

    def __init__(self, settings: Settings) -> None:
        self._backends = Backends(settings)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readyz")

    async def ask(self) -> None:
        """Query both servers. Raises UnreachableError, or TimeoutError after PROBE_SECONDS."""
        await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._thread, self._ask), PROBE_SECONDS)

    def _ask(self) -> None:
        with self._backends.store() as store:
            store.get_many("stories", ["-"])
        with self._backends.log() as log:
            log.ends(topics.CLAIMS)

    def close(self) -> None:
        """Close the connections after the pending query."""
        self._thread.submit(self._backends.close)
        self._thread.shutdown(wait=False)


async def ready(request: Request) -> Response:
    """Respond whether store and log are reachable."""
    prober: Prober = request.app.state.prober
    try:
        await prober.ask()
    except TimeoutError:
        return PlainTextResponse(f"store or log did not answer within {PROBE_SECONDS:g} s\n", 503)
    except ClaimwireError as error:
        return PlainTextResponse(f"{error}\n", 503)
    return PlainTextResponse("ready\n")


def metrics(_: Request) -> Response:
    """Return the metrics of this process (Prometheus text format)."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
