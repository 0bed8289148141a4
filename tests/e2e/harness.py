"""A whole distributed run for tests: processes of `claimwire run PART`, a site on loopback, waiting by the ledger."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from claimwire import topics
from claimwire.ledger import counts, read_ledger
from claimwire.log import Log
from console.demo_site import DemoSite
from console.resources import seeds_dir
from sinks.search.documents import SEARCHED_TOPICS

# Exit statuses that a supervisor starts again: a stage that stopped, a part whose server was away when it was started.
STARTED_AGAIN = (1, 3)
GROUPS = [("analyse", topics.RAW), ("match", topics.CLEAN), ("alert", topics.ARTICLES), ("notify", topics.ALERTS)]


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on: the page's own may be in use on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site(DemoSite):
    """The demo site, and any pages at /pages/NAME; their encodings are only in the pages themselves."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        super().__init__(seeds_dir())
        self._pages = pages

    async def _page(self, request: web.Request) -> web.Response:
        body = self._pages.get(request.match_info["slug"])
        if request.match_info["source"] == "pages" and body is not None:
            return web.Response(body=body, content_type="text/html")
        return await super()._page(request)


class SiteThread:
    """A site in a thread of its own."""

    def __init__(self, pages: dict[str, bytes] | None = None) -> None:
        self.site = Site(pages or {})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> DemoSite:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.site.start(), self._loop).result(30)
        return self.site

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.site.stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass
class Processes:
    """Started processes, their output in files of `folder`."""

    folder: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _started: dict[str, tuple[list[str], dict[str, str]]] = field(default_factory=dict)
    _log_starts: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, *parts: str, preexec: Callable[[], None] | None = None, **settings: str) -> None:
        """`claimwire run PARTS` under a name; `settings` are added to the environment."""
        self._start(name, ["run", *parts, "--no-import"], settings, preexec)

    def start_as(self, name: str, arguments: list[str]) -> None:
        """Start `claimwire ARGUMENTS` under a name."""
        self._start(name, arguments, {})

    def start_again(self, name: str) -> None:
        """As it was started before."""
        self._start(name, *self._started[name])

    def start_with_feeds(self, name: str) -> None:
        """`claimwire run` with everything in one process, the feeds file imported."""
        self._start(name, ["run"], {})

    def _start(
        self, name: str, arguments: list[str], settings: dict[str, str], preexec: Callable[[], None] | None = None
    ) -> None:
        self._started[name] = arguments, settings
        extra = {f"CLAIMWIRE_{k.upper()}": v for k, v in settings.items()}
        with (self.folder / f"{name}.log").open("ab") as out:
            self._log_starts[name] = out.tell()
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "console.cli.main", *arguments],
                env={**os.environ, "CLAIMWIRE_PAGE_PORT": str(free_port()), **self.environment, **extra},
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=preexec,  # noqa: PLW1509
            )

    def wait_until_running(self, name: str, seconds: float = 120.0) -> None:
        """Until the process says so: before that, SIGTERM just ends it."""
        log, deadline = self.folder / f"{name}.log", time.monotonic() + seconds
        while b"running " not in log.read_bytes()[self._log_starts[name] :]:
            assert self.running[name].poll() is None, self.logs()
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.1)

    def restart_stalled(self) -> None:
        """Start again, as a supervisor does, what ended by itself, as a worker does whose consumer stopped (1), or
        that was started while its broker or store was away (3)."""
        for name in [n for n, p in self.running.items() if p.poll() in STARTED_AGAIN]:
            self._start(name, *self._started[name])

    def kill(self, name: str) -> None:
        """SIGKILL."""
        process = self.running.pop(name)
        process.kill()
        process.wait(60)

    def stop(self) -> dict[str, int]:
        """SIGTERM to all; exit statuses by name."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        statuses = {}
        for name, process in self.running.items():
            try:
                statuses[name] = process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                statuses[name] = process.wait(60)
        self.running.clear()
        return statuses

    def logs(self) -> str:
        """The end of every log, for a failing test."""
        return "\n".join(
            f"--- {f.name}\n{f.read_text('utf-8', 'replace')[-1500:]}" for f in sorted(self.folder.glob("*.log"))
        )


def wait_until_done(
    log: Log, revisions: int, processes: Processes, seconds: float = 300.0, is_supervised: bool = False
) -> None:
    """Until so many revisions are closed and nothing waits for a stage or a sink."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ledger = counts(read_ledger(log).values())
        if not ledger["opened"] and ledger.total() >= revisions and not lag_of(log):
            return
        if is_supervised:
            processes.restart_stalled()
        expected = STARTED_AGAIN if is_supervised else ()
        dead = [n for n, p in processes.running.items() if p.poll() is not None and p.poll() not in expected]
        assert not dead, f"ended by itself: {dead}\n{processes.logs()}"
        time.sleep(0.5)
    raise AssertionError(f"not done: {dict(ledger)}, lag {lag_of(log)}\n{processes.logs()}")


def lag_of(log: Log) -> dict[str, int]:
    """Return the number of records that wait for each group."""
    found = {name: log.lag(name, topic) for name, topic in GROUPS}
    found["search"] = sum(log.lag("search", topic) for topic in SEARCHED_TOPICS)
    return {k: v for k, v in found.items() if v}
