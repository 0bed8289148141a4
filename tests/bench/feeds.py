"""Entries a CPU-second of the feed parser against feedparser alone, on the common kinds of feeds."""

from io import BytesIO

import feedparser

from producers.feeds.fast import fast_feed
from producers.feeds.parse import MAX_ENTRIES, FeedBytes, parse_feed
from tests.bench.report import cpu_rate, report
from tests.producers.test_fast import atom, entry, news, rdf, rdf_item, rss, wordpress

FEEDS = {
    "news_40": (rss(*(news(n) for n in range(40))), 40, 10),
    "wordpress_10": (rss(*(wordpress(n) for n in range(10))), 10, 10),
    "atom_25": (atom(*(entry(n) for n in range(25))), 25, 10),
    "rdf_15": (rdf(*(rdf_item(n) for n in range(15))), 15, 20),
}


def feeds() -> None:
    """One line for each kind of feed."""
    for name, (body, entries, rounds) in FEEDS.items():
        source = FeedBytes("https://paper.example/feed", body, "application/xml")
        parse_feed(source)

        def ours(source: FeedBytes = source, rounds: int = rounds) -> None:
            for _ in range(rounds):
                parse_feed(source)

        def theirs(body: bytes = body, rounds: int = rounds) -> None:
            for _ in range(rounds):
                feedparser.parse(BytesIO(body))

        base = cpu_rate(entries * rounds, theirs)
        report(f"feed_{name}", cpu_rate(entries * rounds, ours), "entries/CPU-s", "feedparser.parse", base)

        def parsing(body: bytes = body, rounds: int = rounds) -> None:
            for _ in range(rounds):
                fast_feed(body, MAX_ENTRIES)

        report(
            f"feed_{name}_parsing_only", cpu_rate(entries * rounds, parsing), "entries/CPU-s", "feedparser.parse", base
        )


if __name__ == "__main__":
    feeds()
