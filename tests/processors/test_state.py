"""State files of a partition: the outbox, rebuilding in slices, topics created anew."""

import logging
import sqlite3

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from processors.flow import stages
from processors.runners import partition_state as state_module
from processors.runners.embedded import StageRunner, drain
from processors.runners.failures import published
from processors.runners.partition_state import PartitionState
from processors.runners.rebuild import Progress
from tests.records import raw_article, raw_message

BYTES = 1_000_000
TABLES = ("match_articles", "match_sketches", "match_stories", "match_clusters", "match_scopes", "match_forgotten")


def tables(connection: sqlite3.Connection) -> dict[str, list]:
    return {t: sorted(connection.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in TABLES}


def articles(first: int, count: int, town: str = "Valdivia") -> list[Message]:
    return [
        raw_message(
            raw_article(
                f"{town}{n}",
                f"Flood {n % 7} in {town}\nThe river flooded {n} streets of {town} on Friday, the ministry said.\n"
                f"The mayor said that {n + 3} people were injured.\n",
            )
        )
        for n in range(first, first + count)
    ]


class Stream:
    """An embedded log with clean articles of one partition, and the stage `match` as the distributed runner runs it."""

    def __init__(self, folder) -> None:
        self.folder, self.folder_of_state = folder, folder / "state"
        self.settings = Settings(broker=f"sqlite:///{folder / 's.db'}", data_dir=str(folder))
        self.log = SqliteLog.open(self.settings.broker, "t")
        self.log.ensure_topics(topics.TOPICS)
        self.analyse, self.stage = stages(self.settings, ())[:2]

    def publish(self, raws: list[Message]) -> int:
        """Analyse articles and publish them; the partition that they are in."""
        self.log.publish(raws)
        runner = StageRunner(self.analyse, self.log, self.settings)
        drain([runner])
        runner.close()
        return next(p for p, end in self.log.ends(topics.CLEAN).items() if end)

    def clean(self, partition: int) -> list[Message]:
        return list(self.log.read(topics.CLEAN, partition))

    def opened(self, partition: int, name: str = "state") -> PartitionState:
        return PartitionState(self.stage, partition, "t", self.folder / name)

    def process(self, state: PartitionState, messages: list[Message]) -> None:
        """Process and publish, as the worker does."""
        state.catch_up(messages[0].offset, self.log)
        for result in state.process(messages, BYTES):
            self.log.publish(result)
        state.delivered(messages[-1].offset)


@pytest.fixture
def stream(tmp_path):
    found = Stream(tmp_path)
    yield found
    found.log.close()


def test_a_rebuild_is_committed_in_slices_counts_as_progress_and_goes_on_where_it_was(stream, monkeypatch):
    monkeypatch.setattr(state_module, "FOLDED_AT_ONCE", 10)
    partition = stream.publish(articles(0, 35))
    clean = stream.clean(partition)
    first = stream.opened(partition)
    stream.process(first, clean)
    expected = tables(sqlite3.connect(stream.folder_of_state / f"t.match.{partition}.db"))
    first.close()

    def killed() -> None:
        read.append(1)
        if len(read) == 27:
            raise KeyboardInterrupt

    read: list[int] = []
    state = stream.opened(partition, "new")
    with pytest.raises(KeyboardInterrupt):
        state.catch_up(len(clean), stream.log, killed)
    assert 9 <= state.applied < 26
    so_far = state.applied + 1
    state.close()
    state = stream.opened(partition, "new")
    more: list[int] = []
    assert state.catch_up(len(clean), stream.log, lambda: more.append(1)) == len(clean) - so_far
    assert len(more) < len(clean)
    assert tables(sqlite3.connect(stream.folder / "new" / f"t.match.{partition}.db")) == expected
    state.close()


def test_a_state_that_is_behind_reads_what_was_decided_since(stream, monkeypatch):
    monkeypatch.setattr(state_module, "NOTED_EVERY", 5)
    partition = stream.publish(articles(0, 30))
    clean = stream.clean(partition)
    mine = stream.opened(partition, "mine")
    for batch in (clean[:10], clean[10:20], clean[20:]):
        mine.note_ends(stream.log)
        stream.process(mine, batch)
    mine.note_ends(stream.log)
    mine.close()
    stream.publish(articles(30, 20))
    clean = stream.clean(partition)
    other = stream.opened(partition, "other")
    stream.process(other, clean[30:])
    other.close()
    read: list[int] = []
    mine = stream.opened(partition, "mine")
    assert mine.catch_up(50, stream.log, lambda: read.append(1)) == 20
    assert len(read) == 20
    found = [tables(sqlite3.connect(stream.folder / n / f"t.match.{partition}.db")) for n in ("mine", "other")]
    assert found[0] == found[1]
    mine.close()


def test_the_outbox_holds_what_is_not_delivered_yet(stream):
    partition = stream.publish(articles(0, 12))
    clean = stream.clean(partition)
    state = stream.opened(partition)
    db = sqlite3.connect(stream.folder_of_state / f"t.match.{partition}.db")
    stream.process(state, clean[:6])
    first = state.process(clean[6:9], BYTES)
    assert {row[0] for row in db.execute("SELECT off FROM outbox")} == {6, 7, 8}
    state.close()
    state = stream.opened(partition)
    again = state.process(clean[6:9], BYTES)
    assert [[(m.topic, m.key, m.value) for m in r] for r in again] == [
        [(m.topic, m.key, m.value) for m in r] for r in first
    ]
    state.delivered(8)
    state.process(clean[9:], BYTES)
    assert {row[0] for row in db.execute("SELECT off FROM outbox")} == {9, 10, 11}
    state.close()
    db.close()


def test_of_the_snapshots_of_a_batch_only_the_newest_are_published(stream):
    partition = stream.publish(articles(0, 20))
    clean = stream.clean(partition)
    state = stream.opened(partition)
    outputs = state.process(clean, BYTES)
    sent: list[Message] = []
    count = published(sent.extend, stream.stage, clean, outputs)
    every = [m for of_record in outputs for m in of_record]
    snapshots = [m for m in sent if topics.BY_NAME[m.topic].compacted]
    assert count == len(sent) < len(every)
    assert len({(m.topic, m.key) for m in snapshots}) == len(snapshots)
    newest = {(m.topic, m.key): m.value for m in every}
    assert {(m.topic, m.key): m.value for m in snapshots} == {
        place: value for place, value in newest.items() if topics.BY_NAME[place[0]].compacted
    }
    others = [m for m in every if not topics.BY_NAME[m.topic].compacted]
    assert [m for m in sent if not topics.BY_NAME[m.topic].compacted] == others
    state.close()


def make_anew(log: SqliteLog, *names: topics.Topic) -> None:
    """As an operator does who deletes topics and runs set-up."""
    for topic in names:
        full = topic.full_name(log.namespace)
        for table, column in (("messages", "topic"), ("ends", "topic"), ("topics", "name")):
            log.connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (full,))
    assert len(log.ensure_topics(names)) == len(names)


def test_the_state_of_a_topic_that_was_created_anew_is_set_aside(stream, caplog):
    partition = stream.publish(articles(0, 20))
    state = stream.opened(partition)
    stream.process(state, stream.clean(partition))
    make_anew(stream.log, topics.RAW, topics.CLEAN, topics.ARTICLES)
    stream.publish(articles(0, 30, "Temuco"))
    clean = stream.clean(partition)
    with caplog.at_level(logging.WARNING):
        stream.process(state, clean)
    (line,) = [r.getMessage() for r in caplog.records if "recreated" in r.getMessage()]
    (aside,) = stream.folder_of_state.glob("*.aside")
    assert str(aside) in line
    assert sqlite3.connect(aside).execute("SELECT count(*) FROM match_articles").fetchone() == (20,)
    assert sum(stream.log.ends(topics.ARTICLES).values()) == 30
    state.close()


def test_decisions_on_the_topic_of_before_are_not_folded(stream):
    partition = stream.publish(articles(0, 5))
    state = stream.opened(partition)
    stream.process(state, stream.clean(partition))
    make_anew(stream.log, topics.CLEAN)
    stream.publish(articles(0, 8, "Temuco"))
    stream.process(state, stream.clean(partition))
    state.close()
    expected = tables(sqlite3.connect(stream.folder_of_state / f"t.match.{partition}.db"))
    rebuilt = stream.opened(partition, "new")
    assert rebuilt.catch_up(8, stream.log) == 8
    assert tables(sqlite3.connect(stream.folder / "new" / f"t.match.{partition}.db")) == expected
    rebuilt.close()


def test_a_state_beyond_the_end_of_its_topic_is_set_aside(stream, caplog):
    partition = stream.publish(articles(0, 20))
    state = stream.opened(partition)
    stream.process(state, stream.clean(partition))
    # A broker that lost its last records: the topic is the same.
    name = topics.CLEAN.full_name("t")
    stream.log.connection.execute("DELETE FROM messages WHERE topic = ? AND off >= 12", (name,))
    stream.log.connection.execute("UPDATE ends SET off = 12 WHERE topic = ?", (name,))
    with caplog.at_level(logging.WARNING):
        assert state.catch_up(12, stream.log) == 12
    assert "ends at offset 12" in caplog.text
    assert state.applied == 11
    state.close()


def test_the_state_of_learn_is_set_aside_too(stream, caplog):
    learn = stages(stream.settings, ())[3]
    stream.publish([raw_message(raw_article(f"p{n}")) for n in range(6)])
    partition = next(p for p, end in stream.log.ends(topics.EXTRACTIONS).items() if end)
    read = list(stream.log.read(topics.EXTRACTIONS, partition))
    state = PartitionState(learn, partition, "t", stream.folder_of_state)
    stream.process(state, read)
    make_anew(stream.log, topics.RAW, topics.EXTRACTIONS)
    stream.publish([raw_message(raw_article(f"q{n}")) for n in range(4)])
    again = list(stream.log.read(topics.EXTRACTIONS, partition))
    with caplog.at_level(logging.WARNING):
        stream.process(state, again)
    assert "stage learn" in caplog.text
    assert state.applied == 3
    state.close()


def test_the_embedded_runner_begins_again_where_its_topic_ends_earlier(stream, caplog):
    runner = StageRunner(stream.stage, stream.log, stream.settings)
    partition = stream.publish(articles(0, 20))
    drain([runner])
    make_anew(stream.log, topics.RAW, topics.ARTICLES)
    name = topics.CLEAN.full_name("t")
    for table in ("messages", "ends"):
        stream.log.connection.execute(f"DELETE FROM {table} WHERE topic = ?", (name,))
    stream.publish(articles(0, 15, "Temuco"))
    with caplog.at_level(logging.WARNING):
        drain([runner])
    assert f"t.articles.clean/{partition} ends at offset 15, before the committed offset 20" in caplog.text
    assert sum(stream.log.ends(topics.ARTICLES).values()) == 15
    runner.close()


def test_the_embedded_runner_begins_again_on_a_topic_created_anew(stream):
    runner = StageRunner(stream.stage, stream.log, stream.settings)
    stream.publish(articles(0, 10))
    drain([runner])
    make_anew(stream.log, topics.RAW, topics.CLEAN, topics.ARTICLES)
    stream.publish(articles(0, 15, "Temuco"))
    drain([runner])
    assert sum(stream.log.ends(topics.ARTICLES).values()) == 15
    runner.close()


def test_progress_has_rate_and_estimate(caplog):
    now = [0.0]
    with caplog.at_level(logging.INFO):
        progress = Progress("stage match partition 2", 4_000, lambda: now[0])
        progress.read, progress.folded, now[0] = 1_000, 900, 4.0
        progress.report()
        now[0] = 10.0
        progress.report()
        progress.finish()
    lines = [r.getMessage() for r in caplog.records]
    assert lines == [
        "stage match partition 2: rebuilding its state from 4000 records",
        "stage match partition 2: 1000 of 4000 records read, 900 decisions folded, 100 records/s, about 30 s left",
        "stage match partition 2: state rebuilt, 900 recorded decisions folded in 10.0 s",
    ]
