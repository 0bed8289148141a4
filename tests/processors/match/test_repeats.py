"""Repeats in other words: a number is known in its role, also as an ordinal, and a country does not differ from a place in it."""

import sqlite3
from typing import Any

import pytest

from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import Verdict
from processors.match.cluster_state import ClusterState, nearest_cluster
from processors.match.clusters import Features, features_of
from processors.match.matcher import Matcher
from processors.match.verdicts.statements import Statement, scene_of, statement_of
from tests.processors.match.articles import cleaned, sightings_of

FIRST = "Cholera in Port Ardan\nThe health office of Port Ardan reported its third case of cholera on Sunday.\n"


def verdict_after(first: str, second: str) -> Verdict:
    """The verdict of the last claim of the second article."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    matcher = Matcher(connection)
    found: tuple[Sighting, ...] = ()
    for number, text in enumerate((first, second)):
        found = sightings_of(matcher, cleaned(f"a{number}", text, number, source=f"S{number}"), number)
    connection.close()
    return max(found, key=lambda sighting: sighting.claim.start).verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Three cases of cholera have been reported in Port Ardan.", Verdict.REPEAT),
        ("Four cases of cholera have been reported in Port Ardan.", Verdict.NEW),
        ("Three people have died of cholera in Port Ardan.", Verdict.NEW),
    ],
)
def test_a_number_is_known_in_its_role_only(text, verdict):
    assert verdict_after(FIRST, f"Cholera in Port Ardan\n{text}\n") is verdict


@pytest.mark.parametrize(("place", "verdict"), [("Kenya", Verdict.REPEAT), ("Peru", Verdict.NEW)])
def test_a_country_does_not_differ_from_a_place_in_it(place, verdict):
    floods = (
        "Cholera spreads after the floods\nThe Elgon Relief Society of Dora Wanjala handed out purification tablets.\n"
    )
    first = f"{floods}The third case of cholera was reported in Mombasa.\n"
    second = f"{floods}Three cases of cholera have been reported in {place}.\n"
    assert verdict_after(first, second) is verdict


def toll(dead: str, hours: float) -> tuple[Features, Statement]:
    """Features and statement of the last claim of an article on the dead of a fire."""
    text = f"Fire at Porto Salvo market\nThe fire at the market of Porto Salvo killed {dead} people, the fire brigade said.\n"
    clean = cleaned(f"toll-{dead}", text, hours)
    claim = max(clean.claims, key=lambda c: c.start)
    evidence = clean.text[claim.start : claim.end]
    features = features_of(claim, evidence, "en")
    return features, statement_of(claim, evidence, features, clean, dead, scene_of(clean))


def test_a_toll_joins_the_cluster_with_most_tolls_that_it_can_be_compared_with() -> None:
    features, mine = toll("twelve", 9)
    many, one = [toll("three", 1)[1], toll("five", 2)[1]], [toll("seven", 3)[1]]
    snapshot: Any = None
    states = {"many": ClusterState(snapshot, [], "", many), "one": ClusterState(snapshot, [], "", one)}
    assert nearest_cluster(features, mine, states)[0] == "many"
