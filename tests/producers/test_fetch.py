"""Fetching: limits of time, size and redirects, on real sockets."""

import asyncio
import gzip
import socket
import zlib
from datetime import UTC, datetime

import brotli
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from claimwire.config.settings import Settings
from claimwire.errors import BlockedAddress, FetchError, RateLimited, TimedOut, TooLarge
from claimwire.records.feeds import Feed
from producers.http.fetch import Fetcher, parse_retry_after
from producers.rss import RssProducer

OPEN = Settings(allow_private_addresses=True, fetch_timeout=2.0)


def fetch(url: str, max_bytes: int = 100_000, settings: Settings = OPEN, headers=None):
    async def one():
        async with Fetcher(settings) as fetcher:
            return await fetcher.fetch(url, max_bytes, headers)

    return asyncio.run(one())


def test_body_status_and_charset(server):
    url = server.reply("/a", "text", Content_Type='text/html; charset="iso-8859-1"')
    found = fetch(url, headers={"If-None-Match": '"x"'})
    assert (found.status, found.body, found.media_type, found.charset) == (200, b"text", "text/html", "iso-8859-1")
    assert server.headers[0]["If-None-Match"] == '"x"'
    assert server.headers[0]["User-Agent"].startswith("claimwire/")


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)],
)
def test_packed_bodies(server, encoding, pack):
    assert fetch(server.reply("/a", pack(b"text" * 50), Content_Encoding=encoding)).body == b"text" * 50


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_a_bomb_is_cut_off(server, encoding, pack):
    url = server.reply("/bomb", pack(b"\0" * 50_000_000), Content_Encoding=encoding)
    with pytest.raises(TooLarge, match="over 100000 bytes"):
        fetch(url)


def test_wrongly_packed_is_an_error(server):
    with pytest.raises(FetchError):
        fetch(server.reply("/a", b"not gzip", Content_Encoding="gzip"))


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "not_found"), (410, "gone"), (500, "http_status"), (204, "http_status"), (206, "http_status"), (418, "http_status")]
)  # fmt: skip
def test_statuses(server, status, reason):
    with pytest.raises(FetchError) as caught:
        fetch(server.reply("/a", status=status))
    assert (caught.value.reason, caught.value.status) == (reason, status)


def test_a_challenge_is_named(server):
    with pytest.raises(FetchError) as caught:
        fetch(server.reply("/a", status=403, cf_mitigated="challenge"))
    assert caught.value.reason == "blocked_by_challenge"


@pytest.mark.parametrize("status", [429, 503])
def test_rate_limits_carry_their_time(server, status):
    with pytest.raises(RateLimited) as caught:
        fetch(server.reply("/a", status=status, Retry_After="120"))
    assert caught.value.retry_after == 120


def test_redirects(server):
    server.reply("/b", status=302, Location="/c")
    server.reply("/c", "there")
    url = server.reply("/a", status=301, Location="/b")
    found = fetch(url)
    assert (found.url, found.permanent, found.body) == (f"{server.base}/c", f"{server.base}/b", b"there")


def test_a_loop_of_redirects_ends(server):
    with pytest.raises(FetchError, match="over 5 redirects"):
        fetch(server.reply("/a", status=301, Location="/a"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://user@127.0.0.1/", "ftp://x/", "http://127.0.0.1:22/"])
def test_redirects_to_what_is_refused(server, target):
    with pytest.raises(BlockedAddress):
        fetch(server.reply("/a", status=302, Location=target))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_no_packet_reaches_a_private_address(server, host):
    server.reply("/a", "secret")
    url = f"{server.base}/a".replace("127.0.0.1", host)
    with pytest.raises(FetchError) as caught:
        fetch(url, settings=Settings(fetch_timeout=2.0))
    assert caught.value.reason in ("blocked_address", "dns", "connection_failed")
    assert server.seen == []


def test_a_slow_body_and_a_silent_server_time_out(server):
    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(40):
            await response.write(b"x")
            await asyncio.sleep(0.2)
        return response

    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(10)
        return web.Response()

    server.routes |= {"/slow": slow, "/silent": silent}
    for path in ("/slow", "/silent"):
        with pytest.raises(TimedOut, match=r"no complete response within 0\.5 s"):
            fetch(server.base + path, settings=Settings(allow_private_addresses=True, fetch_timeout=0.5))


def test_nobody_listens(closed_port):
    with pytest.raises(FetchError) as caught:
        fetch(f"http://127.0.0.1:{closed_port}/")
    assert caught.value.reason == "connection_failed"


@pytest.mark.parametrize(
    "reply",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
     b"not http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", b""],
    ids=["cut off", "broken chunks", "no http", "huge header", "nothing"],
)  # fmt: skip
def test_broken_answers_are_errors(server, reply):
    server.raw_reply = reply
    with pytest.raises(FetchError):
        fetch(server.raw_base)


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("Fri, 20 Nov 2026 12:02:00 GMT", 120), ("soon", None), (None, None), ("", None), ("999999999", 86_400),
     ("Fri, 20 Nov 2020 12:00:00 GMT", 0), ("-5", None)],
)  # fmt: skip
def test_retry_after(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


class Resolver(AbstractResolver):
    """Gives every name the same addresses."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=a, port=port, family=socket.AF_INET6 if ":" in a else socket.AF_INET, proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for a in self._addresses
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is held."""


async def fetch_by(resolver: AbstractResolver) -> BaseException | None:
    async with Fetcher(Settings(fetch_timeout=2.0)) as fetcher:
        assert fetcher._session is not None
        fetcher._session.connector._resolver = resolver
        try:
            await fetcher.fetch("http://internal.example/", 1000)
        except Exception as error:
            return error
    return None


@pytest.mark.parametrize(
    "addresses", [("10.0.0.1",), ("10.0.0.1", "10.0.0.2"), ("10.0.0.1", "fd00::1"), ("::1", "127.0.0.1", "169.254.169.254")]
)  # fmt: skip
def test_a_name_with_several_private_addresses_is_one_line(addresses):
    error = asyncio.run(fetch_by(Resolver(addresses)))
    assert type(error) is BlockedAddress
    assert str(error).startswith("internal.example: ")
    assert "\n" not in str(error)
    assert any(f"address {address} is not public" in str(error) for address in addresses)


def test_a_feed_of_such_a_name_logs_no_traceback(log, tmp_path, caplog):
    now = datetime.now(UTC)
    feed = Feed(url="http://internal.example/feed", source="x", added_at=now, next_due=now)
    producer = RssProducer(log, Settings(data_dir=str(tmp_path), fetch_timeout=2.0))

    async def poll() -> None:
        async with Fetcher(Settings(fetch_timeout=2.0)) as fetcher:
            fetcher._session.connector._resolver = Resolver(("10.0.0.1", "10.0.0.2"))
            await producer._poll(fetcher, feed)

    asyncio.run(poll())
    lines = [r for r in caplog.records if r.name.startswith("producers")]
    assert [r.exc_info for r in lines] == [None]
    assert "blocked_address" in lines[0].getMessage()
