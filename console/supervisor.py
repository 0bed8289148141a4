"""Supervisor of stages in processes of their own: restarts each with back-off, and ends all together."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from claimwire.config.settings import Settings, environment_of
from claimwire.runtime.process_pool import die_with_parent

logger = logging.getLogger(__name__)
# Seconds before a restart: doubled each time, reset after a steady run.
FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS = 1.0, 60.0, 120.0
LOOK_SECONDS, END_SECONDS = 0.2, 30.0
# Exit status for invalid settings, which a restart would not fix.
MISCONFIGURED = 2


@dataclass
class Child:
    """A supervised process."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    pause: float = FIRST_PAUSE
    process: "subprocess.Popen[bytes] | None" = None
    _since: float = 0.0
    _due: float = field(default=0.0)

    def look(self, now: float) -> int | None:
        """Start the process if it is due; return its exit status if it has ended since the last call."""
        if self.process is None:
            if now >= self._due:
                self.process = subprocess.Popen(self.command, env=self.env, preexec_fn=die_with_parent)  # noqa: PLW1509
                self._since = now
            return None
        status = self.process.poll()
        if status is None:
            return None
        if now - self._since >= STEADY_SECONDS:
            self.pause = FIRST_PAUSE
        self.process, self._due = None, now + self.pause
        logger.warning("%s exited with status %d; restarting in %g s", self.name, status, self.pause)
        self.pause = min(LONGEST_PAUSE, 2 * self.pause)
        return status


def stage_processes(settings: Settings, names: Sequence[str]) -> list[Child]:
    """Processes for the stages `names`, with the same settings.

    They serve /metrics on the ports after this process's own, in the order of `names`.
    """
    children = []
    for number, name in enumerate(names, 1):
        port = settings.metrics_port and settings.metrics_port + number
        env = environment_of(replace(settings, metrics_port=port), os.environ)
        children.append(Child(name, [sys.executable, "-m", "console.cli.main", "run", name], env))
    return children


def supervise(children: Sequence[Child], stop: threading.Event) -> int:
    """Keep the processes running until `stop`; return the exit status, MISCONFIGURED if one exited with it."""
    try:
        while not stop.wait(LOOK_SECONDS):
            now = time.monotonic()
            if MISCONFIGURED in [child.look(now) for child in children]:
                return MISCONFIGURED
    except KeyboardInterrupt:
        logger.info("stopping")
    finally:
        _end(children)
    return 0


def _end(children: Sequence[Child]) -> None:
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
