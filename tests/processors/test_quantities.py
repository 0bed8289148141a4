"""Numbers by their words: roles, labels and currencies are data, each row with an example and a counter-example."""

import pytest

from processors.claims.events.labels import labels
from processors.claims.events.quantities import quantities_of
from processors.claims.events.role_words import role_words
from processors.claims.lexicon import currencies
from processors.claims.syntax.figures import number_value
from processors.claims.syntax.tagger import tokens_of


def counted(text: str) -> list[tuple[float, str, str]]:
    tokens = tokens_of(text, 0, len(text))
    return [(n.quantity.value, n.quantity.unit, n.quantity.role) for n in quantities_of(tokens, 0, len(tokens) - 1)]


@pytest.mark.parametrize("word", role_words(), ids=lambda w: f"{w.role}/{w.at}/{w.of}")
def test_a_role_word_gives_its_role_to_its_example_and_not_to_its_counter_example(word):
    assert word.role in [role for _, _, role in counted(word.example)]
    assert word.role not in [role for _, _, role in counted(word.counter)]


@pytest.mark.parametrize("label", labels(), ids=lambda label: label.id)
def test_a_label_leaves_its_example_out_and_counts_its_counter_example(label):
    assert not counted(label.example)
    assert counted(label.counter)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The council paid R3.2bn to the board", [(3.2e9, "rand", "money")]),
        ("It could lead for the owner to a prison term of up to six years", [(6, "year", "duration")]),
        ("The fine was N250m", [(2.5e8, "naira", "money")]),
        ("Each family paid Rs 18 lakh", [(1.8e6, "rupee", "money")]),
        ("The pier cost RM1.2 million", [(1.2e6, "ringgit", "money")]),
        ("They raised A$5m", [(5e6, "aud", "money")]),
        ("The $40-million bridge is open", [(4e7, "usd", "money")]),
        ("The $90M bridge is open", [(9e7, "usd", "money")]),
        ("It made CHF 40,000 and 500 kr", [(40000, "franc", "money"), (500, "krona", "money")]),
        ("It lost 12,9 Mrd euro", [(12.9e9, "eur", "money")]),
        ("The R10 000 fine stands", [(10000, "rand", "money")]),
        ("An 18.4 billion euro merger was agreed", [(1.84e10, "eur", "money")]),
        ("They wore N95 masks on the R2-D2 float", []),
        ("Rates fell to 1.786% from 1.808%", [(1.786, "percent", "other"), (1.808, "percent", "other")]),
        ("Sales closed 0.68% higher", [(0.68, "percent", "other")]),
        ("The 30m vessel sank", [(30, "metre", "other")]),
        ("A 12,000-seat arena opened", []),
        ("The jet carries 180 to 220 passengers", [(180, "person", "other")]),
        ("Hundreds of guests came, several dozen on foot", []),
        ("They won 6-2 6-3 and then 3-1", []),
        ("The 2016 elections were free", []),
        ("The deficit is 377 millions of dollars", [(3.77e8, "usd", "money")]),
        ("Nine victims were hit and shot", [(9, "person", "other")]),
        ("The clinic took on 300 nurses, another 120 later", [(300, "worker", "other"), (120, "worker", "other")]),
        ("Two of the 14 climbers were injured, both badly", [(2, "person", "injured"), (14, "person", "other")]),
        ("At least 106 marchers in 21 towns have been killed", [(106, "protester", "killed"), (21, "city", "other")]),
        ("It destroyed 12 tanks and 3 drones", [(12, "tank", "destroyed"), (3, "drone", "destroyed")]),
        ("Fourteen people, including three children, were killed", [(14, "person", "killed"), (3, "person", "killed")]),
        ("The party stands at 31.4 percent in the poll", [(31.4, "percent", "votes")]),
        ("All but four of the strikers have been released", [(4, "worker", "other")]),
        ("The clinic counted 3,240 cases, including 58 deaths", [(3240, "case", "infected"), (58, "person", "killed")]),
        ("It could mean a prison term of five years", [(5, "year", "duration")]),
        ("The trial ended with a prison term of five years", [(5, "year", "sentenced")]),
        ("Twelve pupils had attended a public school", [(12, "person", "other")]),
        ("12 houses collapsed and 30 were damaged", [(12, "house", "damaged"), (30, "house", "damaged")]),
        ("The mill has an output of around 8.69 GW", [(8.69, "gigawatt", "other")]),
        ("They run dams of 30-600 MW", [(30, "megawatt", "other")]),
        ("Five of the 10 Democrats sit there until the House holds a vote", [(5, "person", "other"), (10, "person", "other")]),
        ("The port hired 400 in March", [(400, "person", "other")]),
        ("The boat had sailors, seven of whom drowned", [(7, "person", "killed")]),
        ("Four people were shot, two of them fatally", [(4, "person", "other"), (2, "person", "killed")]),
        ("Six guards were fatally shot", [(6, "person", "killed")]),
        ("Three boys were stabbed and killed in the square", [(3, "person", "killed")]),
        ("Twenty-one men aged 18 to 35 were arrested", [(21, "person", "arrested")]),
        ("Three children aged between four and nine were killed", [(3, "person", "killed")]),
        ("Fourteen in hospital, four of them in critical condition", [(14, "person", "injured"), (4, "person", "critical")]),
        ("Three of the dead were shot from a bridge", [(3, "person", "killed")]),
        ("The town paid nearly half a million dollars and half a dozen boats", [(500_000, "usd", "money"), (6, "boat", "other")]),
        ("He was accused by a nurse and then by another one after a visit", []),
        ("They found 5,200 pounds of rice and a 40-pound bag", [(5200, "pound_weight", "other")]),
        ("COP 30 opens with 12 speeches", [(12, "speech", "other")]),
        ("Prosecutors released 41 of the detained", [(41, "person", "released")]),
        ("One learns to like it", []),
        ("The thieves took 14 ballot boxes", [(14, "box", "other")]),
        ("The clinic moved to 12 Baker Street and 40 Hill Road", []),
        ("A man of 41 and Ana Lima, 37, were aged 12 and 14 in Grade 9", []),
        ("Two of the 14 injured remain in intensive care", [(2, "person", "critical"), (14, "person", "injured")]),
        ("A bomber killed himself and 17 worshippers", [(17, "person", "killed")]),
        ("Of the 38 people on board, 32 survived", [(38, "person", "other"), (32, "person", "other")]),
        ("Police said 6 men aged 19 to 32 were arrested", [(6, "person", "arrested")]),
        ("The ministry said 41 had been killed and 90 wounded", [(41, "person", "killed"), (90, "person", "injured")]),
        ("A dozen people remain trapped", [(12, "person", "affected")]),
        ("The number of people killed rose to 41", [(41, "person", "killed")]),
        ("The yard has 16.6 million bricks", [(16_600_000, "brick", "other")]),
    ],
)  # fmt: skip
def test_numbers_by_their_words(text, expected):
    assert counted(text) == expected


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("between $5m and $7m", 5e6, 7e6, "usd"),
        ("$5 to $7 million", 5e6, 7e6, "usd"),
        ("€5-7 million", 5e6, 7e6, "eur"),
        ("180 to 220 passengers", 180, 220, "person"),
        ("from 30-60 villages", 30, 60, "village"),
    ],
)
def test_ranges(text, low, high, unit):
    tokens = tokens_of(text, 0, len(text))
    quantity = quantities_of(tokens, 0, len(tokens) - 1)[0].quantity
    assert (quantity.value, quantity.value_max, quantity.unit) == (low, high, unit)


def test_from_one_value_to_another_is_no_range():
    assert [value for value, _, _ in counted("The limit rose from $154,000 to $220,000")] == [154000, 220000]


@pytest.mark.parametrize(
    ("words", "value"), [("1,20,000", 120_000), ("7.400", 7400), ("12,9", 12.9), ("1.5 million", 1.5e6)]
)
def test_separators(words, value):
    assert number_value(words) == value


def test_signs_of_currencies_are_of_one_currency_only():
    signs = [sign for own, _ in currencies().values() for sign in own]
    assert len(signs) == len(set(signs))
