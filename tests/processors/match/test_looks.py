"""Pages that were fetched again: the same text, a text that came back, and a page that is gone."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.log import Message
from claimwire.records.base import decode
from claimwire.records.outcomes import Outcome
from claimwire.records.sightings import Article
from processors.analysis import analyse
from processors.flow import stages
from processors.match.matcher import Matcher
from processors.matching import match
from processors.runners.partition_state import PartitionState
from tests.processors.test_refold import tables
from tests.records import NOW, raw_article, raw_message

FIRST = "Bridge closed in Halden\nThe bridge of Halden was closed on Friday, mayor Ida Strand said.\n"
MENDED = "Bridge closed in Halden\nThe bridge of Halden was closed on Friday and 40 people were moved, mayor Ida Strand said.\n"
GERMAN = "Brücke in Halden gesperrt\nDie Brücke in Halden ist am Freitag gesperrt worden, sagte die Bürgermeisterin der Stadt.\n"


def look(revision: str, text: str, hours: float, **fields) -> Message:
    raw = raw_article("a", text, revision_id=revision, fetched_at=NOW + timedelta(hours=hours), **fields)
    return analyse(raw_message(raw))[0].routed()


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def answers(matcher: Matcher, *looks: Message) -> list[str]:
    """Of each look the number of the decision's revision, or the outcome, or the partition that it is passed on to."""
    found = []
    for message in looks:
        first = match(message, matcher)[0]
        match first.topic:
            case topics.ARTICLES.name:
                found.append(str(decode(first.value, Article).revision))
            case topics.OUTCOMES.name:
                outcome = decode(first.value, Outcome)
                found.append(" ".join(filter(None, (outcome.state.value, outcome.reason))))
            case _:
                found.append(f"to {first.partition}")
    return found


def test_the_same_text_is_an_outcome_and_changes_nothing(db):
    matcher = Matcher(db)
    match(look("r0", FIRST, 0), matcher)
    before = tables(db)
    again = look("r1", FIRST.replace("bridge of", "Bridge  of"), 1)
    (outcome,) = match(again, matcher)
    assert (outcome.topic, outcome.key) == (topics.OUTCOMES.name, f"{raw_article('a').article_id}/r1")
    assert answers(matcher, again) == ["same_text"]
    assert tables(db) == before


def test_a_text_that_comes_back_is_news_and_one_that_is_delivered_again_is_not(db):
    matcher = Matcher(db)
    looks = [look("r0", FIRST, 0), look("r1", FIRST, 1), look("r2", MENDED, 2)]
    assert answers(matcher, *looks) == ["1", "same_text", "2"]
    assert answers(matcher, *looks) == ["1", "same_text", "2"]
    assert answers(matcher, look("r3", FIRST, 3)) == ["3"]


def test_the_same_text_of_another_article_is_a_duplicate(db):
    matcher = Matcher(db)
    other = analyse(raw_message(raw_article("b", FIRST, revision_id="r1", fetched_at=NOW + timedelta(hours=1))))[0]
    assert answers(matcher, look("r0", FIRST, 0), other) == ["1", "1"]


@pytest.mark.parametrize("text", [FIRST, GERMAN])
def test_a_withdrawal_finds_the_article_in_any_language_and_is_passed_on_until_then(db, text):
    matcher, stranger = Matcher(db), Matcher(sqlite3.connect(":memory:", isolation_level=None))
    gone = look("gone", "", 2, withdrawn=True)
    assert gone.partition == 0
    match(look("r0", text, 0, language=None), matcher)
    (passed,) = match(gone, stranger)
    assert (passed.value, passed.headers, passed.partition) == (gone.value, gone.headers, 1)
    assert answers(matcher, passed, passed) == ["2", "2"]


def test_the_last_matcher_rejects_the_withdrawal_of_an_article_that_none_knows(db):
    gone = look("gone", "", 2, withdrawn=True)
    asked = [replace(gone, partition=partition) for partition in range(topics.CLEAN.partitions)]
    assert answers(Matcher(db), *asked) == ["to 1", "to 2", "to 3", "rejected gone"]


def test_a_withdrawal_that_is_delivered_again_is_passed_on_to_the_same_partition(tmp_path):
    stage = stages(Settings(data_dir=str(tmp_path)), ())[1]
    gone = replace(look("gone", "", 2, withdrawn=True), partition=2, offset=0)
    old = sqlite3.connect(tmp_path / "t.match.2.db")
    old.execute("CREATE TABLE outbox(off, seq, topic, key, headers, value, PRIMARY KEY(off, seq)) WITHOUT ROWID")
    old.close()
    state = PartitionState(stage, 2, "t", tmp_path)
    results = [state.process([gone], 1_000_000) for _ in range(2)]
    assert [[m.partition for m in of_record] for (of_record,) in results] == [[3], [3]]
    state.close()
