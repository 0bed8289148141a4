"""A state rebuilt from decisions is the state that was folded, by what the decisions took along and by their text."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimwire import topics
from claimwire.log import Message
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story
from processors.analysis import analyse
from processors.match.folds import HEADER, fold_of
from processors.match.matcher import Matcher
from processors.match.window import Limits
from processors.matching import apply_decision, match, position_of
from tests.records import NOW, raw_article, raw_message

TABLES = ("match_articles", "match_sketches", "match_stories", "match_clusters", "match_scopes", "match_forgotten")
TEXTS = (
    "Floods kill {n} in Valdivia\nAt least {n} people were killed when the river flooded parts of Valdivia on Friday, the interior ministry said.\nThe mayor said two schools had been closed.\n",
    "Strike at Nordstal\nThe union said on Friday that {n},100 workers had joined the strike in Gavle.\nNordstal disputed the figure.\n",
    "Court to hear mayor of Varna\nA court in Varna will hear the mayor on 1 December, judge Elena Dimova said.\nThe mayor denied that {n} contracts were sold.\n",
    "Hochwasser in Passau\nDas Hochwasser hat in Passau {n} Häuser beschädigt, sagte der Bürgermeister am Freitag.\n",
)
LIMITS = Limits(days=3, stories=4, articles=6, cluster_values=3)


def tables(db: sqlite3.Connection) -> dict[str, list]:
    return {t: sorted(db.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in TABLES}


def clean_message(offset: int, article: int, text: int, number: int, day: int, is_gone: bool) -> Message:
    when = NOW + timedelta(days=day, minutes=offset)
    raw = raw_article(
        f"p{article}", TEXTS[text].format(n=number), revision_id=f"r{offset}", source=f"S{article % 3}",
        fetched_at=when, first_seen_at=NOW + timedelta(days=day), published_at=None, withdrawn=is_gone,
        language="de" if text == 3 else "en",
    )  # fmt: skip
    return replace(analyse(raw_message(raw))[0], partition=0, offset=offset)


def tombstone(offset: int, article: int) -> Message:
    ident = raw_article(f"p{article}").article_id
    return Message(topics.CLEAN.name, ident, None, {"article_id": ident}, partition=0, offset=offset)


def opened() -> tuple[sqlite3.Connection, Matcher]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    return db, Matcher(db, LIMITS)


EVENTS = st.tuples(
    st.integers(0, 5), st.integers(0, 3), st.integers(2, 9), st.integers(0, 9),
    st.sampled_from(["article"] * 6 + ["gone", "again", "forget"]),
)  # fmt: skip


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, min_size=1, max_size=14), st.integers(1, 5), st.sets(st.integers(0, 13)))
def test_the_rebuilt_tables_are_the_folded_ones(events, slice_, without):
    """Revisions, pages that are gone, redeliveries, what is forgotten, what leaves the window; in slices of any length,
    with some decisions of a version before, which took nothing along."""
    db, matcher = opened()
    clean: list[Message] = []
    for offset, (article, text, number, day, kind) in enumerate(events):
        match kind:
            case "forget":
                clean.append(tombstone(offset, article))
            case "again" if clean:
                clean.append(replace(clean[-1], offset=offset))
            case _:
                clean.append(clean_message(offset, article, text, number, day, kind == "gone"))
    decisions = [m for c in clean for m in match(c, matcher) if m.topic == topics.ARTICLES.name]
    places = [position_of(m)[1] for m in decisions]
    first = [m for n, m in enumerate(decisions) if n == 0 or places[n] > max(places[:n])]
    other_db, other = opened()
    for index, decision in enumerate(first):
        headers = {k: v for k, v in decision.headers.items() if k != HEADER or index not in without}
        apply_decision(replace(decision, headers=headers), other)
        if index % slice_ == 0:
            other.flush()
            # As after a crash.
            other = Matcher(other_db, LIMITS)
    other.flush()
    assert tables(other_db) == tables(db)
    db.close()
    other_db.close()


def test_every_decision_takes_its_fold_along_unless_it_would_be_too_large():
    db, matcher = opened()
    (decision, *_) = match(clean_message(0, 0, 0, 4, 0, False), matcher)
    fold = fold_of(decision)
    assert fold is not None
    assert len(fold.kept) == len(decode(decision.value, Article).sightings)
    small_db = sqlite3.connect(":memory:", isolation_level=None)
    small = Matcher(small_db, Limits(record_bytes=len(decision.value) + 100))
    (plain, *_) = match(clean_message(0, 0, 0, 4, 0, False), small)
    assert plain.value == decision.value
    assert fold_of(plain) is None
    db.close()
    small_db.close()


@pytest.mark.parametrize("text", ["", "é", "AAAA", "KLUv/SAA", "not base64!"])
def test_a_damaged_fold_is_computed_again(text):
    db, matcher = opened()
    decision = match(clean_message(0, 0, 0, 4, 0, False), matcher)[0]
    damaged = replace(decision, headers={**decision.headers, HEADER: text})
    assert fold_of(damaged) is None
    other_db, other = opened()
    apply_decision(damaged, other)
    assert tables(other_db) == tables(db)
    db.close()
    other_db.close()


def test_versions_go_on_growing_after_an_article_is_forgotten():
    """Else the store would take the next snapshot for an older one."""
    db, matcher = opened()
    for n in range(3):
        match(clean_message(n, n, 0, 4, 0, False), matcher)
    kinds = {topics.CLUSTERS.name: Cluster, topics.STORIES.name: Story}
    left = [decode(m.value, kinds[m.topic]) for m in match(tombstone(3, 1), matcher) if m.topic in kinds and m.value]
    after = match(clean_message(4, 4, 0, 4, 0, False), matcher)
    found = {m.key: decode(m.value, kinds[m.topic]).version for m in after if m.topic in kinds}
    ids = [getattr(r, "cluster_id", None) or r.story_id for r in left]
    assert ids
    assert all(found[i] > r.version for i, r in zip(ids, left, strict=True) if i in found)
    assert any(i in found for i in ids)
    assert any(m.topic == topics.CLAIMS.name and decode(m.value, Sighting) for m in after)
    db.close()
