"""The claims of an article that are reported: changes first, each thing once, at most a few, with a reason for each."""

import sqlite3

import msgspec
import pytest

from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode
from claimwire.records.sightings import Article
from claimwire.records.vocabulary import REPORTED, ReportReason
from processors.analysis import analyse
from processors.match.matcher import Limits, Matcher
from processors.report.features import ArticleContext, features_of
from processors.report.salience import parts, salience, weights
from processors.report.select import OF_CHANGE, WHY_NOT, candidate
from processors.report.wording import found_in, wordings
from tests.processors.test_verdicts import FIRE
from tests.records import raw_article, raw_message

LONG = FIRE.format("four", "the fire brigade") + "".join(
    f"The mayor of Porto Salvo closed the bridge of Rua {name} on Saturday, the town hall said.\n"
    for name in ("Alta", "Bela", "Clara", "Dourada", "Estreita", "Funda", "Grande", "Herdade", "Ilha", "Jardim")
)


def article_of(text: str, most: int = 8, media_type: str = "text/plain") -> Article:
    clean = decode(analyse(raw_message(raw_article("a", text, media_type=media_type)))[0].value, CleanArticle)
    db = sqlite3.connect(":memory:", isolation_level=None)
    found = next(r for r in Matcher(db, Limits(reports=most)).process(clean, 0, 0) if isinstance(r, Article))
    db.close()
    return found


@pytest.mark.parametrize("most", [1, 3, 8])
def test_at_most_so_many_of_one_article(most):
    found = article_of(LONG, most)
    assert 1 <= sum(s.reported for s in found.sightings) <= most
    assert all(s.reported == (s.reason in REPORTED) for s in found.sightings)
    assert all(s.reason is not None and 0 <= s.salience <= 1 for s in found.sightings)


def test_headline_and_lead_are_one_report():
    found = article_of(
        "Fire kills four at Porto Salvo market\n" + FIRE.format("four", "the fire brigade").split("\n", 1)[1]
    )
    shown = [s for s in found.sightings if s.reported and any(q.value == 4 for q in s.claim.quantities)]
    assert len(shown) == 1
    others = {s.claim_id: s for s in found.sightings if not s.reported}
    assert shown[0].stands_for
    assert {others[i].evidence for i in shown[0].stands_for} >= {"Fire kills four at Porto Salvo market"}
    assert not any(s.stands_for for s in others.values())


def test_every_article_says_its_headline():
    found = article_of("Minister under fire over ferry deal\nThe weather was mild.\n")
    assert found.sightings[0].evidence == "Minister under fire over ferry deal"


@pytest.mark.parametrize(
    ("kind", "is_reported"), [("NewsArticle", True), ("Recipe", False), ("AdvertiserContentArticle", False)]
)
def test_a_page_that_says_it_is_no_report_reports_nothing_new(kind, is_reported):
    title, *lines = LONG.splitlines()
    html = (
        f'<html><head><title>{title}</title><script type="application/ld+json">{{"@type": "{kind}"}}</script></head><body>'
        f"<article><h1>{title}</h1>{''.join(f'<p>{line}</p>' for line in lines)}</article></body></html>"
    )
    found = article_of(html, media_type="text/html")
    assert any(s.reported for s in found.sightings) is is_reported
    assert is_reported or {s.reason for s in found.sightings} <= {
        ReportReason.NOT_NEWS,
        ReportReason.REPEAT,
        ReportReason.FRAGMENT,
    }


def test_a_fragment_is_kept_and_not_reported():
    found = article_of(LONG)
    page = ArticleContext.of(found.clean)
    piece = msgspec.structs.replace(found.sightings[-1], evidence="which it closed")
    assert candidate(0, piece, page).change is None
    assert {s.reason for s in found.sightings} <= set(ReportReason)


def test_the_weights_are_those_of_the_features_and_explain_a_score():
    table, found = weights(), article_of(LONG)
    features = features_of(found.sightings[0].claim, found.sightings[0].evidence, ArticleContext.of(found.clean))
    assert set(features) <= set(table)
    assert set(WHY_NOT) <= set(table)
    assert all(weight.spread > 0 for weight in table.values())
    low, high = salience({"first person": 1.0, "long ago": 1.0}), salience({"the headline": 1.0, "words of harm": 1.0})
    assert low < high
    assert parts({"long ago": 1.0}, table)["long ago"] < 0 < parts({"the headline": 1.0}, table)["the headline"]


@pytest.mark.parametrize("name", wordings())
def test_a_word_pattern_matches_its_example_alone(name):
    words = wordings()[name]
    assert name in found_in(words.example)
    assert name not in found_in(words.counter)
    assert words.has_case or words.pattern.pattern == words.pattern.pattern.lower()


def reported_words(text: str) -> list[str]:
    """Return the evidence of the reported claims of a text."""
    return [s.evidence for s in article_of(text).sightings if s.reported]


def test_the_first_claim_of_the_text_is_the_headline_in_other_words():
    rest = "The town council of Brantholme meets on Thursday, the mayor said.\n"
    same = reported_words(
        f"Brantholme brewery to shut its doors\nThe oldest beer maker of the county will close in May, its owner said.\n{rest}"
    )
    assert len([words for words in same if "brewery" in words or "beer maker" in words]) == 1


def test_a_first_claim_with_a_further_number_is_reported_beside_the_headline():
    found = reported_words(
        "Storm batters the coast at Brantholme\nThree people were killed and 14 injured in the gale on Friday, police said.\n"
        "The harbour of Brantholme will stay closed after the storm, the mayor said.\n"
    )
    assert "Storm batters the coast at Brantholme" in found
    assert [words for words in found if "killed" in words]


def test_a_line_of_the_site_in_the_place_of_the_headline_is_not_reported():
    found = article_of(f"Share it: Postbox · Old Telex\n{LONG.split(chr(10), 1)[1]}")
    assert [s.reason for s in found.sightings if "Telex" in s.evidence and s.reported] == []


def test_every_kind_of_change_has_its_reason():
    assert set(OF_CHANGE.values()) < set(REPORTED)
