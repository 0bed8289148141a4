"""Properties that hold for any input: cleaning, claims, and the matcher's fold."""

import sqlite3
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from claimwire.records.vocabulary import Verdict
from processors.analysis import analyse
from processors.claims import claims_of
from processors.claims.syntax.figures import number_value
from processors.claims.syntax.sentences import sentences
from processors.clean.document import Document, clean_document
from processors.clean.lines import clean_lines
from processors.match.matcher import Matcher
from tests.records import NOW, raw_article, raw_message

WORDS = st.sampled_from(
    "The ministry said that 12 people were killed in Valdivia on Friday , while “ the army ” denied it . Mr. Advertisement "
    "[ad_1] Source link Leave a Reply According to police - 3.5 million dollars ; … ? ! Kenya's President He it".split()
)
LINES = st.lists(WORDS, max_size=25).map(" ".join)
TEXTS = st.lists(LINES, max_size=12).map("\n".join) | st.text(max_size=400)
DAY = date(2026, 11, 20)


@given(st.lists(LINES, max_size=15), st.none() | LINES)
def test_cleaning_twice_is_cleaning_once_and_loses_no_line(lines, title):
    once = clean_lines(lines, title)
    kept = [text for _, text in once.kept]
    assert [t for _, t in clean_lines(kept, title).kept] == kept or once.refused
    whole = {n for n, _ in once.kept} | {r.line for r in once.removed}
    assert whole == {n for n, line in enumerate(lines) if line.split()}


@settings(deadline=None)
@given(TEXTS)
def test_blocks_and_claims_reproduce_their_words(text):
    document = clean_document(text.encode("utf-8", "replace"), "text/plain", "utf-8")
    if not isinstance(document, Document):
        return
    for block in document.blocks:
        assert 0 <= block.start < block.end <= len(document.text)
    found = claims_of("a", document.text, document.blocks, DAY)
    assert found == claims_of("a", document.text, document.blocks, DAY)
    assert len({c.claim_id for c in found}) == len(found)
    for claim in found:
        assert claim.sentence_start <= claim.start < claim.end <= claim.sentence_end
        assert claim.start <= claim.content <= claim.end
        assert claim.claimant
        assert all(q.unit and q.role for q in claim.quantities)


@given(st.text(max_size=300))
def test_sentences_cover_every_letter(text):
    spans = sentences(text)
    assert all(a < b for a, b in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


@given(st.integers(0, 999_999_999))
def test_numbers_with_separators(value):
    assert number_value(f"{value:,}") == value


STORIES = (
    "Flood kills {n} in Valdivia\nThe flood in Valdivia killed {n} people, the Chilean interior ministry said on Friday.\n",
    "Dockers strike in Durban\nSome {n} dockers walked off the job at the port of Durban, the union of dockers said.\n",
    "Court jails mayor of Varna\nA court in Varna sentenced the mayor to {n} years in prison, judge Elena Dimova said.\n",
)


def cleaned(index: int, story: int, number: int) -> CleanArticle:
    raw = raw_article(f"p{index}", STORIES[story].format(n=number), fetched_at=NOW + timedelta(minutes=index))
    return decode(analyse(raw_message(raw))[0].value, CleanArticle)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(2, 9), st.booleans()), min_size=1, max_size=10))
def test_the_fold_is_the_same_with_redeliveries_and_no_cluster_is_new_twice(stream):
    plain = [(n, cleaned(n, story, number)) for n, (story, number, _) in enumerate(stream)]
    with_repeats = [
        a for (n, a), (_, _, again) in zip(plain, stream, strict=True) for a in [(n, a)] * (2 if again else 1)
    ]
    results = []
    for articles in (plain, with_repeats):
        db = sqlite3.connect(":memory:", isolation_level=None)
        matcher = Matcher(db)
        records = [r for n, a in articles for r in matcher.process(a, 0, n)]
        results.append({(type(r), getattr(r, "claim_id", None) or repr(r)) for r in records})
        new = [s.cluster_id for s in records if isinstance(s, Sighting) and s.verdict is Verdict.NEW]
        assert len(new) == len(set(new))
        assert len({r.clean.article_id for r in records if isinstance(r, Article)}) == len(stream)
        db.close()
    assert results[0] == results[1]
