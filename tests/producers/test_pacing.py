"""Pacing that all producers of a machine share, and what is let in of what is due."""

import asyncio
import itertools
import multiprocessing
import time
from datetime import UTC, datetime, timedelta

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ConfigError
from claimwire.log.table import Table
from claimwire.records.feeds import Feed
from producers.http.pacing import Hosts
from producers.tables.due_queue import Due
from producers.tables.feeds_file import import_feeds

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
URL = "https://paper.example/feed"


def starts(settings: Settings, count: int, found) -> None:
    """The times at which one process gets its turns."""

    async def turns() -> None:
        hosts = Hosts(settings)
        for _ in range(count):
            async with hosts.turn(URL):
                found.put(time.time())
        hosts.close()

    asyncio.run(turns())


def test_two_processes_keep_one_distance(tmp_path):
    settings = Settings(data_dir=str(tmp_path), host_interval=0.2)
    context = multiprocessing.get_context("spawn")
    found = context.Queue()
    processes = [context.Process(target=starts, args=(settings, 4, found)) for _ in range(2)]
    for process in processes:
        process.start()
    at = sorted(found.get(timeout=30) for _ in range(8))
    for process in processes:
        process.join()
    assert min(b - a for a, b in itertools.pairwise(at)) > 0.15


def test_slots_are_shared_and_end_with_a_killed_process(tmp_path):
    settings = Settings(data_dir=str(tmp_path), host_interval=0.0, host_inflight=1, fetch_timeout=0.1)

    async def scenario() -> float:
        first, second = Hosts(settings), Hosts(settings)
        killed = first.turn(URL)
        await killed.__aenter__()
        first.close()
        begun = time.time()
        async with second.turn(URL):
            waited = time.time() - begun
        second.close()
        return waited

    assert 0.9 < asyncio.run(scenario()) < 3


def test_a_slow_host_keeps_nobody_else_waiting(log):
    urls = [f"https://{host}.example/{n}" for host, count in (("a", 50), ("b", 1)) for n in range(count)]
    import_feeds(log, [Feed(url=u, source="Paper", added_at=NOW, next_due=NOW) for u in urls])
    table: Table[Feed] = Table(log, topics.FEEDS, "rss", Feed)
    while not table.is_ready:
        table.refresh(0.1)
    due = Due(table, 2, lambda f: f.next_due)
    out = {key for key, _ in due.take(NOW, (), 10)}
    assert sorted(out) == ["https://a.example/0", "https://a.example/1", "https://b.example/0"]
    assert not list(due.take(NOW, out, 10))
    done = "https://a.example/0"
    table.written(done, Feed(url=done, source="Paper", added_at=NOW, next_due=NOW + timedelta(hours=1)))
    assert [key for key, _ in due.take(NOW, out - {done}, 10)] == ["https://a.example/10"]
    assert [key for key, _ in due.take(NOW + timedelta(hours=1), (), 0)] == []
    later = NOW + timedelta(hours=2)
    assert done not in {key for key, _ in due.take(later, {done}, 100)}
    assert done in {key for n in range(60) for key, _ in due.take(later, (), 1)}, "due while its last turn was not over"
    table.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match=r"data_dir: .*file cannot be written"):
        Hosts(Settings(data_dir=str(tmp_path / "file")))
