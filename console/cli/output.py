"""Output of verbs: tables for people, JSON for programs; progress goes to stderr."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from claimwire.net.redaction import without_secrets
from sinks.notify.notifications import plain


def print_json(value: Any) -> None:
    """Print one JSON value on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table with columns as wide as their widest cell."""
    cells = [[plain(str(c)) for c in row] for row in rows]
    widths = [max(len(h), *(len(r[i]) for r in cells), 0) if cells else len(h) for i, h in enumerate(head)]
    for row in [list(head), *cells]:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())


def progress(text: str) -> None:
    """Print a progress line on stderr."""
    print(without_secrets(text), file=sys.stderr, flush=True)


@contextmanager
def counted(what: str, total: int | None = None, every: int = 10_000) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr: a bar on a terminal, else a line each `every` seconds, and the total at the end.

    Yields a function that takes the number done so far.
    """
    is_terminal, began, last, done = sys.stderr.isatty(), time.monotonic(), 0.0, 0

    def advance(count: int) -> None:
        nonlocal last, done
        done = count
        now = time.monotonic()
        if is_terminal and now - last >= 0.1:
            last = now
            sys.stderr.write(f"\r{bar_line(what, count, total, now - began)}\x1b[K")
            sys.stderr.flush()
        elif not is_terminal and count % every == 0:
            progress(f"{count} {what}")

    try:
        yield advance
    finally:
        if is_terminal:
            sys.stderr.write("\r\x1b[K")
        progress(f"{done} {what}")


def bar_line(what: str, count: int, total: int | None, seconds: float) -> str:
    """Return the progress line: with a known total, a bar and the remaining seconds."""
    if not total:
        return f"{count:,} {what}"
    share = min(1.0, count / total)
    left = f", {seconds * (1 - share) / share:.0f} s left" if share else ""
    return f"[{'#' * int(30 * share):<30}] {count:,} of {total:,} {what}{left}"
