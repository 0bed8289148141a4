"""Places: regions, modifiers and teams; a government's capital is no place."""

from datetime import date

import pytest

from claimwire.records.articles import Block
from claimwire.records.vocabulary import BlockType
from processors.claims import claims_of
from processors.claims.lexicon import countries
from processors.claims.mentions import gazetteer

THURSDAY = date(2026, 11, 19)


def places(text: str) -> set[str]:
    block = Block(type=BlockType.PARAGRAPH, start=0, end=len(text))
    return {place for c in claims_of("a", text, [block], THURSDAY) for place in c.places}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A fire in Nova Scotia destroyed 12 houses on Monday.", {"Nova Scotia"}),
        ("Storms killed nine people in Oregon and Idaho on Monday.", {"Oregon", "Idaho"}),
        ("Three miners were killed in a Peru mine collapse on Monday.", {"Peru"}),
        ("Hamburg police arrested five men on Monday.", {"Hamburg"}),
        ("Some 2,000 people were arrested in the US on Monday.", {"United States"}),
        ("Chad has suffered floods that killed 40 people.", {"Chad"}),
        ("The army flew 40 prisoners to Qatar on Monday.", {"Qatar"}),
        ("A fire in London, Ontario, killed 12 people on Monday.", {"London, Ontario"}),
        ("Nine men were held at Hallmoor prison in London on Monday.", {"Hallmoor prison", "London"}),
        ("Nine men were taken to the Dorset County Jail on Monday.", {"Dorset County Jail"}),
        ("Nine men were hurt in the Manchester area on Monday.", {"Manchester"}),
        ("Protesters gathered across multiple UK cities on Monday.", {"United Kingdom"}),
        ("Fires destroyed 40 houses in several French towns on Monday.", {"France"}),
        ("The toll of the Chadian army attacks rose to 40 on Monday.", set()),
        ("Criticism of the minister grew on Twitter on Monday.", set()),
        ("The fund lost 12 million euros in North America on Monday. The United States lost more.", {"North America"}),
        ("A flaw in Tide Browser was exploited in 12 attacks on Monday.", set()),
        ("Norway beat Chad in the Nordic Cup Finals on Monday with 20 shots.", set()),
        ("Nine men died, Taylor Hurst said. A guard shot at Taylor on Monday.", set()),
        ("Moscow said 12 drones were shot down.", set()),
        ("Talks between Paris and Berlin collapsed on Monday.", set()),
        ("Officials in Washington said 12 drones were sent.", set()),
        ("The envoy to Kyiv resigned on Monday.", set()),
        ("Leeds beat Derby on Monday with 20 shots.", set()),
        ("The fund lost 9 million euros, said Jo Lind, an analyst at Miller Roth Securities.", set()),
    ],
)
def test_where_it_happens(text, expected):
    assert places(text) == expected


def test_the_state_is_a_region_and_the_city_none():
    text = "The mayor of Tulsa spoke in Tulsa of Oklahoma. Police in the state arrested 12 men. Fires in the city killed 9 people."
    found = claims_of("a", text, [Block(type=BlockType.PARAGRAPH, start=0, end=len(text))], THURSDAY)
    named = {int(q.value): c.places for c in found for q in c.quantities}
    assert named == {12: ("Oklahoma",), 9: ("Tulsa",)}


def test_a_namesake_is_not_of_the_country_of_the_capital():
    text = "A fire in London, Ontario, killed 12 people. The interior ministry sent help."
    found = claims_of("a", text, [Block(type=BlockType.PARAGRAPH, start=0, end=len(text))], THURSDAY)
    assert all("United Kingdom" not in name for c in found for name in (*c.claimant, *c.actor, *c.places))


def test_regions_are_of_known_countries():
    assert {place.country for place in gazetteer.regions().values()} <= set(countries().names.values())


@pytest.mark.parametrize(("name", "country"), [("Palawan", "Saudi Arabia"), ("Van Vieng", "Thailand")])
def test_another_first_consonant_is_another_place(name, country):
    assert gazetteer.resolve(name, frozenset({country})) is None
