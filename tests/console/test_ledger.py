"""The ledger in a file: as the fold in memory has it, in constant memory, and compared with what was published."""

import random
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from claimwire import topics
from claimwire.ids import host_of
from claimwire.ledger import counts, fold, outcome_message
from claimwire.letters import dead_letters_of, letter_mark
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.records.base import encode
from claimwire.records.feeds import Page
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from console.cli.deadletters import open_letters, read
from console.queries.ledger import Ledger
from console.queries.published import compare
from tests.records import NOW, raw_article, raw_message

LATER = NOW + timedelta(hours=1)


def line(state: OutcomeState, article: str = "a", **fields) -> Message:
    defaults = {"revision_id": "r1", "stage": "search", "at": NOW, "source": "Paper"}
    return outcome_message(Outcome(article_id=article, state=state, **(defaults | fields)))


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    found = Ledger(tmp_path)
    yield found
    found.close()
    assert list(Path(tmp_path).glob("ledger-*")) == []


def test_it_folds_as_memory_does(ledger):
    source = random.Random(15)
    states = [s for s in OutcomeState if s is not OutcomeState.MAYBE_LOST]
    lines = [
        line(source.choice(states), f"a{source.randrange(200)}", source=source.choice(["Paper", "Post", None]),
             reason=source.choice(["too_short", "gone"]), at=NOW + timedelta(days=source.randrange(3)))
        for _ in range(2000)
    ]  # fmt: skip
    lines += [Message("outcomes", "x", b"{broken"), Message("outcomes", "y", None), line(OutcomeState.MAYBE_LOST, "z")]
    ledger.fold(lines[:700])
    ledger.fold(lines[700:])
    expected = fold(lines)
    ended = [o for o in expected.values() if o.state is not OutcomeState.MAYBE_LOST]
    assert ledger.counts() == counts(expected.values())
    assert ledger.reasons() == Counter(o.reason for o in ended if o.state is OutcomeState.REJECTED)
    by_source = Counter()
    for row in ledger.sums():
        by_source[row["day"], row["source"]] += row["revisions"]
    assert by_source == Counter((o.at.date().isoformat(), o.source or "?") for o in ended)
    newest = sorted((o.at for o in ended if o.state is OutcomeState.REJECTED), reverse=True)[:5]
    assert [o.at for o in ledger.newest(OutcomeState.REJECTED, 5)] == newest


def test_only_what_is_new_is_read_again_and_a_topic_made_anew_from_its_beginning(ledger, log):
    log.publish([line(OutcomeState.OPENED, "a"), line(OutcomeState.OPENED, "b")])
    ledger.update(log)
    log.connection.execute("DELETE FROM messages")
    log.publish([line(OutcomeState.INDEXED, "b")])
    ledger.update(log)
    assert ledger.counts() == {"opened": 1, "indexed": 1}
    log.connection.execute("UPDATE ends SET off = 0")
    log.connection.execute("DELETE FROM messages")
    log.publish([line(OutcomeState.REJECTED, "c", reason="gone")])
    ledger.update(log)
    assert ledger.counts() == {"rejected": 1}


MEMORY = """
import sys
from pathlib import Path
from console.queries.ledger import Ledger
from tests.console.test_ledger import line
from claimwire.records.vocabulary import OutcomeState

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

def lines(first, last):
    for n in range(first, last):
        yield line(OutcomeState.OPENED, f"{n:032x}", url=f"https://paper.example/2026/{n}")
        yield line(OutcomeState.INDEXED, f"{n:032x}", url=f"https://paper.example/2026/{n}")

ledger = Ledger(sys.argv[1])
ledger.fold(lines(0, 10_000))
before = resident()
ledger.fold(lines(10_000, 60_000))
assert ledger.counts() == {"indexed": 60_000}
print(resident() - before)
"""


def test_fifty_thousand_revisions_more_take_no_memory(tmp_path):
    done = subprocess.run([sys.executable, "-c", MEMORY, str(tmp_path)], capture_output=True, text=True, check=True)
    # In a dict of lines they took 46 MB.
    assert float(done.stdout) < 16


@pytest.fixture
def published(log) -> SqliteLog:
    """Three revisions that were published, one that waits to be fetched, one that was rejected before; each with its line."""
    raws = [raw_article(f"a{n}") for n in range(3)]
    page = Page(article_id="p", revision_id="r1", url="https://paper.example/p", source="Paper", lane="live",
                first_seen_at=NOW, next_due=NOW)  # fmt: skip
    log.publish([line(OutcomeState.INDEXED, r.article_id, revision_id=r.revision_id) for r in raws])
    log.publish([line(OutcomeState.OPENED, "p"), line(OutcomeState.REJECTED, "w", stage="web", reason="gone")])
    log.publish(
        [*map(raw_message, raws), Message(topics.PAGES.name, "p", encode(page), partition_key=host_of(page.url))]
    )
    log.connection.execute("UPDATE messages SET ts = ?", (int(NOW.timestamp() * 1000),))
    return log


def test_both_counts_agree(published, ledger):
    found = compare(published, ledger, LATER)
    assert found.agrees
    assert found.total() | {"published": 4, "unpublished": 1, "indexed": 3, "opened": 1, "rejected": 1} == found.total()


def test_a_line_that_is_gone_is_seen(published, ledger):
    published.connection.execute("DELETE FROM messages WHERE topic = 't.outcomes' AND key LIKE '%/r-a1'")
    found = compare(published, ledger, LATER)
    assert not found.agrees
    assert [key.split("/")[1] for key in found.without_line] == ["r-a1"]
    assert (found.total()["published"], found.total()["indexed"]) == (4, 2)


@pytest.mark.parametrize("state", [OutcomeState.INDEXED, OutcomeState.OPENED, OutcomeState.DEAD_LETTERED])
def test_a_line_of_what_was_never_published_is_seen(published, ledger, state):
    published.publish([line(state, "ghost")])
    published.connection.execute("UPDATE messages SET ts = ?", (int(NOW.timestamp() * 1000),))
    found = compare(published, ledger, LATER)
    assert found.without_record == ["ghost/r1"]
    assert found.total()["published"] == 4


def test_what_is_older_than_the_log_keeps_or_not_settled_yet_is_no_disagreement(published, ledger):
    published.publish(
        [line(OutcomeState.INDEXED, "old", at=NOW - timedelta(days=8)), line(OutcomeState.OPENED, "young")]
    )
    assert compare(published, ledger, NOW + timedelta(seconds=5)).agrees
    assert compare(published, ledger, LATER).total()["unpublished"] == 2


def test_dead_letters_are_counted_without_being_kept(log):
    letters = [m for n in range(5) for m in dead_letters_of(raw_message(raw_article(f"a{n}")), "analyse", "x", NOW)]
    log.publish(letters)
    found, _ = read(log)
    log.publish([letter_mark(found[1], "replayed", ""), letter_mark(found[4], "discarded", "x")])
    assert open_letters(log) == 3
    newest, marks = read(log, 2)
    assert [m.offset for m in newest] == [3, 4]
    assert marks == {1: "replayed", 4: "discarded"}
