"""Cost of hostile and large feeds to a parser: seconds, and MiB of growth. `python -m tests.bench.limits`."""

import multiprocessing
import re
import time
from multiprocessing.connection import Connection
from pathlib import Path

from producers.feeds.parse import FeedBytes, parsed_or_failure
from tests.bench.report import report
from tests.producers.test_fast import atom, entry, news, rss, wordpress

HEAD, END = '<?xml version="1.0"?>{}<rss version="2.0"><channel><title>x</title>', "</channel></rss>"
OPEN = HEAD.format("")
NESTED = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "deep_200k": OPEN + "<item>" + "<a>" * 200_000 + "</a>" * 200_000 + "</item>" + END,
    "deep_20k": OPEN + "<item>" + "<a>" * 20_000 + "</a>" * 20_000 + "</item>" + END,
    "attributes_20k": OPEN + "<item " + " ".join(f'a{n}="x"' for n in range(20_000)) + "/>" + END,
    "items_1m": OPEN + "<item/>" * 1_000_000 + END,
    "items_100k": OPEN + "<item/>" * 100_000 + END,
    "comments_in_cdata": OPEN + "<item><description><![CDATA[" + "<!--" * 50_000 + "]]></description></item>" + END,
    "brackets": OPEN + "<item><description>" + "<" * 200_000 + "</description></item>" + END,
    "laughs": HEAD.format(f'<!DOCTYPE l [<!ENTITY a0 "ha">{NESTED}]>') + "<item><title>&a9;</title></item>" + END,
    "quadratic": HEAD.format(f'<!DOCTYPE l [<!ENTITY a "{"x" * 100_000}">]>') + f"<item>{'&a;' * 10_000}</item>" + END,
    "outside": HEAD.format('<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>') + "<item><title>&a;</title></item>" + END,
}  # fmt: skip
LARGE = {
    "news_5000": rss(*(news(n) for n in range(5_000))),
    "wordpress_500": rss(*(wordpress(n) for n in range(500))),
    "atom_1000": atom(*(entry(n) for n in range(1_000))),
}


def _peak() -> float:
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


def _measured(connection: Connection, body: bytes) -> None:
    parsed_or_failure(FeedBytes("https://paper.example/feed", rss(news(1)).replace(b"</item>", b""), "application/xml"))
    Path("/proc/self/clear_refs").write_text("5")
    before, started = _peak(), time.perf_counter()
    parsed_or_failure(FeedBytes("https://paper.example/feed", body, "application/xml"))
    connection.send((time.perf_counter() - started, _peak() - before))


def measured(body: bytes) -> tuple[float, float]:
    """Seconds, and MiB of growth, of a process that parses a feed and has parsed another."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_measured, args=(theirs, body))
    process.start()
    found: tuple[float, float] = ours.recv() if ours.poll(30.0) else (30.0, 0.0)
    process.kill()
    process.join()
    return found


def limits() -> None:
    """Bombs against 5 s and 20 MiB, large feeds against three times their size."""
    for name, text in BOMBS.items():
        seconds, growth = measured(text.encode())
        report(f"bomb_{name}", seconds, "s", "goal", 5.0)
        report(f"bomb_{name}_memory", growth, "MiB", "goal", 20.0)
    for name, body in LARGE.items():
        report(f"feed_{name}_memory", measured(body)[1], "MiB", "input", len(body) / 2**20)


if __name__ == "__main__":
    limits()
