"""A fall of any score under the committed table fails; a rise is written with `make quality`."""

import json

import pytest

from tests.quality import labelled, pages, scores

pytestmark = pytest.mark.shared
BASELINE = json.loads(scores.TABLES.read_text("utf-8"))
# Counts that are no scores.
NOT_SCORES = {"stories", "shared", "told_changes", "told_per_document"}
MOST_REPORTED, MOST_PRESS_CHANGES = 8, 4
TOLERANCE = 0.0015
LEAST_SHARED = 12
LEAST_RECALL, LEAST_PRECISION = 0.95, 0.99


def compare(name: str, found: dict[str, float]) -> None:
    expected = BASELINE[name]
    assert found.keys() == expected.keys()
    fallen = {
        k: (expected[k], found[k]) for k in expected if k not in NOT_SCORES and found[k] < expected[k] - TOLERANCE
    }
    assert not fallen, f"{name} fell (before, now): {fallen}"


@pytest.mark.parametrize("name", scores.CLAIM_SETS)
def test_claims(name):
    compare(f"claims/{name}", scores.claim_scores(name))


def test_what_a_reader_gets_of_real_articles():
    found = scores.claim_scores("press")
    assert found["told_per_document"] <= MOST_REPORTED
    assert found["told_changes"] <= MOST_PRESS_CHANGES


def test_claims_of_our_own_reports():
    compare("claims/own", scores.claim_scores("own"))


def test_copies():
    found = scores.copy_scores()
    assert found["recall"] >= LEAST_RECALL
    assert found["precision"] >= LEAST_PRECISION
    compare("copies/dev", found)


@pytest.mark.parametrize("name", labelled.PAGE_SETS)
def test_pages(name):
    compare(f"pages/{name}", pages.page_scores(name))


def test_pages_by_language():
    compare("pages/languages", pages.language_scores())


def test_lines():
    found = scores.cleaning_scores()
    assert found["recall_seen"] >= LEAST_RECALL
    assert found["precision"] >= LEAST_PRECISION
    assert found["lines_untouched"] == found["second_pass_same"] == 1.0
    compare("cleaning/lines", found)


def test_stories():
    compare("stories/dev", scores.story_scores())


def test_the_claims_that_both_seeds_make_are_told_once():
    found = scores.claim_scores("seeds")
    assert found["shared_told_once"] >= LEAST_SHARED
    assert found["stories"] == 1
