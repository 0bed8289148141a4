"""Runs producers, stages and sinks in one process: a thread for each part; stages have child processes.

A part is imported when it starts, so that a process with one part is small and starts quickly.
"""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ClaimwireError, ConfigError, DeniedError
from claimwire.log import Log, open_settings_log, wrong_partitions
from claimwire.log.retention import expire
from claimwire.log.sqlite import SqliteLog
from claimwire.runtime.clock import is_plausible
from claimwire.runtime.liveness import Liveness
from claimwire.runtime.log_fields import bind
from claimwire.runtime.metrics import serve_metrics
from claimwire.runtime.watchdog import Work, watch
from claimwire.store.drivers import open_settings_store
from console.resources import resolved
from console.sinks import SINKS

if TYPE_CHECKING:
    from console.web.serve import PageServer
    from processors.runners.embedded import StageRunner
    from processors.stage import Stage

logger = logging.getLogger(__name__)
RETENTION_SECONDS = 3600.0
PRODUCERS = ("rss", "web")
STAGES = ("analyse", "match", "alert", "learn")
# File that marks a data folder as the demo's.
DEMO_MARK = "DEMO"
PARTS = (*PRODUCERS, *STAGES, *SINKS, "page")
# Parts that run only if a setting is set.
SETTING_OF = {name: sink.setting for name, sink in SINKS.items() if sink.setting} | {"page": "page_port"}


def check_parts(names: Sequence[str]) -> tuple[str, ...]:
    """Return the parts to run; all by default. Raises ConfigError."""
    for name in names:
        if name not in PARTS:
            raise ConfigError(f"run: {name!r} is not one of {', '.join(PARTS)}")
    return tuple(names) or PARTS


@dataclass
class Process:
    """Threads of one process. `failed` holds the exception that ended one of them."""

    settings: Settings
    deliver: Callable[..., None] | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    _producers_stop: threading.Event = field(default_factory=threading.Event)
    failed: list[Exception] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _logs: list[Log] = field(default_factory=list)
    _runners: "list[StageRunner]" = field(default_factory=list)
    page: "PageServer | None" = None
    _hub_socket: socket.socket | None = None

    def __post_init__(self) -> None:
        self.liveness = Liveness(self.settings.stall_timeout)

    def listen(self, names: Sequence[str]) -> None:
        """Bind the ports of the named parts and of /metrics. Raises ConfigError if one is in use."""
        settings = self.settings
        of_children = STAGES if not settings.is_embedded and len(set(names) & set(STAGES)) > 1 else ()
        self.liveness.expect(n for n in names if n not in of_children and self.is_set(n))
        serve_metrics(settings.metrics_bind, settings.metrics_port, self.liveness.problems)
        if "rss" in names and settings.websub_port:
            from producers.websub.listener import open_listener

            self._hub_socket = open_listener(settings)
        if "page" in names and settings.page_port:
            from console.web.serve import PageServer

            self.page = PageServer(settings, self.liveness.problems)

    def is_set(self, name: str) -> bool:
        """Return whether the setting that a part requires is set."""
        return name not in SETTING_OF or bool(getattr(self.settings, SETTING_OF[name]))

    def setup(self, names: Sequence[str]) -> None:
        """Create the topics, and the store if a named part needs it. Raises UnreachableError, ConfigError."""
        log = self.log()
        if wrong := wrong_partitions(log):
            raise ConfigError(f"run: {'; '.join(wrong)}")
        log.ensure_topics(topics.TOPICS)
        if "search" not in names:
            return
        store = open_settings_store(self.settings)
        try:
            store.setup()
        except DeniedError as error:
            logger.info("%s; assuming that a user with permission has run `claimwire setup`", error)
        store.close()

    def log(self) -> Log:
        """Open a log for one thread."""
        log = open_settings_log(self.settings)
        self._logs.append(log)
        return log

    def start(self, names: Sequence[str]) -> None:
        """Start the named parts, including embedded stages, and the page if `listen` has bound its port."""
        wanted = [n for n in STAGES if n in names]
        if wanted and self.settings.is_embedded:
            self._start_stages(wanted)
        if "rss" in names or "web" in names:
            self._start_producers(names)
        for name in SINKS:
            if name in names and self.is_set(name):
                self._start_sink(name)
        if self.page is not None:
            self.page.start()
            self.liveness.add("page", self.page.beaten)
        if self.settings.is_embedded:
            self._thread("retention", self._keep)

    def _start_producers(self, names: Sequence[str]) -> None:
        from producers.rss import RssProducer
        from producers.web import WebProducer

        if "rss" in names:
            rss = RssProducer(self.log(), self.settings, hub_socket=self._hub_socket)
            self._thread("rss", lambda: asyncio.run(rss.run(self._producers_stop)))
            self._watch(rss.table.work)
        if "web" in names:
            web = WebProducer(self.log(), self.settings)
            self._thread("web", lambda: asyncio.run(web.run(self._producers_stop)))
            self._watch(web.table.work)

    def _start_sink(self, name: str) -> None:
        sink = SINKS[name].opened(self)
        self._thread(name, lambda: sink.run(self.stop))
        self._watch(sink.work)

    def _keep(self) -> None:
        """Apply retention to the embedded log once an hour. Safe in several processes."""
        log = self.log()
        assert isinstance(log, SqliteLog)
        while not self.stop.wait(RETENTION_SECONDS):
            now = int(time.time() * 1000)
            gone = expire(log, topics.TOPICS, now, by_age=is_plausible(log, now))
            if gone:
                logger.info("retention: %s", ", ".join(f"{n} of {name}" for name, n in gone.items()))

    def _start_stages(self, wanted: list[str]) -> None:
        from processors.flow import stages
        from processors.rules import load_rules

        rules = load_rules(resolved(self.settings.rules))
        for stage in stages(self.settings, rules):
            if stage.name in wanted:
                self._start_stage(stage)

    def _start_stage(self, stage: "Stage") -> None:
        from processors.runners.children import stage_pool
        from processors.runners.embedded import StageRunner, run_stage

        log = self.log()
        assert isinstance(log, SqliteLog)
        runner = StageRunner(stage, log, self.settings, stage_pool(stage, self.settings, is_durable=True))
        self._runners.append(runner)
        self._thread(stage.name, lambda: run_stage(runner, self.stop))
        self._watch(runner.work)

    def _watch(self, work: Work) -> None:
        log = self.log()
        self.liveness.add(work.group, lambda: work.beaten)
        self._thread(f"{work.group} watchdog", lambda: watch(log, work, self.settings.stall_timeout, self.stop))

    def beside(self, name: str, target: Callable[[], None]) -> None:
        """Run a function in a thread of its own until `stop`."""
        self._thread(name, target)

    def _thread(self, name: str, target: Callable[[], None]) -> None:
        def guarded() -> None:
            bind(part=name)
            try:
                target()
            except Exception as error:
                self.failed.append(error)
                if isinstance(error, ClaimwireError):
                    logger.error("%s: %s", name, error)
                else:
                    logger.exception("%s ended", name)
                self.stop.set()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def end_producers(self) -> None:
        """Stop the producers and wait for them; the other parts continue."""
        self._producers_stop.set()
        for thread in self._threads:
            if thread.name in PRODUCERS:
                thread.join(30)

    def close(self) -> None:
        """Stop all parts and wait for them."""
        self.stop.set()
        self._producers_stop.set()
        if self.page is not None:
            self.page.close()
        if self._hub_socket is not None:
            self._hub_socket.close()
        for thread in self._threads:
            thread.join(30)
        for runner in self._runners:
            runner.close()
        for log in self._logs:
            log.close()
