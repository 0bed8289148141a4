"""Feeds that chance has changed: `python -m tests.bench.fuzz [COUNT]` prints how many there were and what was raised."""

import random
import sys
import time

from producers.feeds.parse import FeedBytes, ParseFailure, parsed_or_failure
from tests.bench.report import report
from tests.producers.test_conformance import FORMATS, SITEMAP, sitemap_url
from tests.producers.test_fast import COMMON, UNUSUAL

COUNT = 100_000
NEWS = f"<urlset {SITEMAP}>{''.join(map(sitemap_url, range(1, 4)))}</urlset>"
REASONS = ("empty", "not_a_feed", "parse_failed")
TOKENS = (
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"\x00", b"\xff\xfe", b"\xc3", b"<item>", b"</item>", b"<entry/>",
    b'xmlns:x="y"', b"&#xD83D;", b"&#99999999;", b"&nbsp;", b"\xf0\x9f\x98\x80", b"<?xml", b"<!DOCTYPE rss [", b'encoding="utf-7"',
    b"<title>", b'type="xhtml"', b'xml:base="http://["',
    b"<link>http://[::1</link>", b"<pubDate>99999999999999</pubDate>", b"{", b'"',
)  # fmt: skip


def changed(source: random.Random, bodies: list[bytes]) -> bytes:
    """One to eight changes: bytes flipped, cut out, doubled, put in, or a part of another feed."""
    body = bytearray(source.choice(bodies))
    for _ in range(source.randint(1, 8)):
        at, to = sorted(source.randrange(len(body) + 1) for _ in range(2))
        match source.randrange(7):
            case 0 if body:
                body[min(at, len(body) - 1)] = source.randrange(256)
            case 1:
                del body[at : min(to, at + 200)]
            case 2:
                body[at:at] = body[at : min(to, at + 200)] * source.randint(1, 3)
            case 3 | 4:
                body[at:at] = source.choice(TOKENS)
            case 5:
                other = source.choice(bodies)
                start = source.randrange(len(other) + 1)
                body[at:at] = other[start : start + 300]
            case 6 if source.random() < 0.3:
                del body[at:]
    return bytes(body)


def fuzz(count: int, seed: int = 1) -> tuple[int, float]:
    """Exceptions, and the seconds of the slowest one."""
    source, failed, slowest = random.Random(seed), 0, 0.0
    bodies = [
        b if isinstance(b, bytes) else b.encode()
        for b in (*COMMON.values(), *UNUSUAL.values(), *FORMATS.values(), NEWS)
    ]
    for _ in range(count):
        body = changed(source, bodies)
        kind = source.choice(("", "application/xml", "text/html", "text/xml; charset=koi8-r"))
        started = time.perf_counter()
        try:
            found = parsed_or_failure(FeedBytes("https://paper.example/feed", body, kind))
            assert not isinstance(found, ParseFailure) or found.reason in REASONS
        except Exception as error:
            failed += 1
            print(f"{type(error).__name__}: {error}: {body[:2000]!r}", file=sys.stderr)
        slowest = max(slowest, time.perf_counter() - started)
    return failed, slowest


if __name__ == "__main__":
    number = int(sys.argv[1]) if sys.argv[1:] else COUNT
    exceptions, seconds = fuzz(number)
    report("fuzzed_feeds", exceptions, "exceptions", "feeds", number)
    report("fuzzed_feeds_slowest", seconds, "s", "goal", 5.0)
