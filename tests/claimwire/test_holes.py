"""Records that were deleted before a group read them are counted, logged and named, in the embedded log."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.ledger import counts, read_ledger
from claimwire.log.backlog import Backlog
from claimwire.log.holes import Holes, holes_of
from claimwire.log.sqlite import SqliteLog
from claimwire.messages import message_of
from claimwire.records.feeds import Page
from claimwire.runtime.metrics import DELETED_UNREAD
from console.queries.health import examine
from console.queries.ledger import Ledger
from console.queries.missing import missing
from processors.flow import stages
from processors.runners.embedded import StageRunner
from producers.articles import opened
from tests.console.command import claimwire
from tests.records import raw_article, raw_message

RAW = topics.RAW
NOW = datetime.now(UTC)


def counted(group: str) -> float:
    return DELETED_UNREAD.labels(group)._value.get()


def deleted(log: SqliteLog, before: int) -> None:
    """As retention does to what is twice as old as its topic keeps."""
    log.connection.execute("DELETE FROM messages WHERE topic LIKE '%.articles.raw' AND off < ?", (before,))


def published(log: SqliteLog, *names: str) -> None:
    """Opened revisions with their articles, all on one partition, a day ago."""
    raws = [raw_article(name, first_seen_at=NOW - timedelta(days=1)) for name in names]
    log.publish([opened(raw, "rss") for raw in raws])
    log.publish([replace(raw_message(raw), partition=0) for raw in raws])
    log.connection.execute("UPDATE messages SET ts = ts - 86400000")


@pytest.fixture
def stopped(log, tmp_path) -> Settings:
    """A pipeline whose analyse stage read one article, and was stopped while four came, of which three are gone."""
    settings = Settings(namespace="t", broker=f"sqlite:///{tmp_path / 's.db'}", data_dir=str(tmp_path))
    published(log, "a")
    log.set_offset("analyse", RAW, 0, 1)
    published(log, "b", "c", "d", "e")
    deleted(log, 4)
    return settings


def test_what_a_stopped_group_has_lost(log, stopped):
    assert holes_of(log, "analyse", (RAW, topics.FEEDS)) == {(RAW.name, 0): 3}
    assert holes_of(log, "archive", (RAW,)) == {}
    assert log.lag("analyse", RAW) == 1
    assert Backlog(log, "analyse", (RAW,)).look()[RAW.name, 0].records == 1


def test_the_group_counts_it_once_when_it_reads_on(log, stopped, caplog):
    before = counted("analyse")
    stage = next(s for s in stages(stopped, ()) if s.name == "analyse")
    runner = StageRunner(stage, log, stopped)
    while runner.step():
        pass
    runner.close()
    assert counted("analyse") - before == 3
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert lines == [
        "analyse: 3 records of articles.raw/0 (offsets 1 to 3) were deleted before they were read; the topic keeps 7 days."
        " claimwire status --ledger names the revisions"
    ]
    assert log.lag("analyse", RAW) == 0
    assert holes_of(log, "analyse", (RAW,)) == {}


def test_a_rebalance_or_a_replay_is_no_hole(log):
    before = counted("g")
    published(log, *"abcdef")
    batch = log.fetch(RAW, 0, 0, 6)
    log.set_offset("g", RAW, 0, 2)
    holes = Holes(log, "g", (RAW,))
    for part in (batch[:2], batch[4:], batch[:1], batch[3:4]):
        holes.look(part)
    assert counted("g") == before


def test_the_revisions_are_named_and_can_be_closed(log, stopped, tmp_path):
    # One waits for its page, one for a stage.
    page = Page(article_id="p", revision_id="r", url="https://paper.example/p", source="Paper", lane="live", first_seen_at=NOW,
                next_due=NOW)  # fmt: skip
    watched = msgspec.structs.replace(page, article_id="a", revision_id="r-a", url="https://paper.example/a", looks=1)
    log.publish([message_of(page), opened(page, "rss"), message_of(watched)])
    ledger = Ledger.read(log, tmp_path)
    gone = missing(log, ledger, NOW + timedelta(hours=1))
    assert sorted(line.url for line in gone) == [f"https://paper.example/{name}" for name in "abcd"]
    ledger.close()
    says = [text for _, text in examine(log, stopped, Ledger.read(log, tmp_path)).problems]
    assert any(
        text.startswith("analyse: 3 records of articles.raw/0 were deleted before they were read") for text in says
    )
    assert any(text.startswith("4 revisions were opened, but their records are lost") for text in says)
    env = {"CLAIMWIRE_NAMESPACE": "t", "CLAIMWIRE_BROKER": stopped.broker, "CLAIMWIRE_DATA_DIR": str(tmp_path)}
    out = claimwire("status", "--ledger", cwd=tmp_path, status=1, **env)
    for name in "abcd":
        assert f"opened, but its record is lost: https://paper.example/{name}" in out
    assert counts(read_ledger(log).values())["opened"] == 6
    claimwire("status", "--ledger", "--close-missing", cwd=tmp_path, status=1, **env)
    assert counts(read_ledger(log).values()) == {"opened": 2, "rejected": 4}
    assert missing(log, Ledger.read(log, tmp_path), NOW + timedelta(hours=1)) == []
