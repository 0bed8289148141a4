"""Child processes for CPU-bound work: in-order results, a time limit for each record, killed and replaced when late.

One C call that holds the GIL (lxml, a regular expression) would block the event loop and lose the broker session; here
it only loses a child. Users: the analyse stage, and the feed parser, which reads bytes from outside.
"""

import ctypes
import gc
import multiprocessing
import os
import queue
import resource
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from claimwire.errors import MACHINE_FAULTS, RECORD_FAULTS

A = TypeVar("A")
B = TypeVar("B")
PR_SET_PDEATHSIG = 1
DONE, REFUSED, FAULT = "done", "refused", "fault"
MEMORY_LIMIT = 4 << 30
_CONTEXT = multiprocessing.get_context("spawn")


class WorkRefused(ValueError):
    """A record raised in a child: the error as text, its traceback in `detail`, and whether the record is to blame."""

    def __init__(self, text: str, detail: str, is_of_record: bool) -> None:
        super().__init__(text)
        self.detail, self.is_of_record = detail, is_of_record


class WorkFailed(Exception):
    """One record failed in a child; the text says how."""


class _Child(Generic[A, B]):
    """One process, one record at a time."""

    def __init__(self, process: Callable[[A], B]) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(theirs, process, os.getpid()), daemon=True)
        self._process.start()
        theirs.close()

    def call(self, message: A, timeout: float) -> B:
        try:
            self.connection.send(message)
            if not self.connection.poll(timeout):
                raise WorkFailed(f"timed out after {timeout:g} s")
            state, result = self.connection.recv()
        except (EOFError, OSError) as error:
            raise WorkFailed(f"the child process died: {error!r}") from None
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
    """`size` children. `call` may be used from several threads; a first call to a child waits for its start.

    `done` grows with each record of `map`. There, a record that was late or killed its child is tried again by `rescue` in a
    child of its own, and what fails there too is answered by `give_up` in this process.
    """

    def __init__(
        self,
        process: Callable[[A], B],
        size: int,
        timeout: float,
        start_timeout: float = 60.0,
        rescue: Callable[[A], B] | None = None,
        give_up: Callable[[A], B] | None = None,
    ) -> None:
        self._process, self._timeout, self._start_timeout = process, timeout, start_timeout
        self._rescue, self._give_up = rescue, give_up
        self._idle: queue.SimpleQueue[tuple[_Child[A, B], bool]] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="pool")
        self._closed = False
        self.done = 0
        for _ in range(size):
            self._idle.put((_Child(process), False))

    def call(self, message: A) -> B:
        """The result for one record.

        Raises WorkRefused (`process` raised), WorkFailed (late, or the child died) or OSError (the machine's fault).
        """
        child, is_warm = self._idle.get()
        try:
            result = child.call(message, self._timeout if is_warm else self._timeout + self._start_timeout)
        except WorkFailed:
            child.kill()
            self._idle.put((_Child(self._process), False))
            raise
        except (ValueError, OSError):
            self._idle.put((child, True))
            raise
        self._idle.put((child, True))
        return result

    def map(self, messages: Iterable[A]) -> list[B | Exception]:
        """Results in the order of the records; a failed one is its exception. Raises OSError (the machine's fault)."""

        def one(message: A) -> B | Exception:
            try:
                return self.call(message)
            except ValueError as error:
                return error
            except WorkFailed as error:
                return self._rescued(message, error)
            finally:
                self.done += 1

        return list(self._threads.map(one, messages))

    def _rescued(self, message: A, error: WorkFailed) -> B | Exception:
        if self._rescue is None:
            return error
        child: _Child[A, B] = _Child(self._rescue)
        try:
            return child.call(message, self._timeout + self._start_timeout)
        except (ValueError, WorkFailed):
            return self._give_up(message) if self._give_up is not None else error
        finally:
            child.kill()

    def close(self) -> None:
        """End the children."""
        self._threads.shutdown(wait=True)
        while not self._idle.empty():
            self._idle.get()[0].kill()


def _serve(connection: Connection, process: Callable[[Any], Any], parent: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    collect_less()
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            answer: tuple[str, Any] = (DONE, process(message))
        except MACHINE_FAULTS as error:
            answer = (FAULT, f"{type(error).__name__}: {error}")
        except Exception as error:
            is_of_record = isinstance(error, RECORD_FAULTS)
            detail = "" if is_of_record else traceback.format_exc()
            answer = (REFUSED, (f"{type(error).__name__}: {error}", detail, is_of_record))
        connection.send(answer)


def collect_less() -> None:
    """Let Python's collector look less often: what lives in our processes lives long, and cycles are few."""
    gc.set_threshold(50_000, 20, 100)


def die_with_parent() -> None:
    """For `preexec_fn`: the kernel ends this process when its parent is gone, also by SIGKILL (prctl(2), Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with_parent(parent: int) -> None:
    """Children of a pool survive kill -9 of their parent, unless they look."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
