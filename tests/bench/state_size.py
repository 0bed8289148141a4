"""Bytes of a state file, its outbox and the snapshots: `python -m tests.bench.state_size [ARTICLES] [--short]`.

The labelled news articles come again and again from other publishers; `--short`: reports on ten happenings only, whose
clusters grow as large as they may. The baselines were measured before outputs left the outbox and snapshots were cut.
"""

import sys
import tempfile
from dataclasses import replace
from itertools import islice
from pathlib import Path

import msgspec

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.ids import article_id
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode, encode
from processors.flow import stages
from processors.runners.failures import published
from processors.runners.partition_state import PartitionState
from tests.bench.rebuild import KEY, PARTITION, long_articles, short_articles
from tests.bench.report import report

BATCH, BYTES = 50, 8_000_000
MIB = 1 << 20
BEFORE = {
    False: {"outbox": 137.2, "file": 269.8, "clusters": 38.2, "stories": 1.4, "articles": 55.9, "claims": 41.6},
    True: {"outbox": 198.7, "file": 243.0, "clusters": 175.8, "stories": 0.6, "articles": 13.5, "claims": 8.8},
}


def articles(count: int, is_short: bool) -> list[Message]:
    """Clean articles on consecutive offsets, each turn of them under other addresses and sources."""
    made = short_articles(count) if is_short else long_articles()
    first = [decode(m.value, CleanArticle) for m in made]
    found = []
    for offset in range(count):
        turn, one = divmod(offset, len(first))
        clean = first[one]
        ident = article_id(f"https://bench{turn}.example/{one}", "bench")
        claims = tuple(msgspec.structs.replace(c, claim_id=f"{c.claim_id}{turn}", refers_to=None) for c in clean.claims)
        source = f"{clean.source} {turn}"
        clean = msgspec.structs.replace(clean, article_id=ident, source=source, claims=claims)
        found.append(Message(topics.CLEAN.name, KEY, encode(clean), {}, None, PARTITION, offset))
    return found


def main(count: int, is_short: bool) -> None:
    """Process and publish as the worker does, and report MiB."""
    with tempfile.TemporaryDirectory() as folder:
        log = SqliteLog.open(f"sqlite:///{folder}/log.db", "bench")
        log.ensure_topics(topics.TOPICS)
        stage = stages(Settings(), ())[1]
        state = PartitionState(stage, PARTITION, "bench", Path(folder))
        rest = iter(articles(count, is_short))
        while batch := list(islice(rest, BATCH)):
            outputs = state.process([replace(m) for m in batch], BYTES)
            published(log.publish, stage, batch, outputs)
            if hasattr(state, "delivered"):
                state.delivered(batch[-1].offset)
        before = BEFORE[is_short]
        outbox = "SELECT coalesce(sum(length(value) + length(headers)), 0) FROM outbox"
        (size,) = state._db.execute(outbox).fetchone()
        state.close()
        report("state_outbox", size / MIB, "MiB", "before", before["outbox"])
        size = (Path(folder) / f"bench.match.{PARTITION}.db").stat().st_size
        report("state_file", size / MIB, "MiB", "before", before["file"])
        for name in ("clusters", "stories", "articles", "claims"):
            query = "SELECT coalesce(sum(length(value) + length(headers)), 0) FROM messages WHERE topic = ?"
            (size,) = log.connection.execute(query, (f"bench.{name}",)).fetchone()
            report(f"state_{name}", size / MIB, "MiB", "before", before[name])
        log.close()


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    main(numbers[0] if numbers else 2_300, "--short" in sys.argv)
