"""The embedded runner: exactly once, dead letters, a stage that stops, one owner."""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ConfigError
from claimwire.ledger import read_ledger
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.records.vocabulary import OutcomeState
from claimwire.runtime.process_pool import Pool
from processors.flow import stages
from processors.rules import load_rules
from processors.runners.embedded import StageRunner, drain
from processors.runners.partition_state import PartitionState
from tests.processors.plain_stage import PlainStage
from tests.records import raw_article, raw_message


def flow(tmp_path, batch_size: int = 5):
    settings = Settings(broker=f"sqlite:///{tmp_path / 's.db'}", batch_size=batch_size, data_dir=str(tmp_path))
    log = SqliteLog.open(settings.broker, "t")
    log.ensure_topics(topics.TOPICS)
    return settings, log, stages(settings, load_rules("seeds/rules.toml"))


def test_records_go_the_whole_way(tmp_path):
    settings, log, flow_ = flow(tmp_path)
    log.publish(
        [
            raw_message(
                raw_article(
                    f"p{n}",
                    f"Flood number {n} in Valdivia\nThe river flooded {n + 3} streets of Valdivia, the ministry said on Friday.\n",
                )
            )
            for n in range(9)
        ]
    )
    drain([StageRunner(s, log, settings) for s in flow_])
    assert sum(log.ends(topics.CLEAN).values()) == 9
    assert sum(log.ends(topics.ARTICLES).values()) == 9
    assert sum(log.ends(topics.CLAIMS).values()) >= 9
    assert sum(log.ends(topics.ALERTS).values()) >= 1
    assert all(log.lag(s.name, s.source) == 0 for s in flow_)


def test_an_output_that_is_too_large_is_a_dead_letter(tmp_path):
    settings, log, flow_ = flow(tmp_path)
    log._max_bytes = 20_000
    big = raw_article(
        "big",
        "Report\n" + "\n".join(f"The ministry said that {n} soldiers were killed near the river." for n in range(300)),
    )
    log.publish([raw_message(big), raw_message(raw_article("small"))])
    drain([StageRunner(s, log, settings) for s in flow_])
    assert [o.state for o in read_ledger(log).values()] == [OutcomeState.DEAD_LETTERED]
    assert sum(log.ends(topics.ARTICLES).values()) == 1


def test_rejections_are_outcomes_not_errors(tmp_path):
    settings, log, flow_ = flow(tmp_path)
    log.publish(
        [
            raw_message(raw_article("pdf", "%PDF-1.7 x", media_type="text/html")),
            raw_message(raw_article("short", "Hi.")),
        ]
    )
    drain([StageRunner(s, log, settings) for s in flow_])
    assert {o.reason for o in read_ledger(log).values()} == {"not_html", "too_short"}
    assert sum(log.ends(topics.DEADLETTERS).values()) == 0


def slow_or_echo(message: Message) -> list[Message]:
    while message.value == b"slow":
        pass
    return [Message(topics.CLEAN.name, message.key, message.value)]


def test_what_is_done_is_committed_while_a_record_is_slow(tmp_path):
    settings, log, _ = flow(tmp_path, batch_size=50)
    log.publish([Message(topics.RAW.name, "same", value) for value in (b"a", b"b", b"slow", b"c")])
    pool = Pool(slow_or_echo, 2, timeout=4.0)
    pool.map([Message("x", "y", b"warm")] * 4)
    runner = StageRunner(PlainStage(slow_or_echo), log, settings, pool)
    thread = threading.Thread(target=runner.step, daemon=True)
    started = time.monotonic()
    thread.start()
    other = SqliteLog.open(settings.broker, "t")
    while other.lag("analyse", topics.RAW) > 2:
        assert time.monotonic() - started < 60
        time.sleep(0.05)
    assert other.lag("analyse", topics.RAW) == 2, "the first two did not wait for the third"
    assert sum(other.ends(topics.CLEAN).values()) == 2
    thread.join(60)
    pool.close()
    assert other.lag("analyse", topics.RAW) == 0
    assert (sum(other.ends(topics.CLEAN).values()), sum(other.ends(topics.DEADLETTERS).values())) == (3, 1)


def test_only_one_process_runs_a_stage_of_a_file(tmp_path):
    settings, log, flow_ = flow(tmp_path)
    first = StageRunner(flow_[1], log, settings)
    with pytest.raises(ConfigError, match="stage match is already run by another process"):
        StageRunner(flow_[1], SqliteLog.open(settings.broker, "t"), settings)
    assert log.members(["match", "alert"]) == {"match": 1, "alert": 0}
    first.close()
    assert log.members(["match"]) == {"match": 0}
    StageRunner(flow_[1], SqliteLog.open(settings.broker, "t"), settings).close()


def _work(broker: str, folder: str) -> None:
    settings = Settings(broker=broker, data_dir=folder, batch_size=3)
    log = SqliteLog.open(broker, "t")
    drain([StageRunner(s, log, settings) for s in stages(settings, ())])


@pytest.mark.timeout(120)
def test_killed_again_and_again_nothing_is_lost_and_nothing_is_there_twice(tmp_path):
    settings, log, _ = flow(tmp_path)
    texts = {
        f"p{n}": f"Report {n} from Valdivia\nThe river flooded {n} streets and {n + 5} people were injured, the ministry said on Friday.\n"
        for n in range(120)
    }
    log.publish([raw_message(raw_article(name, text)) for name, text in texts.items()])
    context = multiprocessing.get_context("spawn")
    for round_ in range(8):
        process = context.Process(target=_work, args=(settings.broker, str(tmp_path)))
        process.start()
        before = sum(log.ends(topics.ARTICLES).values())
        deadline = time.monotonic() + 60
        while (
            process.is_alive()
            and round_ < 7
            and sum(log.ends(topics.ARTICLES).values()) < before + 8
            and time.monotonic() < deadline
        ):
            time.sleep(0.01)
        if round_ < 7 and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join(60)
    ids = [m.key for p in range(topics.ARTICLES.partitions) for m in log.read(topics.ARTICLES, p)]
    assert sorted(ids) == sorted(raw_article(name).article_id for name in texts)


def test_partition_state_gives_redelivered_records_their_outputs(tmp_path):
    settings, log, flow_ = flow(tmp_path)
    log.publish([raw_message(raw_article(f"p{n}")) for n in range(3)])
    drain([StageRunner(flow_[0], log, settings)])
    partition = next(p for p, end in log.ends(topics.CLEAN).items() if end)
    messages = list(log.read(topics.CLEAN, partition))
    state = PartitionState(flow_[1], partition, "t", tmp_path / "state")
    first = [r for r in state.process(messages, 8_000_000)]
    again = [r for r in state.process(messages, 8_000_000)]
    strip = lambda results: [[(m.topic, m.key, m.value, dict(m.headers)) for m in r] for r in results]  # noqa: E731
    assert strip(first) == strip(again)
    assert state.applied == 2
    state.close()


def test_a_lost_state_is_rebuilt_from_the_recorded_decisions(tmp_path):
    settings, log, flow_ = flow(tmp_path)
    log.publish(
        [
            raw_message(
                raw_article(
                    f"p{n}", f"Flood {n} in Valdivia\nThe river flooded {n} streets of Valdivia, the ministry said.\n"
                )
            )
            for n in range(6)
        ]
    )
    drain([StageRunner(s, log, settings) for s in flow_[:2]])
    log.publish([Message(topics.ARTICLES.name, "junk", b"{broken")])
    partition = next(p for p, end in log.ends(topics.CLEAN).items() if end)
    state = PartitionState(flow_[1], partition, "t", tmp_path / "new machine")
    assert state.catch_up(6, log) == 6
    assert state.catch_up(6, log) == 0
    rebuilt = sqlite3.connect(tmp_path / "new machine" / f"t.match.{partition}.db")
    for table in ("match_stories", "match_clusters", "match_scopes"):
        query = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert rebuilt.execute(query).fetchall() == log.connection.execute(query).fetchall()
    rebuilt.close()
    state.close()
