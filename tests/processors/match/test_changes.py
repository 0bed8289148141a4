"""Changes between articles: additions to a total, disputes inside one article, and what only looks like one."""

import sqlite3

import pytest

from claimwire.records.vocabulary import ChangeKind
from processors.match.matcher import Matcher
from tests.processors.match.articles import changes_of, cleaned, sightings_of

FIRE = (
    "Fire at Porto Salvo market\nA fire at the covered market of Porto Salvo killed nine people on Friday, the fire brigade said.\n"
    "The fire injured 27 people, the fire brigade said.\n"
)
NEXT = "Fire at Porto Salvo market\n{}\n"


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Two more bodies were found at the covered market of Porto Salvo, toll at eleven, the fire brigade said.", ("9", "11")),
        ("Two more bodies were found at the covered market of Porto Salvo, taking the toll to eleven.", ("9", "11")),
        ("Another 12 people died after the fire at the covered market of Porto Salvo, bringing the total to 21.", ("9", "21")),
        ("A further two victims of the fire in Porto Salvo have died, police said, raising the number of dead to 11.", ("9", "11")),
        ("Three more people were injured at the covered market of Porto Salvo, bringing the total to 30.", ("27", "30")),
        ("Rescuers found two more bodies at the market of Porto Salvo. The death toll is now 11.", ("9", "11")),
    ],
)  # fmt: skip
def test_an_addition_shows_the_total_that_the_text_gives(db, text, wanted):
    assert [c[1:] for c in changes_of(db, FIRE, NEXT.format(text))] == [(ChangeKind.UPDATE, *wanted)]


@pytest.mark.parametrize(
    "text",
    [
        "Two more bodies were found at the covered market of Porto Salvo, the fire brigade said.",
        "Another 12 people died in hospital after the fire at the covered market of Porto Salvo, the fire brigade said.",
        "Another 12 people died after the fire in Porto Salvo, and the market gave the total of 21 stalls to traders.",
    ],
)
def test_an_addition_alone_invents_no_total(db, text):
    assert changes_of(db, FIRE, NEXT.format(text)) == []


MARCH = "March in Vila Longa\n{}\n"


def disputes_of(db: sqlite3.Connection, text: str) -> list[tuple[tuple[str, ...], str, tuple[str, ...], str]]:
    """(claimant, number) of both sides of each change inside one article."""
    said = sightings_of(Matcher(db), cleaned("one", MARCH.format(text)))
    return [(c.old_claimant, c.old, c.new_claimant, c.new) for s in said for c in s.changes]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Police in Vila Longa counted 900 marchers on Friday, while the union of teachers said that 4,000 people had marched.",
            (("police in Vila Longa",), "900", ("union",), "4,000"),
        ),
        (
            "Police in Vila Longa counted 900 marchers on Friday, while the union of teachers said that 4,000 people had marched. "
            "Mayor Rita Sousa, however, put the crowd at 2,000.",
            (("police in Vila Longa",), "900", ("union",), "4,000"),
        ),
        (
            "The army said that nine people were killed in Vila Longa on Friday, but the hospital of Vila Longa counted 21 dead.",
            (("army",), "9", ("hospital of Vila Longa",), "21"),
        ),
    ],
)
def test_two_named_claimants_of_one_article_who_dispute_a_number_give_one_dispute(db, text, wanted):
    assert disputes_of(db, text) == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        # The same claimant knows more.
        "Mayor Rita Sousa said 900 people marched in Vila Longa. Mayor Rita Sousa said later that 1,200 people had marched, but gave no source.",
        # Another role, unit, place, part, or a toll that grows.
        "Police said that nine people were killed in Vila Longa on Friday, while the fire brigade said that 21 people were injured.",
        "Police said that nine houses were destroyed in Vila Longa on Friday, while the fire brigade said that two boats were destroyed.",
        "Police said nine people were killed in Vila Longa on Friday, while police in Monte Alto said two people were killed there.",
        "Police said that nine people were killed in Vila Longa on Friday, while the hospital said that two of them were killed in the hall.",
        "Nine people were killed in Vila Longa on Friday, police said. The toll has now risen to twelve, the hospital said, while crews went on.",
        # The outlet in its own words is no claimant who disputes.
        "Nine people were killed in Vila Longa on Friday. The hospital of Vila Longa said, however, that 12 people had been killed.",
        # A vague number that agrees, and two days.
        "Police said that nine people were killed in Vila Longa on Friday, while the fire brigade said that at least eight had been killed.",
        "Police said that 900 people marched in Vila Longa on Friday, while the union said that 4,000 people marched in Vila Longa on Thursday.",
        # Nothing sets one against the other.
        "Police said that 900 people marched in Vila Longa on Friday. The union of teachers said that 4,000 people marched.",
    ],
)
def test_nothing_else_inside_one_article_is_a_change(db, text):
    assert disputes_of(db, text) == []


def test_a_dispute_that_another_article_has_reported_is_not_news_again(db):
    text = "Police in Vila Longa counted 900 marchers on Friday, while the union of teachers said that 4,000 people had marched."
    again = "Teachers marched through Vila Longa.\nPolice in Vila Longa counted 900 marchers on Friday, but the union of teachers said that 4,000 marched."
    assert [c[1:] for c in changes_of(db, MARCH.format(text))] == [(ChangeKind.DISPUTE, "900", "4,000")]
    assert changes_of(db, MARCH.format(text), MARCH.format(again)) == []


def test_numbers_that_a_correction_quotes_are_not_compared(db):
    first = MARCH.format("Police in Vila Longa counted 900 marchers on Friday.")
    correction = (
        "Correction: An earlier version of this article said police in Vila Longa had counted 4,000 marchers on Friday."
    )
    assert changes_of(db, first, MARCH.format(correction)) == []


def test_a_claim_that_its_own_claimant_withdraws_is_taken_back(db):
    charge = "Prosecutors on Marsul\nProsecutors said that Marsul paid bribes to officials of Vila Longa.\n"
    withdrawn = (
        "Prosecutors on Marsul\nProsecutors withdrew the claim that Marsul paid bribes to officials of Vila Longa.\n"
    )
    other = "Ferry of Marsul\nMarsul withdrew the claim that its ferry to Vila Longa was late, and prosecutors said that it paid bribes.\n"
    assert [c[1] for c in changes_of(db, charge, withdrawn)] == [ChangeKind.RETRACTION]
    assert changes_of(db, charge, other) == []


POLICE_COUNT = (
    "Teachers march in Vila Longa\nPolice in Vila Longa said that 900 people marched through the town for higher pay.\n"
)
UNION_COUNT = (
    "Union on the march in Vila Longa\nThe union of teachers said that {} people marched through Vila Longa{}.\n"
)


def test_who_counts_more_of_a_crowd_disputes_as_who_counts_less_does(db):
    assert [c[1:] for c in changes_of(db, POLICE_COUNT, UNION_COUNT.format("4,000", ""))] == [
        (ChangeKind.DISPUTE, "900", "4,000")
    ]
    assert [c[1:] for c in changes_of(db, POLICE_COUNT, UNION_COUNT.format("300", ""))] == [
        (ChangeKind.DISPUTE, "900", "300")
    ]


def test_another_crowd_is_no_dispute(db):
    of_friday = POLICE_COUNT.replace("town", "town on Friday")
    assert changes_of(db, of_friday, UNION_COUNT.format("4,000", " on Thursday")) == []
    assert changes_of(db, POLICE_COUNT, UNION_COUNT.format("about 900", "")) == []
    assert changes_of(db, POLICE_COUNT, POLICE_COUNT.replace("900", "at least 800")) == []


LOAN = (
    "Harbour of {town} gets loan of {sum} million euros\nThe state bank lent the harbour of {town} {sum} million euros on Friday, the harbour office "
    "said.\nThe loan will pay for {piers} piers, the harbour office said.\n"
)


@pytest.mark.parametrize("sums", [(96, 410), (410, 96)])
def test_sums_and_measures_of_one_form_but_other_names_are_not_compared(db, sums):
    first, second = (
        LOAN.format(town=town, sum=sum_, piers=sum_ // 16) for town, sum_ in zip(("Arles", "Sens"), sums, strict=True)
    )
    assert changes_of(db, first, second) == []


def test_a_sum_of_the_same_names_is_compared(db):
    first, second = (LOAN.format(town="Arles", sum=sum_, piers=9) for sum_ in (96, 110))
    assert [c[2:] for c in changes_of(db, first, second)] == [("96,000,000", "110,000,000")]
