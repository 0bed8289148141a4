"""Many feeds on one core: `python -m tests.bench.load`. The server is a process of its own, on the other cores.

Each host is an address of loopback's own network (127.0.0.0/8), so that pacing and connections are those of many hosts.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.log.sqlite import SqliteLog
from claimwire.messages import message_of
from claimwire.records.feeds import Feed
from producers.rss import RssProducer
from producers.tables.feeds_file import import_feeds
from tests.bench.report import report
from tests.producers.test_fast import news, rss

HOSTS, ENTRIES, CHANGED = 200, 25, 5
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def serve() -> None:
    """Feeds that change with each poll where their number is a multiple of CHANGED; the others answer 304."""
    items = [news(n) for n in range(ENTRIES)]
    count = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1].decode()
            if b"if-none-match" in head.lower() and int(path.strip("/f")) % CHANGED:
                writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
                continue
            count += 1
            own = [i.replace("paper.example/", f"paper.example{path}/{count}/") for i in items[:1]] + [
                i.replace("paper.example/", f"paper.example{path}/") for i in items[1:]
            ]
            body = rss(*own)
            head_out = f'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n\r\n'
            writer.write(head_out.encode() + body)
            await writer.drain()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(client, "0.0.0.0", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def memory(pid: int) -> float:
    """MiB of a process and its children, what they share counted once (PSS)."""
    total = 0.0
    for name in (str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        lines = Path(f"/proc/{name}/smaps_rollup").read_text().splitlines()
        total += sum(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return total


def poll(port: int, count: int, rounds: int, folder: str) -> dict[str, float]:
    """Seconds of the last round of polls over `count` feeds, after `rounds - 1` others, and the most memory (MiB)."""
    log = SqliteLog.open(f"sqlite:///{folder}/s.db", "bench")
    log.ensure_topics(topics.TOPICS)
    settings = Settings(
        allow_private_addresses=True,
        host_interval=0.0,
        data_dir=folder,
        poll_min=3600.0,
        broker=f"sqlite:///{folder}/s.db",
    )
    now = datetime.now(UTC)
    urls = [f"http://127.0.{n % HOSTS // 250 + 1}.{n % HOSTS % 250 + 1}:{port}/f{n}" for n in range(count)]
    import_feeds(log, [Feed(url=u, source="Bench", added_at=now, next_due=now, live_since=LONG_AGO) for u in urls])
    found: dict[str, float] = {"seconds": 0.0, "memory": 0.0}
    for _ in range(rounds):
        _round(log, settings, count, found)
    log.close()
    return found


def _round(log: SqliteLog, settings: Settings, count: int, found: dict[str, float]) -> None:
    started = datetime.now(UTC)
    rows = [m.value for m in log.snapshot(topics.FEEDS).values()]
    _make_due(log, rows, started)
    producer = RssProducer(SqliteLog.open(settings.broker, "bench"), settings)
    stop = threading.Event()

    async def watched() -> None:
        task = asyncio.create_task(producer.run(stop))
        while not producer.table.is_ready:
            await asyncio.sleep(0.01)
        begun = time.perf_counter()
        while any((r.last_polled_at or LONG_AGO) < started for r in list(producer.table.rows.values())):
            await asyncio.sleep(0.1)
            found["memory"] = max(found["memory"], memory(os.getpid()))
        found["seconds"] = time.perf_counter() - begun
        stop.set()
        await task

    asyncio.run(watched())
    polled = [json.loads(m.value or b"{}") for m in log.snapshot(topics.FEEDS).values()]
    assert len(polled) == count
    assert not [p["error"] for p in polled if p["error"]]


def _make_due(log: SqliteLog, rows: list[bytes | None], now: datetime) -> None:
    import msgspec

    from claimwire.records.base import decode

    log.publish([message_of(msgspec.structs.replace(decode(r, Feed), next_due=now)) for r in rows])


def load() -> None:
    """1,000 feeds for the first time, and 10,000 of which four of five have not changed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load", "serve"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        for count, rounds, goal in ((1_000, 1, 5.0), (10_000, 2, 60.0)):
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, "-m", "tests.bench.load", "poll", port, str(count), str(rounds), folder]
                found = json.loads(subprocess.check_output(command, text=True))
            report(f"poll_{count}", found["seconds"], "s", "goal", goal)
            report(f"poll_{count}_memory", found["memory"], "MiB", "goal", 300.0)
        server.kill()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            asyncio.run(serve())
        case ["poll", port, count, rounds, folder]:
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            print(json.dumps(poll(int(port), int(count), int(rounds), folder)))
        case _:
            load()
