"""Event type by the head of the clause, senses of event words, and modality."""

import pytest

from claimwire.records.vocabulary import EventType
from processors.claims.events.modality import Wording, meanings, wordings
from processors.claims.events.senses import Sense, meant, senses
from processors.claims.events.types import triggers_of
from processors.claims.syntax.tagger import tokens_of
from tests.processors.test_claims import claims, one

FOLLOWS = "\nThe weather was mild and nothing else of any importance happened in the town."


def types_in(text: str, words: frozenset[str]) -> set[EventType]:
    """Return the type that the first of `words` in a text stands for, where its own type is one that no sense has."""
    tokens = tokens_of(text, 0, len(text))
    found = [t for t in triggers_of(tokens, 0, len(tokens) - 1) if t.form in words]
    return {meant(t.form, EventType.COOPERATE, tokens, t.first, t.last) for t in found[:1]}


@pytest.mark.parametrize("sense", senses(), ids=lambda s: s.id)
def test_a_sense_holds_in_its_example_and_not_in_its_counter_example(sense: Sense):
    assert types_in(sense.example, sense.words) == {sense.means}
    assert sense.pattern.search(sense.counter) is None


@pytest.mark.parametrize(
    ("sentence", "event_type"),
    [
        ("A flood of applications reached the town hall on Monday.", "SITUATION"),
        ("A flood destroyed nine houses in the valley on Monday.", "DISASTER"),
        ("The visitors settled for a draw in Ghent on Saturday.", "SITUATION"),
        ("The two firms settled the dispute in Ghent on Saturday.", "AGREE"),
        ("The former treasurer pleaded not guilty to theft in Cork on Monday.", "LEGAL"),
        ("The barracks by the canal will be turned into flats, the council said.", "SITUATION"),
        ("The final map shows 8,150 hectares burned in the fire.", "DAMAGE"),
        ("A fire at a tannery in Cork injured nine workers on Monday.", "DISASTER"),
        ("A survey of Monday gives the Greens 31.4 percent of the vote in Cork.", "ELECTION"),
        ("Three of the clerks had been shot from a van, police said.", "ASSAULT"),
        ("Nine families were taken away from the old mine.", "SITUATION"),
        ("The envoy expressed her hope for a longer bridge in Cork.", "REQUEST"),
        ("The cook likes the new kitchen and the tall windows, Anna Berg said.", "STATEMENT"),
        ("The mayor condemned the attack on the mill on Monday.", "ACCUSE"),
        ("The old mill should be kept, Anna Berg said.", "REQUEST"),
        ("The railway dismissed 90 drivers on Monday.", "SANCTION"),
        ("The cook had gone to the harbour and the two villages, Anna Berg said.", "SITUATION"),
    ],
)
def test_the_word_that_heads_the_clause_decides_the_type(sentence, event_type):
    assert one(sentence).event_type == event_type


@pytest.mark.parametrize(
    ("sentence", "modality"),
    [
        ("Not all the bridges were closed, the mayor said.", "denied"),
        ("None of the guards were hurt in the blast, police said.", "denied"),
        ("Neither of the guards was hurt in the blast, police said.", "denied"),
        ("Nobody was hurt in the blast, police said.", "denied"),
        ("The rebels failed to take the town on Monday, the army said.", "denied"),
        ("The mayor would not confirm that the bridge had been closed.", "uncertain"),
        ("The former treasurer pleaded not guilty to theft in Cork on Monday.", "denied"),
        ("The council has yet to close the bridge over the Lee.", "denied"),
        ("A strike at the port is possible, the union said.", "uncertain"),
        ("The buses can carry 90 passengers to the stadium, the mayor said.", "asserted"),
        ("No doubt the closure of the bridge hurt the shops, the mayor said.", "asserted"),
        ("“He never showed the papers to the court,” Anna Berg said.", "denied"),
        ("“We’ll close the bridge,” the mayor said.", "planned"),
        ("Two bands to play at the harbour festival in Cork", "planned"),
        ("The divers had no choice but to close the bridge, the mayor said.", "asserted"),
        ("The point of the strike at the port is to warn the owners, the union said.", "asserted"),
        ("Floods possible in the valleys around Cork on Monday", "uncertain"),
        ("It is likely that the council will close the bridge over the Lee.", "planned"),
        ("Some owners fear that the bridge over the Lee will be closed.", "uncertain"),
        ("The union hoped that the port would be opened again.", "requested"),
        ("The bank expects prices of houses in Cork to fall.", "planned"),
        ("The cause of the fire in the mill could not be established, police said.", "uncertain"),
        ("Nine crates of shells could not be found, police said.", "asserted"),
        ("“We will not sell the mill,” the owner said.", "planned"),
        ("The mill should not be sold, the union said.", "requested"),
        ("The railway dismissed 90 drivers on Monday.", "asserted"),
        ("The museum has studied how the tram would change the harbour.", "asserted"),
        ("The museum had planned to close the harbour hall.", "asserted"),
        ("The cook may not have seen the fire, police said.", "uncertain"),
        ("We will ask the court in Cork for help, the owner said.", "planned"),
    ],
)
def test_modality_keeps_the_negation_and_the_future(sentence, modality):
    assert one(sentence).modality == modality


@pytest.mark.parametrize("wording", wordings(), ids=lambda w: w.id)
def test_a_wording_of_modality_holds_in_its_example_and_not_in_its_counter_example(wording: Wording):
    assert wording.means in meanings({wording.of: wording.example})
    assert wording.pattern.search(wording.counter) is None


def test_the_span_keeps_the_not_that_decides():
    _, found = claims(f"Not all the bridges were closed, the mayor said.{FOLLOWS}")
    assert found[0][1] == "Not all the bridges were closed"


def test_clauses_of_one_view_are_one_claim_and_a_reporting_verb_alone_is_none():
    _, found = claims(f"“The sea is wide, and the old boats are slow,” Anna Berg said.{FOLLOWS}")
    assert [words for _, words in found] == ["The sea is wide, and the old boats are slow"]
    _, found = claims(f"“The boats sank, and the owner has left the harbour,” Anna Berg said.{FOLLOWS}")
    assert len(found) == 2
    _, found = claims(f"The clerk who reported the theft said.{FOLLOWS}")
    assert not found


def test_what_somebody_with_a_name_does_is_a_claim_without_an_event_word():
    _, found = claims(f"Anna Berg moved her office to Cork. The office was old.{FOLLOWS}")
    assert [words for _, words in found] == ["Anna Berg moved her office to Cork"]
    _, found = claims(f"Anna Berg likes the walls of her office. The office is old.{FOLLOWS}")
    assert not found


def test_a_long_sentence_of_what_something_does_is_a_claim_without_an_event_word():
    sentence = "The harbour painter sews the sails of his old ship models in a shed by the pier"
    _, found = claims(f"{sentence}.{FOLLOWS}")
    assert [words for _, words in found] == [sentence]
    for other in ("The harbour painter sews his sails.", f"It {sentence.split(maxsplit=3)[3]}."):
        _, found = claims(f"{other}{FOLLOWS}")
        assert not found
    named = "It is by far the dampest and darkest corner of Lower Harlow"
    assert [words for _, words in claims(f"{named}.{FOLLOWS}")[1]] == [named]


def test_what_follows_a_colon_says_more_of_the_same_event():
    sentence = "A second boat sank on Monday: the Marlin, a trawler, capsized off Cork"
    assert [words for _, words in claims(f"{sentence}.{FOLLOWS}")[1]] == [sentence]


@pytest.mark.parametrize("words", ["“Let’s paint the boats together,”", "“Just bring the oars along,”"])
def test_a_few_words_without_a_subject_are_no_claim(words):
    assert not claims(f"{words} Anna Berg said.{FOLLOWS}")[1]


def test_a_sentence_of_some_length_is_not_cut_where_it_ends():
    sentence = "The two skippers lost the race because they rammed each other"
    assert sentence in [words for _, words in claims(f"{sentence}.{FOLLOWS}")[1]]


@pytest.mark.parametrize(
    "sentence",
    [
        "Asked at a press call whether she would resign over the fraud, Anna Berg left the court.",
        "Should the court convict the mayor, the council will meet.",
        "If the court convicts the mayor, the council will meet.",
    ],
)
def test_a_frame_or_a_condition_alone_is_no_claim(sentence):
    _, found = claims(f"{sentence}{FOLLOWS}")
    assert not any(words.rstrip(",") == sentence.split(",")[0] for _, words in found)
