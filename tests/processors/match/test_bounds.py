"""Bad input of the matcher: huge stories and numbers, slips of a digit, endless rewriting, copied errors, denied denials."""

import sqlite3
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

import msgspec
import pytest

from claimwire.records.articles import CleanArticle
from claimwire.records.base import encode
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import ChangeKind
from processors.claims.syntax.figures import number_value
from processors.match.clusters import MEMBERS_KEPT
from processors.match.matcher import Matcher
from processors.match.state import Members
from processors.match.verdicts.statements import MOST_STATEMENTS
from processors.match.window import Limits
from tests.processors.match.articles import big_story, changes_of, cleaned, sightings_of

MOST_CLUSTERS = 30
WARM, STEP, COUNT = 60, 20, 160
FIRE = "Fire at Porto Salvo market\nA fire at the covered market of Porto Salvo killed {} people on Friday, {} said.\n"
MAYOR = "Mayor mourns market dead\nMayor Rita Sousa of Porto Salvo said on Friday that {} people were killed in the fire at the covered market.\n"
BRIGADE = "the fire brigade"
WIRE = (
    "Fire at Porto Salvo market\nPORTO SALVO (Reuters) - A fire at the covered market of Porto Salvo killed {} people on Friday, "
    "the fire brigade said. Crews searched the ruins of the hall until the evening. The mayor said that two schools near the "
    "market would stay closed until further notice.\n"
)


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def work_of(matcher: Matcher, articles: Sequence[CleanArticle], first: int) -> int:
    """The function calls that the matcher takes for these articles: as good as its time, and the same in every run."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for number, clean in enumerate(articles, first):
            matcher.process(clean, 0, number)
    finally:
        sys.setprofile(None)
    return calls


def test_a_story_that_grows_and_grows_stays_bounded_and_takes_no_more_work(db):
    articles = list(big_story(COUNT))
    matcher = Matcher(db, Limits(clusters=MOST_CLUSTERS, cluster_values=20))
    parts = [articles[n : n + STEP] for n in range(0, COUNT, STEP)]
    work = [work_of(matcher, part, n * STEP) for n, part in enumerate(parts)]
    assert work[-1] < 1.25 * work[WARM // STEP]
    rows = db.execute("SELECT story_id, members FROM match_clusters").fetchall()
    assert len({story for story, _ in rows}) == 1
    assert len(rows) <= MOST_CLUSTERS
    kept = [msgspec.json.decode(members, type=Members) for _, members in rows]
    assert max(len(m.statements) for m in kept) <= MOST_STATEMENTS
    assert max(len(m.members) for m in kept) <= MEMBERS_KEPT


def test_what_is_said_again_outlives_what_is_not(db):
    matcher = Matcher(db, Limits(clusters=MOST_CLUSTERS))
    said = [s for n, clean in enumerate(big_story(70)) for s in sightings_of(matcher, clean, n)]
    headline = next(s.cluster_id for s in reversed(said) if s.claim.start == 0)
    left = {cluster for (cluster,) in db.execute("SELECT cluster_id FROM match_clusters")}
    assert headline in left
    assert len(left) <= MOST_CLUSTERS < len({s.cluster_id for s in said})


@pytest.mark.parametrize("digits", [17, 300, 400, 5_000])
def test_a_number_without_end_is_no_count_and_breaks_nothing(db, digits):
    huge = "9" * digits
    assert number_value(huge) is None
    matcher = Matcher(db)
    texts = FIRE.format("five", BRIGADE), FIRE.format(huge, BRIGADE), FIRE.format("six", BRIGADE)
    said = [s for n, text in enumerate(texts) for s in sightings_of(matcher, cleaned(f"a{n}", text, n, source=f"S{n}"))]
    assert all(q.value < 10 for s in said for q in s.claim.quantities)
    assert [(c.old, c.new) for s in said for c in s.changes] == [("5", "6")]
    for sighting in said:
        assert msgspec.json.decode(encode(sighting), type=Sighting) == sighting


def test_a_held_value_that_an_independent_origin_confirms_is_the_line(db):
    five, slip, six = (FIRE.format(n, BRIGADE) for n in ("five", "500", "six"))
    assert changes_of(db, five, slip) == []
    assert [c[1:] for c in changes_of(db, five, slip, MAYOR.format("500"))] == [(ChangeKind.UPDATE, "5", "500")]
    assert changes_of(db, five, slip, MAYOR.format("500"), six) == []


def test_an_error_that_one_outlet_copies_from_another_stays_one_origin(db):
    copy = WIRE.format("500").replace("(Reuters) - ", "").replace("until the evening", "until late")
    assert changes_of(db, FIRE.format("five", BRIGADE), WIRE.format("500"), copy) == []
    assert [
        c[2:]
        for c in changes_of(db, FIRE.format("five", BRIGADE), WIRE.format("500"), copy, FIRE.format("six", BRIGADE))
    ] == [("5", "6")]


def test_an_outlet_that_rewrites_one_article_forty_times_is_reported_once(db):
    matcher = Matcher(db)
    tolls = "killed four people", "left four people dead", "claimed four lives", "has killed four people"
    praise = (
        "The mayor thanked the crews.",
        "Mayor Rita Sousa praised firefighters.",
        "Rita Sousa, the mayor, commended all crews.",
    )
    asked = (
        "Traders asked for 3 million euros in aid.",
        "The traders' union demanded 3 million euros.",
        "Aid of 3 million euros was requested by traders.",
    )
    before: set[str] = set()
    reports, changes = [], []
    for n in range(40):
        text = f"Fire at Porto Salvo market\nA fire at the covered market of Porto Salvo {tolls[n % 4]} on Friday, police said.\n{praise[n % 3]}\n{asked[n // 3 % 3]}\n"
        said = sightings_of(matcher, cleaned("same", text, n, revision_id=f"r{n}"), n)
        fresh = [s for s in said if s.claim_id not in before]
        reports += [s.evidence for s in fresh if s.reported]
        changes += [c for s in fresh for c in s.changes]
        before = {s.claim_id for s in said}
    assert changes == []
    assert 1 <= len(reports) <= Limits().reports
    statements = [
        msgspec.json.decode(m, type=Members).statements for (m,) in db.execute("SELECT members FROM match_clusters")
    ]
    assert max(map(len, statements)) <= MOST_STATEMENTS


@pytest.mark.parametrize(
    "again",
    [
        "A spokesman of Marsul denied that the company had denied paying bribes to officials of Vila Longa.",
        "Marsul denied that it had denied paying bribes to officials of Vila Longa.",
        "Prosecutors denied that Marsul had denied paying bribes to officials of Vila Longa.",
        "Marsul did not deny paying bribes to officials of Vila Longa.",
    ],
)
def test_a_denial_of_a_denial_disputes_and_takes_back_nothing(db, again):
    charge = "Prosecutors on Marsul\nThe company Marsul paid bribes to officials of Vila Longa, prosecutors said on Friday.\n"
    denial = "Marsul on the charges\nMarsul denied paying bribes to officials of Vila Longa.\n"
    assert [c[1] for c in changes_of(db, charge, denial)] == [ChangeKind.DISPUTE]
    assert changes_of(db, charge, denial, f"More on Marsul\n{again}\n") == []
    assert changes_of(db, charge, f"More on Marsul\n{again}\n") == []
