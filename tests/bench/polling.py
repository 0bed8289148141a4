"""Thirty simulated days of 2,000 feeds: `python -m tests.bench.polling`."""

from tests.bench.report import report
from tests.producers.simulation import followed

FEEDS, DAYS = 2_000, 30


def polling() -> None:
    """Entries missed, and polls against one every five minutes."""
    found = [followed(seed, DAYS) for seed in range(FEEDS)]
    report("polling_missed", sum(p.missed for p in found), "entries", "entries", sum(p.entries for p in found))
    report("polling_polls", sum(p.polls for p in found), "polls", "every five minutes", sum(p.fixed for p in found))


if __name__ == "__main__":
    polling()
