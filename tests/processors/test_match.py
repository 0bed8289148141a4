"""The matcher: duplicates, revisions, verdicts, the window, and that rebuilding from decisions gives the same state."""

import sqlite3
from datetime import timedelta

import msgspec
import pytest

from claimwire.log import Message
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from claimwire.records.stories import Cluster, Story
from claimwire.records.vocabulary import EventType, Verdict
from processors.analysis import analyse
from processors.match.cluster_history import PUBLISHED_VALUES, published
from processors.match.clusters import related
from processors.match.matcher import Matcher
from processors.match.window import Limits
from tests.records import NOW, raw_article, raw_message

FLOOD = "Floods kill four in Valdivia\nAt least four people were killed when the river flooded parts of Valdivia on Friday, the Chilean interior ministry said.\n"
FLOOD_NINE = "Death toll in Valdivia floods rises to nine\nThe death toll in the Valdivia floods has risen to nine people, the Chilean interior ministry said on Saturday.\n"
STRIKE = "Dockers in Durban strike over pay\nSome 3,000 dockers walked off the job at the port of Durban on Monday, the union of dockers said.\n"


def clean(name: str, text: str, **fields):
    message = analyse(raw_message(raw_article(name, text, **fields)))[0]
    from claimwire.records.articles import CleanArticle

    return decode(message.value, CleanArticle)


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def of(kind, records):
    return [r for r in records if isinstance(r, kind)]


def test_one_story_and_an_update(db):
    matcher = Matcher(db)
    first = matcher.process(clean("a", FLOOD), 0, 0)
    second = matcher.process(clean("b", FLOOD_NINE, source="Other"), 0, 1)
    other = matcher.process(clean("c", STRIKE), 0, 2)
    articles = [of(Article, r)[0] for r in (first, second, other)]
    assert articles[0].story_id == articles[1].story_id != articles[2].story_id
    assert {s.verdict for s in of(Sighting, first)} <= {Verdict.NEW, Verdict.REPEAT}
    changed = [s for s in of(Sighting, second) if s.verdict is Verdict.UPDATE]
    assert changed
    change = next(c for s in changed for c in s.changes if c.role == "killed")
    assert (change.old, change.new) == ("4", "9")
    assert changed[0].compared_with in {s.claim_id for s in of(Sighting, first)}
    assert "killed: 4 → 9" in changed[0].why
    story = of(Story, second)[0]
    assert (story.articles, story.sources) == (2, ("Paper", "Other"))


def test_evidence_is_where_it_says(db):
    for sighting in of(Sighting, Matcher(db).process(clean("a", FLOOD), 0, 0)):
        article = clean("a", FLOOD)
        assert article.text[sighting.claim.start : sighting.claim.end] == sighting.evidence
        assert sighting.evidence in sighting.sentence or sighting.sentence in sighting.evidence


def test_a_copy_is_a_duplicate_and_its_claims_are_repeats(db):
    matcher = Matcher(db)
    first = of(Article, matcher.process(clean("a", FLOOD), 0, 0))[0]
    copy = matcher.process(clean("b", FLOOD.replace("killed", "KILLED "), source="Reprint"), 0, 1)
    article = of(Article, copy)[0]
    assert article.duplicate_of == first.clean.article_id
    assert article.origin == "Paper"
    assert {s.verdict for s in of(Sighting, copy)} == {Verdict.REPEAT}


def test_a_redelivered_revision_gets_the_same_answer_and_nothing_else_is_said(db):
    matcher = Matcher(db)
    first = matcher.process(clean("a", FLOOD), 0, 0)
    again = matcher.process(clean("a", FLOOD), 0, 7)
    assert again == [of(Article, first)[0]]


def test_what_has_left_the_window_is_not_decided_again_when_it_is_redelivered(db):
    matcher = Matcher(db)
    old = clean("a", FLOOD, published_at=NOW - timedelta(days=90))
    decided = of(Article, matcher.process(old, 0, 0))
    matcher.process(clean("b", STRIKE), 0, 1)
    assert matcher.process(old, 0, 2) == decided
    # A new revision of it meets nothing of what fell out.
    (later,) = of(Article, matcher.process(clean("a", FLOOD, revision_id="later"), 0, 3))
    assert (later.revision, later.duplicate_of) == (1, None)


def test_a_revision_keeps_claims_adds_and_withdraws(db):
    matcher = Matcher(db)
    old = FLOOD + "The mayor of Valdivia said that two schools in the city had been closed on Friday.\n"
    new = FLOOD + "The army sent 200 soldiers to Valdivia on Saturday, the defence ministry said.\n"
    first = matcher.process(clean("a", old), 0, 0)
    later = clean("a", new, revision_id="r2", fetched_at=NOW + timedelta(hours=1))
    second = matcher.process(later, 0, 1)
    article = of(Article, second)[0]
    assert (article.revision, article.story_id) == (2, of(Article, first)[0].story_id)
    kept = {s.claim_id: s for s in of(Sighting, first)}
    withdrawn = [s for s in of(Sighting, second) if s.withdrawn_in]
    assert [w.withdrawn_in for w in withdrawn] == ["r2"] * len(withdrawn)
    assert any("schools" in w.evidence for w in withdrawn)
    for sighting in article.sightings:
        if sighting.claim_id in kept:
            assert sighting.verdict is kept[sighting.claim_id].verdict
    counted = {c.cluster_id: c.sightings for c in of(Cluster, first)}
    for cluster in of(Cluster, second):
        assert cluster.sightings > counted.get(cluster.cluster_id, 0)
    assert of(Story, second) == []


def test_denial_is_a_contradiction_and_taking_back_a_retraction(db):
    matcher = Matcher(db)
    said = "Company opened dam gates\nThe power company Energia opened the gates of its dam on Saturday night, mayor Elena Quiroga said.\n"
    denied = "Company denies opening gates\nThe power company Energia did not open the gates of its dam on Saturday night, director Raul Montt said.\n"
    matcher.process(clean("a", said), 0, 0)
    verdicts = {s.verdict for s in of(Sighting, matcher.process(clean("b", denied), 0, 1))}
    assert Verdict.CONTRADICTION in verdicts
    admitted = "Company admits opening gates\nThe director of Energia, Raul Montt, admitted that the power company Energia opened the gates of its dam on Saturday night.\n"
    verdicts = {s.verdict for s in of(Sighting, matcher.process(clean("c", admitted), 0, 2))}
    assert Verdict.RETRACTION in verdicts


def test_a_denial_that_only_points_contradicts_what_it_points_to(db):
    text = (
        "Strike at Nordstal\nThe union said on Friday that 4,100 workers had joined the strike in Gavle.\n"
        "Nordstal disputed the figure.\nThe mayor accused a contractor of bribing two officials.\n"
        "The contractor denied that.\n"
    )
    found = of(Sighting, Matcher(db).process(clean("a", text), 0, 0))
    by_words = {s.evidence: s for s in found}
    counted = next(s for s in found if any(q.value == 4100 for q in s.claim.quantities))
    disputed, denied = by_words["Nordstal disputed the figure"], by_words["The contractor denied that"]
    assert (disputed.cluster_id, disputed.verdict) == (counted.cluster_id, Verdict.CONTRADICTION)
    assert disputed.claim.refers_to == counted.claim_id
    assert (denied.claim.event_type, denied.claim.modality, denied.verdict) == (
        "ACCUSE", "denied", Verdict.CONTRADICTION,
    )  # fmt: skip


def test_a_denial_right_after_an_accusation_disputes_it(db):
    text = (
        "Strike in Norrby\nUnion leader Anna Holm accused the police of beating peaceful workers.\n"
        "The police denied that any striker had been beaten.\n"
        "Mayor Karl Berg accused the company Nordkraft of hiding a leak.\n"
        "Nordkraft denied that it would close the plant next year.\n"
    )
    found = {s.evidence: s for s in of(Sighting, Matcher(db).process(clean("a", text), 0, 0))}
    beaten, closed = found["any striker had been beaten"], found["it would close the plant next year"]
    (change,) = beaten.changes
    assert (change.kind, change.old_claimant, change.new_claimant) == ("dispute", ("Anna Holm",), ("police",))
    assert (closed.verdict, closed.changes) == (Verdict.NEW, ())


def test_old_material_never_meets_the_live_window(db):
    matcher = Matcher(db)
    live = of(Article, matcher.process(clean("a", FLOOD), 0, 0))[0]
    old = of(Article, matcher.process(clean("b", FLOOD_NINE, lane="2021-03", backfill=True), 0, 1))[0]
    assert live.story_id != old.story_id


def test_the_window_is_bounded_and_what_falls_out_is_gone(db):
    matcher = Matcher(db, Limits(days=3, stories=10, articles=10))
    matcher.process(clean("a", FLOOD), 0, 0)
    later = NOW + timedelta(days=10)
    new = matcher.process(clean("b", STRIKE, published_at=later, first_seen_at=later, fetched_at=later), 0, 1)
    assert db.execute("SELECT count(*) FROM match_stories").fetchone()[0] == 1
    assert db.execute("SELECT count(DISTINCT story_id) FROM match_clusters").fetchone()[0] == 1
    assert of(Story, new)[0].articles == 1


def many():
    for n in range(12):
        text = (FLOOD, FLOOD_NINE, STRIKE)[n % 3].replace("3,000", f"{3000 + n},000"[:5])
        yield clean(f"p{n}", text, source=f"S{n % 4}", fetched_at=NOW + timedelta(minutes=n))


def state(db) -> dict:
    tables = ("match_articles", "match_stories", "match_clusters", "match_scopes")
    return {t: sorted(db.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}


def test_folding_recorded_decisions_gives_the_same_state(db):
    matcher = Matcher(db)
    decisions = [of(Article, matcher.process(c, 0, n))[0] for n, c in enumerate(many())]
    rebuilt = sqlite3.connect(":memory:", isolation_level=None)
    other = Matcher(rebuilt)
    for article in [*decisions, *decisions[:3]]:
        other.apply(article)
    assert state(rebuilt) == state(db)
    rebuilt.close()


def test_the_same_stream_gives_the_same_records_whatever_is_in_memory(db):
    one = [r for n, c in enumerate(many()) for r in Matcher(db).process(c, 0, n)]
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    matcher = Matcher(fresh)
    two = [r for n, c in enumerate(many()) for r in matcher.process(c, 0, n)]
    assert [msgspec.json.encode(r) for r in one] == [msgspec.json.encode(r) for r in two]
    fresh.close()


def test_values_of_a_cluster_are_bounded_and_counted(db):
    matcher = Matcher(db, Limits(cluster_values=3))
    last = []
    for n in range(6):
        text = FLOOD_NINE.replace("nine", str(20 + n))
        last = of(Cluster, matcher.process(clean(f"p{n}", text), 0, n))
    fullest = max(last, key=lambda c: c.dropped_values)
    assert len(fullest.values) == 3
    assert fullest.dropped_values > 0


def test_a_published_cluster_has_its_latest_values_and_no_repetition(db):
    matcher = Matcher(db)
    fullest = None
    for n in range(50):
        text = FLOOD_NINE.replace("nine", str(20 + n)).replace("ministry said", "ministry said again")
        for copy in range(2):
            found = of(Cluster, matcher.process(clean(f"p{n}-{copy}", text, source="Paper"), 0, 2 * n + copy))
            fullest = max([*found, *([fullest] if fullest else [])], key=lambda c: len(c.values))
    seen = published(fullest)
    distinct = list(dict.fromkeys((v.value, v.claimant, v.conflicts) for v in fullest.values))
    assert len(fullest.values) > 2 * PUBLISHED_VALUES
    assert len(distinct) < len(fullest.values)
    assert [(v.value, v.claimant, v.conflicts) for v in seen.values] == distinct[-PUBLISHED_VALUES:]
    assert seen.dropped_values == len(distinct) - PUBLISHED_VALUES
    assert (seen.sightings, seen.version) == (fullest.sightings, fullest.version)
    small = of(Cluster, matcher.process(clean("q", STRIKE), 0, 200))[0]
    assert published(small) is small


def test_other_languages_give_their_headline(db):
    text = "Inondations au Chili\nAu moins quatre personnes sont mortes dans les inondations à Valdivia, a dit le ministère.\n"
    article = clean("fr", text, language="fr")
    assert [article.text[c.start : c.end] for c in article.claims] == ["Inondations au Chili"]
    records = Matcher(db).process(article, 0, 0)
    assert [s.verdict for s in of(Sighting, records)] == [Verdict.NEW]


def test_unreadable_messages_name_what_is_wrong():
    from claimwire.errors import ContractError

    with pytest.raises(ContractError, match="RawArticle"):
        analyse(Message("articles.raw", "k", b"{}"))


WIRE = (
    "Rebels take airport of Marka\n"
    "MOGADISHU (Reuters) - Rebels took control of the airport of Marka on Friday after a night of heavy fighting, officials said.\n"
    "At least 40 soldiers were killed and the runway was damaged by shells, a doctor at the hospital of the town said.\n"
    "The government denied that the airport had fallen and said reinforcements were on their way from the capital.\n"
    "Residents fled to the beach with what they could carry, and boats took some of them north along the coast.\n"
)
REPRINT = "Airport falls\n" + WIRE.split("\n", 1)[1].replace("(Reuters) - ", "") + "Follow us for more.\n"
OWN_WORDS = (
    "Fighters hold the airport of Marka\n"
    "Our correspondent saw fighters on the runway of Marka airport on Saturday morning, and no soldier anywhere.\n"
    "A surgeon said that at least 52 soldiers were killed in the night before, more than he had ever seen.\n"
    "The ministry of defence did not answer the telephone all day, and the road to the town was empty.\n"
)


def test_a_copy_has_the_origin_of_what_it_copies_and_corroborates_nothing(db):
    matcher = Matcher(db)
    first = of(Article, matcher.process(clean("a", WIRE), 0, 0))[0]
    assert (first.origin, first.copy_of) == ("Reuters", None)
    copied = matcher.process(clean("b", REPRINT, source="Local"), 0, 1)
    article = of(Article, copied)[0]
    assert (article.origin, article.copy_of, article.duplicate_of) == ("Reuters", first.clean.article_id, None)
    assert {s.verdict for s in of(Sighting, copied) if s.evidence != "Airport falls"} == {Verdict.REPEAT}
    assert all(c.origins == ("Reuters",) for c in of(Cluster, copied))
    own = matcher.process(clean("c", OWN_WORDS, source="Own"), 0, 2)
    article = of(Article, own)[0]
    assert (article.origin, article.copy_of) == ("Own", None)
    assert any(c.origins == ("Reuters", "Own") for c in of(Cluster, own))


def test_the_time_line_of_values_marks_conflicts(db):
    matcher = Matcher(db)
    records = [
        r for n, t in enumerate((FLOOD, FLOOD_NINE)) for r in matcher.process(clean(str(n), t, source=str(n)), 0, n)
    ]
    cluster = max(of(Cluster, records), key=lambda c: len(c.values))
    series = [(v.value, v.unit, v.role, v.claimant, v.origin) for v in cluster.values]
    ministry = ("Chile Ministry of Interior",)
    assert (4.0, "person", "killed", ministry, "0") in series
    assert (9.0, "person", "killed", ministry, "1") in series
    assert not any(v.conflicts for v in cluster.values)
    assert all(v.as_of for v in cluster.values)
    rival = FLOOD_NINE.replace("the Chilean interior ministry", "the Red Cross").replace("nine", "six")
    later = of(Cluster, matcher.process(clean("r", rival, source="Rival"), 0, 2))
    assert any(v.value == 6 and v.conflicts for c in later for v in c.values)


def test_a_revision_says_which_facts_changed(db):
    matcher = Matcher(db)
    matcher.process(clean("a", FLOOD), 0, 0)
    later = clean("a", FLOOD.replace("four", "seven"), revision_id="r-2", fetched_at=NOW + timedelta(hours=2))
    article = of(Article, matcher.process(later, 0, 1))[0]
    assert article.revision == 2
    assert ("killed", "4", "7") in {(c.role, c.old, c.new) for c in article.changes}


def test_a_page_that_is_gone_keeps_its_words_and_marks_its_claims(db):
    matcher = Matcher(db)
    before = of(Article, matcher.process(clean("a", FLOOD), 0, 0))[0]
    gone = clean("a", "", revision_id="gone", fetched_at=NOW + timedelta(days=1), withdrawn=True)
    article, *sightings = matcher.process(gone, 0, 1)
    assert (article.clean.text, article.clean.withdrawn_at) == (before.clean.text, gone.fetched_at)
    assert (article.revision, article.story_id) == (2, before.story_id)
    assert [s.withdrawn_in for s in sightings] == ["gone"] * len(before.sightings)
    assert sightings
    again = sqlite3.connect(":memory:", isolation_level=None)
    rebuilt = Matcher(again)
    rebuilt.apply(before)
    rebuilt.apply(article)
    assert rebuilt.process(gone, 0, 1) == [article]
    back = of(Sighting, matcher.process(clean("a", FLOOD, revision_id="r3", fetched_at=NOW + timedelta(days=2)), 0, 2))
    assert [s.withdrawn_in for s in back] == [None] * len(before.sightings)
    again.close()


def test_an_event_type_of_a_newer_version_is_compared_with_nothing_but_itself():
    """A cluster of a rolling upgrade may have a type that this process does not know."""
    assert related("TAKEOVER") == frozenset()
    assert EventType.CASUALTY in related("ASSAULT")
