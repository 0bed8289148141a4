"""What `claimwire status` tells of the ledger: sums by source and day, what has no line, and how long articles take."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from statistics import quantiles
from typing import Any

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import Log, Message
from claimwire.records import Alert, Outcome, OutcomeState, decode
from claimwire.vocabulary import UNKNOWN

TAIL = 500
COLUMNS = ("indexed", "duplicate", "rejected", "dead_lettered", "forgotten", "opened", UNKNOWN)


def sums(ledger: Iterable[Outcome]) -> list[dict[str, Any]]:
    """One row for each day and source: what was published, and where it ended; `opened` is in flight, `unknown` as in `counts`."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for line in ledger:
        if line.state is not OutcomeState.MAYBE_LOST:
            found.setdefault((line.at.date().isoformat(), line.source or "?"), Counter())[line.state.label] += 1
    return [
        {"day": day, "source": source, "published": counted.total()} | {name: counted[name] for name in COLUMNS}
        for (day, source), counted in sorted(found.items())
    ]


def without_line(log: Log, ledger: Mapping[tuple[str, str], Outcome]) -> list[tuple[str, str]]:
    """Revisions in articles.raw that the ledger does not know; there must be none."""
    found = {
        (m.headers.get("article_id", ""), m.headers.get("revision_id", ""))
        for partition in range(topics.RAW.partitions)
        for m in log.read(topics.RAW, partition)
        if m.headers.get("article_id") and m.value is not None
    }
    return sorted(found - ledger.keys())


def delays(log: Log) -> dict[str, dict[str, float]]:
    """Seconds from fetch to indexed and to alert, p50 and p95 over the latest live articles; empty where there are none."""
    indexed = [_since(m, line.at.timestamp()) for m, line in _lines(log) if not line.backfill]
    alerted = []
    for message in _tail(log, topics.ALERTS):
        try:
            alerted.append(_since(message, decode(message.value, Alert).fetched_at.timestamp()))
        except ContractError:
            continue
    rows = {"fetch_to_indexed": indexed, "fetch_to_alert": alerted}
    return {name: _percentiles(values) for name, values in rows.items() if len(values) > 1}


def _lines(log: Log) -> Iterator[tuple[Message, Outcome]]:
    for message in _tail(log, topics.OUTCOMES):
        try:
            line = decode(message.value, Outcome)
        except ContractError:
            continue
        if line.state is OutcomeState.INDEXED:
            yield message, line


def _tail(log: Log, topic: topics.Topic) -> Iterator[Message]:
    for partition, end in log.ends(topic).items():
        yield from log.read(topic, partition, max(0, end - TAIL), end)


def _since(message: Message, fetched_at: float) -> float:
    return max(0.0, message.timestamp_ms / 1000 - fetched_at)


def _percentiles(values: list[float]) -> dict[str, float]:
    cuts = quantiles(values, n=20, method="inclusive")
    return {"p50": round(cuts[9], 2), "p95": round(cuts[18], 2)}
