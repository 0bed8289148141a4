"""Delays of articles from fetch to indexed and to alert."""

from collections.abc import Iterator
from statistics import quantiles

from claimwire import topics
from claimwire.log import Log, Message
from claimwire.log.reading import readable
from claimwire.records.alerts import Alert
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState

TAIL = 500


def delays(log: Log) -> dict[str, dict[str, float]]:
    """Return seconds from fetch to indexed and to alert: p50 and p95 of the latest live articles; empty if none."""
    indexed = [_since(m, line.at.timestamp()) for m, line in _lines(log) if not line.backfill]
    alerted = []
    for message, alert in readable(_tail(log, topics.ALERTS), Alert):
        alerted.append(_since(message, alert.fetched_at.timestamp()))
    rows = {"fetch_to_indexed": indexed, "fetch_to_alert": alerted}
    return {name: _percentiles(values) for name, values in rows.items() if len(values) > 1}


def _lines(log: Log) -> Iterator[tuple[Message, Outcome]]:
    for message, line in readable(_tail(log, topics.OUTCOMES), Outcome):
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
