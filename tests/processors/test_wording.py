"""Claimants in the words of the text: never a name that the article does not have."""

import pytest

from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode
from processors.analysis import analyse
from tests.records import raw_article, raw_message


def claimants(text: str) -> set[str]:
    """The claimants of a text in its own words."""
    clean = decode(analyse(raw_message(raw_article("w", text)))[0].value, CleanArticle)
    return {claim.claimant_text for claim in clean.claims}


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("The interior ministry said that nine people were killed in the landslide.", "interior ministry"),
        ("Nine people were killed in the landslide, the fire brigade said.", "fire brigade"),
        ("Nine people were killed in the landslide, according to the fire brigade.", "fire brigade"),
        ("Police in Porto said that nine people were arrested after the match.", "Police in Porto"),
        ("Governor Rita Sousa said that nine people were killed in the landslide.", "Governor Rita Sousa"),
        ("The driver was arrested on Friday, his lawyer Ana Reis said.", "lawyer Ana Reis"),
    ],
)
def test_the_claimant_is_as_the_sentence_has_it(sentence, wanted):
    assert wanted in claimants(f"Nine dead in landslide near Vila Longa\n{sentence}\n")


def test_a_pronoun_and_a_surname_stand_for_the_words_before():
    text = (
        "Nine dead in landslide near Vila Longa\n"
        "Governor Rita Sousa said on Friday that nine people were killed in the landslide.\n"
        "Sousa said that 40 houses were destroyed.\n"
        "She said that 300 people were evacuated.\n"
    )
    assert claimants(text) - {""} == {"Governor Rita Sousa"}


def test_what_the_outlet_says_has_no_claimant():
    assert claimants("Nine dead in landslide\nNine people were killed in a landslide near Vila Longa on Friday.\n") == {
        ""
    }


def test_no_country_is_added_to_a_ministry():
    text = (
        "Floods kill nine in Norway\nFloods killed nine people in Norway on Friday.\n"
        "The health ministry said that 40 people were injured in the floods.\n"
    )
    assert "health ministry" in claimants(text)
