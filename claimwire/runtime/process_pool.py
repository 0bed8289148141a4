"""Child processes for CPU-bound work: ordered results and a time limit for each record; a late child is replaced.

A C call that holds the GIL (lxml, a regular expression) would block the event loop and lose the broker session; in a
child it costs only that child. Used by the analyse stage and by the parsers of feeds and pages.
"""

import ctypes
import gc
import logging
import multiprocessing
import os
import resource
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain, takewhile
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from claimwire.errors import MACHINE_FAULTS, RECORD_FAULTS
from claimwire.runtime.strikes import Attempts, Breaker

logger = logging.getLogger(__name__)
A = TypeVar("A")
B = TypeVar("B")
PR_SET_PDEATHSIG = 1
READY, DONE, REFUSED, FAULT, FULL = "ready", "done", "refused", "fault", "full"
# Address space that a child may allocate after it is warm.
MEMORY_GROWTH = 512 << 20
# Part of a record's time limit for the normal attempt; the rest is for the fallback.
FIRST_SHARE = 0.7
# Longer attempts are stored, so that a process that a record kills finds them after its restart.
NOTED_SHARE = 0.2
BEAT_SECONDS = 1.0
# Limits are CPU seconds; the wall-clock limit is this many times as long.
CLOCK_FACTOR = 3
TICKS = os.sysconf("SC_CLK_TCK")
COMMIT_SECONDS = 1.0
MOST_DEATHS = 2
_CONTEXT = multiprocessing.get_context("spawn")


class WorkRefused(ValueError):
    """Processing a record raised in a child; `is_of_record` if the record is the cause; `detail` is a traceback."""

    def __init__(self, text: str, detail: str, is_of_record: bool) -> None:
        super().__init__(text)
        self.detail, self.is_of_record = detail, is_of_record


class WorkFailed(Exception):
    """Processing a record timed out or killed its child after `seconds`; the text describes it."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


def nothing() -> None:
    """Do nothing: for children that only need their imports."""


@dataclass(frozen=True)
class Rescue(Generic[A, B]):
    """Fallback for a record that timed out or killed its child, and a last answer (`give_up`) if that fails too.

    `name` identifies a record over restarts, `owner` its host. The fallback is used at once for records in `attempts`
    and for owners whose `breaker` is open.
    """

    plainly: Callable[[A], B]
    give_up: Callable[[A], B]
    name: Callable[[A], str]
    owner: Callable[[A], str]
    attempts: Attempts
    breaker: Breaker


class _Meter:
    """Time used by a child: CPU seconds, or a fraction of wall-clock seconds if that is more.

    A busy machine does not make a record time out, and a child that sleeps or hangs still does.
    """

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self._before, self._started = self._cpu(), time.monotonic()

    def taken(self) -> float:
        return max(self._cpu() - self._before, (time.monotonic() - self._started) / CLOCK_FACTOR)

    def _cpu(self) -> float:
        try:
            with open(f"/proc/{self._pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        # utime and stime, fields 14 and 15 of proc_pid_stat(5).
        return (int(fields[11]) + int(fields[12])) / TICKS


class _Child(Generic[A, B]):
    """One process, one record at a time."""

    def __init__(self, ways: tuple[Callable[[A], B], ...], warm: Callable[[], None]) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(theirs, ways, warm, os.getpid()), daemon=True)
        self._process.start()
        theirs.close()
        self._is_ready = False

    def is_ready(self, seconds: float) -> bool:
        """Return whether the child has finished its imports and warm-up. Raises OSError if it died before."""
        try:
            if not self._is_ready and self.connection.poll(seconds):
                self._is_ready = self.connection.recv() == READY
        except EOFError:
            raise OSError("a child process died while it started") from None
        return self._is_ready

    @property
    def is_warm(self) -> bool:
        """Return whether the child is idle."""
        try:
            return self.is_ready(0)
        except OSError:
            return False

    def call(self, way: int, message: A, timeout: float, beat: Callable[[float], None]) -> B:
        """Return the result of a record; `beat` is called each second with the seconds used so far."""
        meter = _Meter(self._process.pid)
        try:
            self.connection.send((way, message))
            while not self.connection.poll(max(0.01, min(BEAT_SECONDS, timeout / 5, timeout - meter.taken()))):
                taken = meter.taken()
                if taken >= timeout:
                    raise WorkFailed(f"timed out after {timeout:.3g} s", taken)
                beat(taken)
            state, result = self.connection.recv()
        except (EOFError, OSError) as error:
            raise WorkFailed(f"the child process died: {error!r}", meter.taken()) from None
        if state == FULL:
            raise WorkFailed(f"the child process ran out of memory: {result}", meter.taken())
        if state == FAULT:
            raise OSError(result)
        if state == REFUSED:
            raise WorkRefused(*result)
        found: B = result
        return found

    def kill(self) -> None:
        self._process.kill()
        self._process.join(5)
        self.connection.close()


class Pool(Generic[A, B]):
    """Pool of `size` children, plus a spare one with a `rescue`. `call` is thread-safe.

    A child imports and runs `warm` before it gets a record. `timeout` is the CPU seconds for a record, `rescue`
    included; the wall-clock limit is CLOCK_FACTOR times as long.
    `progress` grows with each record, and each second while a child works or starts.
    """

    def __init__(
        self,
        process: Callable[[A], B],
        size: int,
        timeout: float,
        start_timeout: float = 60.0,
        warm: Callable[[], None] = nothing,
        rescue: Rescue[A, B] | None = None,
    ) -> None:
        self._ways = (process, rescue.plainly) if rescue else (process,)
        self._timeout, self._start_timeout, self._warm, self._rescue = timeout, start_timeout, warm, rescue
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="pool")
        self._changed = threading.Condition()
        self.progress = 0
        # With a rescue, all start now so that the spare is warm for the first timeout; else children start on demand.
        self._missing = 0 if rescue else size - 1
        self._idle = [self._child() for _ in range(size + 1 if rescue else 1)]

    def _child(self) -> _Child[A, B]:
        return _Child(self._ways, self._warm)

    def call(self, message: A) -> B:
        """Return the result for one record, without the fallback.

        Raises WorkRefused (`process` raised), WorkFailed (late, or the child died) or OSError (the machine's fault).
        """
        return self._run(0, message, self._timeout, self._beat)

    def submit(self, message: A) -> "Future[B]":
        """Run `call` in a thread of the pool."""
        return self._threads.submit(self.call, message)

    def in_order(self, messages: Iterable[A], seconds: float = COMMIT_SECONDS) -> Iterator[list[B | Exception]]:
        """Yield results in record order, in parts; a failed record's result is its exception.

        A part holds at least one result, and all that are done after `seconds` up to the first unfinished. Raises
        OSError.
        """
        futures = deque(self._threads.submit(self._one, m) for m in messages)
        try:
            while futures:
                wait(futures, timeout=seconds)
                part = [futures.popleft().result()]
                done = list(takewhile(lambda f: f.done() and f.exception() is None, futures))
                yield [*part, *(futures.popleft().result() for _ in done)]
        finally:
            for future in futures:
                future.cancel()

    def map(self, messages: Iterable[A]) -> list[B | Exception]:
        """Return all results of `in_order`."""
        return list(chain.from_iterable(self.in_order(messages)))

    def _one(self, message: A) -> B | Exception:
        try:
            return self._rescued(message, self._rescue) if self._rescue else self.call(message)
        except MACHINE_FAULTS:
            raise
        except Exception as error:
            return error
        finally:
            self.progress += 1

    def _rescued(self, message: A, rescue: Rescue[A, B]) -> B:
        """Process a record with the fallback. Raises WorkRefused, and any exception of `give_up`."""
        name, left = rescue.name(message), self._timeout
        deaths = rescue.attempts.of(name)
        way = 1 if deaths or rescue.breaker.is_open(lambda: rescue.owner(message)) else 0
        while deaths < MOST_DEATHS and way < len(self._ways):
            try:
                return self._noted(way, message, name, left * FIRST_SHARE if way == 0 else left, rescue)
            except WorkFailed as error:
                logger.warning("record %s of %s: %s", name, rescue.owner(message) or "no host", error)
                deaths, way, left = deaths + 1, way + 1, left - error.seconds
        return rescue.give_up(message)

    def _noted(self, way: int, message: A, name: str, timeout: float, rescue: Rescue[A, B]) -> B:
        noted = False

        def beat(taken: float) -> None:
            nonlocal noted
            self.progress += 1
            if not noted and taken > NOTED_SHARE * self._timeout:
                rescue.attempts.add(name)
                noted = True

        try:
            found = self._run(way, message, timeout, beat)
        except WorkFailed:
            if not noted:
                rescue.attempts.add(name)
            rescue.breaker.strike(rescue.owner(message))
            raise
        if noted:
            rescue.attempts.clear(name)
        return found

    def _beat(self, _: float) -> None:
        self.progress += 1

    def _run(self, way: int, message: A, timeout: float, beat: Callable[[float], None]) -> B:
        child = self._warm_child()
        try:
            result = child.call(way, message, timeout, beat)
        except WorkFailed:
            child.kill()
            self._give_back(self._child())
            raise
        except BaseException:
            self._give_back(child)
            raise
        self._give_back(child)
        return result

    def _warm_child(self) -> _Child[A, B]:
        """Return an idle child, preferably a warm one. Raises OSError if it does not start."""
        with self._changed:
            if not self._idle and self._missing:
                self._missing -= 1
                self._idle.append(self._child())
            self._changed.wait_for(lambda: self._idle)
            child = next((c for c in self._idle if c.is_warm), self._idle[0])
            self._idle.remove(child)
        try:
            deadline = time.monotonic() + self._start_timeout
            while not child.is_ready(BEAT_SECONDS):
                if time.monotonic() > deadline:
                    raise OSError(f"a child process did not start in {self._start_timeout:g} s")
                self.progress += 1
        except OSError:
            child.kill()
            self._give_back(self._child())
            raise
        return child

    def _give_back(self, child: _Child[A, B]) -> None:
        with self._changed:
            self._idle.append(child)
            self._changed.notify()

    def close(self) -> None:
        """End the children."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for child in self._idle:
            child.kill()
        self._idle.clear()


def _serve(
    connection: Connection, ways: tuple[Callable[[Any], Any], ...], warm: Callable[[], None], parent: int
) -> None:
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    collect_less()
    warm()
    limit = _address_space() + MEMORY_GROWTH
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    connection.send(READY)
    while True:
        try:
            way, message = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            answer: tuple[str, Any] = (DONE, ways[way](message))
        except MemoryError as error:
            answer = (FULL, f"{error!r}")
        except MACHINE_FAULTS as error:
            answer = (FAULT, f"{type(error).__name__}: {error}")
        except Exception as error:
            is_of_record = isinstance(error, RECORD_FAULTS)
            detail = "" if is_of_record else traceback.format_exc()
            answer = (REFUSED, (f"{type(error).__name__}: {error}", detail, is_of_record))
        connection.send(answer)


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def collect_less() -> None:
    """Raise the thresholds of the garbage collector: objects here are long-lived and rarely cyclic."""
    gc.set_threshold(50_000, 20, 100)


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, even by SIGKILL (prctl(2), Linux). For `preexec_fn`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with_parent(parent: int) -> None:
    """End this child when its parent is gone: otherwise it survives kill -9 of the parent."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
