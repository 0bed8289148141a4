"""What verbs print: tables for people, JSON for programs; progress goes to stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from sinks.notices import plain


def print_json(value: Any) -> None:
    """One JSON value on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns as wide as their widest cell."""
    cells = [[plain(str(c)) for c in row] for row in rows]
    widths = [max(len(h), *(len(r[i]) for r in cells), 0) if cells else len(h) for i, h in enumerate(head)]
    for row in [list(head), *cells]:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())


def progress(text: str) -> None:
    """A line for a person who waits."""
    print(text, file=sys.stderr, flush=True)
