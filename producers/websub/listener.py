"""WebSub callback: a small HTTP server in the feed poller that answers hubs and receives their pushes."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import msgspec
from aiohttp import web

from claimwire.config.settings import Settings
from claimwire.errors import FetchError, UnreachableError
from claimwire.log.table import Table
from claimwire.net import ports
from claimwire.net.ports import listening
from claimwire.records.feeds import Feed
from claimwire.runtime import metrics
from claimwire.runtime.log_fields import bind
from producers.feeds.parse import FeedBytes
from producers.http.fetch import Fetcher
from producers.websub import hubs

logger = logging.getLogger(__name__)
KEY_FILE = "websub.key"
LOOK_AGAIN_SECONDS = 10.0
BODY_SECONDS = 60.0

Write = Callable[[Feed], Awaitable[None]]
Take = Callable[[str, FeedBytes], Awaitable[None]]


def key_of(folder: Path) -> bytes:
    """Return the key of this machine's callbacks and secrets, created once, readable by its owner only."""
    path = folder / KEY_FILE
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()


def open_listener(settings: Settings) -> socket.socket:
    """Return a socket that listens on `websub_port`. Raises ConfigError if the port is in use."""
    return listening("websub_port", settings.websub_bind, settings.websub_port)


class HubListener:
    """Callbacks of the poller: `write` publishes a feed's row, `take` pushed content; both raise UnreachableError."""

    def __init__(
        self,
        settings: Settings,
        table: Table[Feed],
        now: Callable[[], datetime],
        write: Write,
        take: Take,
        listener: socket.socket | None = None,
    ) -> None:
        """Store the `listener` socket of `websub_port`, or open it if None. Raises ConfigError."""
        self._socket = listener or open_listener(settings)
        self._settings, self._table, self._now, self._write, self._take = settings, table, now, write, take
        self._key = key_of(Path(settings.data_dir))
        self._urls: dict[str, str] = {}
        self._looked_at: datetime | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Start listening; a proxy in front serves `websub_url`."""
        app = web.Application(client_max_size=self._settings.max_feed_bytes)
        app.router.add_get("/websub/{token}", self._verify)
        app.router.add_post("/websub/{token}", self._pushed)
        self._runner = web.AppRunner(
            # The keep-alive time-out also limits the headers of a request: it starts with the connection.
            app, access_log=None, shutdown_timeout=1.0, keepalive_timeout=ports.REQUEST_SECONDS,
            lingering_time=1.0,
        )  # fmt: skip

        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def subscribe(self, fetcher: Fetcher, feed: Feed) -> None:
        """Send a subscription request to a feed's hub, which confirms it at the callback."""
        mark = hubs.token(self._key, feed.url)
        self._urls[mark] = feed.url
        callback = f"{self._settings.websub_url.rstrip('/')}/websub/{mark}"
        try:
            await fetcher.post(feed.hub or "", hubs.request(feed, callback, self._key))
        except FetchError as error:
            logger.warning("subscription to hub %s failed: %s", feed.hub, error)

    def _feed(self, mark: str) -> Feed | None:
        """Return the feed of a callback; after a restart, from the feeds with a lease."""
        now = self._now()
        is_late = self._looked_at is None or abs((now - self._looked_at).total_seconds()) > LOOK_AGAIN_SECONDS
        if mark not in self._urls and is_late:
            self._looked_at = now
            asked = (f.url for f in self._table.rows.values() if f.websub_asked_at is not None)
            self._urls |= {hubs.token(self._key, url): url for url in asked}
        return self._table.rows.get(self._urls.get(mark, ""))

    async def _verify(self, request: web.Request) -> web.Response:
        """Verify intent (WebSub 5.3): confirm a requested subscription; answer 404 to anything else."""
        feed, query = self._feed(request.match_info["token"]), request.query
        if feed is None or query.get("hub.topic") != feed.topic_url or feed.websub_asked_at is None:
            return web.Response(status=404)
        bind(feed=feed.url)
        if query.get("hub.mode") == "denied":
            reason = query.get("hub.reason", "")[:200]
            logger.warning("hub denied the subscription: %s", reason)
            return await self._noted(msgspec.structs.replace(feed, websub_until=None, websub_lease=None), "")
        if query.get("hub.mode") != "subscribe" or not query.get("hub.challenge"):
            return web.Response(status=404)
        lease = hubs.lease_of(query.get("hub.lease_seconds", ""))
        leased = msgspec.structs.replace(feed, websub_until=self._now() + lease, websub_lease=lease.total_seconds())
        return await self._noted(leased, query["hub.challenge"])

    async def _noted(self, feed: Feed, answer: str) -> web.Response:
        """Confirm the subscription after its row is written; on failure answer an error, and the hub retries."""
        try:
            await self._write(feed)
        except UnreachableError as error:
            logger.warning("%s", error)
            return web.Response(status=503)
        return web.Response(text=answer)

    async def _pushed(self, request: web.Request) -> web.Response:
        """Receive a push (WebSub 7); content with a missing or wrong signature is acknowledged and dropped."""
        feed = self._feed(request.match_info["token"])
        if feed is None:
            return web.Response(status=404)
        bind(feed=feed.url)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        header = request.headers.get("X-Hub-Signature-256") or request.headers.get("X-Hub-Signature") or ""
        if not hubs.is_signed(body, header, hubs.secret(self._key, feed.url)):
            metrics.PUSHES.labels("not_signed").inc()
            logger.warning("dropped a push with a wrong signature")
            return web.Response(status=202)
        try:
            await self._take(feed.url, FeedBytes(feed.url, body, request.headers.get("Content-Type", "")))
        except UnreachableError as error:
            logger.warning("%s", error)
            return web.Response(status=503)
        return web.Response(status=202)
