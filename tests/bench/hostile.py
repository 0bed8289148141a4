"""Cost of hostile pages to a reader: `python -m tests.bench.hostile [--write]`, the table of SECURITY.md.

Each page is read in a process of its own that is warm, at several sizes; the worst counts.
"""

import multiprocessing
import re
import resource
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from claimwire import topics
from claimwire.log import Message
from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode
from claimwire.records.outcomes import Outcome
from claimwire.text.bodies import pack_body
from processors.analysis import analyse, warm
from tests.bench.hostile_pages import PAGES, page
from tests.bench.report import report
from tests.records import raw_article, raw_message

SIZES = (4_999_000, 1_950_000, 300_000)
MOST_SECONDS, MOST_MEMORY, PATIENCE = 5.0, 150.0, 60.0
BEGIN, END = "<!-- hostile pages: python -m tests.bench.hostile --write -->\n", "<!-- end -->\n"


class Measured(NamedTuple):
    """CPU seconds and MiB of growth of the reading, and how it ended."""

    seconds: float
    memory: float
    outcome: str


def message_of_page(name: str, size: int) -> Message:
    """A hostile page as a record of articles.raw."""
    body = pack_body(page(name, size))
    return raw_message(raw_article(name, media_type=PAGES[name].media_type, charset=None, title=None, body=body))


def outcome_of(outputs: list[Message]) -> str:
    """The reason of a rejection, or the route and the characters that were read."""
    for message in outputs:
        if message.topic == topics.CLEAN.name and message.value:
            clean = decode(message.value, CleanArticle)
            return f"{clean.route}, {len(clean.text):,} characters{', cut' if clean.truncated else ''}"
        if message.topic == topics.OUTCOMES.name and message.value:
            return str(decode(message.value, Outcome).reason)
    return "nothing"


def _peak() -> float:
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _measure(connection: Connection, name: str, size: int) -> None:
    message = message_of_page(name, size)
    Path("/proc/self/clear_refs").write_text("5")
    peak, started = _peak(), _cpu()
    outputs = analyse(message)
    connection.send(Measured(_cpu() - started, _peak() - peak, outcome_of(outputs)))


def measured(name: str, size: int) -> Measured:
    """Cost of a page of a size to a warm process."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_measure, args=(theirs, name, size))
    process.start()
    theirs.close()
    try:
        found: Measured = ours.recv() if ours.poll(PATIENCE) else Measured(PATIENCE, 0.0, "late")
    except EOFError:
        found = Measured(0.0, MOST_MEMORY, "the process died")
    process.kill()
    process.join()
    return found


def worst(name: str, sizes: tuple[int, ...] = SIZES) -> Measured:
    """The most that a page costs at any of the sizes, and how it ended at each, the largest first."""
    found = [measured(name, size) for size in sizes]
    outcomes = "; ".join(dict.fromkeys(m.outcome for m in found))
    return Measured(max(m.seconds for m in found), max(m.memory for m in found), outcomes)


def table(rows: dict[str, Measured]) -> str:
    """The rows as Markdown, the most expensive first."""
    lines = [
        "| page | s | MiB | how it ends: of 5 MB; of 1.9 and 0.3 MB where that differs |",
        "|---|---|---|---|",
    ]
    for name, row in sorted(rows.items(), key=lambda item: -item[1].seconds):
        lines.append(f"| {name} | {row.seconds:.2f} | {row.memory:.0f} | {row.outcome} |".replace("<", "&lt;"))
    return "\n".join(lines) + "\n"


def main() -> None:
    warm()
    rows = {name: worst(name) for name in PAGES}
    for name, row in rows.items():
        report(f"hostile_{name}", row.seconds, "CPU-s", "goal", MOST_SECONDS)
        report(f"hostile_{name}_memory", row.memory, "MiB", "goal", MOST_MEMORY)
    if "--write" in sys.argv:
        path = Path(__file__).resolve().parents[2] / "SECURITY.md"
        before, _, rest = path.read_text("utf-8").partition(BEGIN)
        path.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
