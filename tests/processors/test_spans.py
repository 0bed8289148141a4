"""The evidence of a claim is a whole proposition: it has a subject and a verb, and no sentence is cut at an abbreviation."""

import pytest

from processors.claims.syntax.sentences import sentences
from tests.processors.test_claims import claims

FOLLOWS = "\nThe weather was mild and nothing else of any importance happened in the town."


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        # A second verb keeps its subject.
        ("The carrier closed its office in Cork on Monday, and has dismissed 90 pilots since the spring.",
         "The carrier closed its office in Cork on Monday, and has dismissed 90 pilots since the spring"),
        # A relative or reduced clause belongs to its noun.
        ("Police closed a hall in Cork where 40 masked men had attacked a guard on Monday.",
         "Police closed a hall in Cork where 40 masked men had attacked a guard on Monday"),
        # A side clause with a subject of its own is whole without the word that joins it.
        ("The shares rose on Monday after the court fined the carrier 3 million euros.",
         "the court fined the carrier 3 million euros"),
        ("The shares rose in Oslo, while the index in Cork fell 3 percent.", "the index in Cork fell 3 percent"),
        # Words that follow without a mark go on with the clause.
        ("Nine candidates will meet in Cork just 75 days before the city elects a mayor.",
         "Nine candidates will meet in Cork just 75 days before the city elects a mayor"),
        ("The museum’s director said the hall would be closed until Friday.", "the hall would be closed until Friday"),
        ("Anna Berg, who is on her way home, was injured in the crash in Cork.",
         "Anna Berg, who is on her way home, was injured in the crash in Cork"),
        ("The U.S. Department of Energy will close two plants in Ohio next year.",
         "The U.S. Department of Energy will close two plants in Ohio next year"),
        ("A 13-inch screen cut into the wall injured two visitors in Cork on Monday.",
         "A 13-inch screen cut into the wall injured two visitors in Cork on Monday"),
        ("Two climbers were reported missing in the Tyrol after an avalanche on Sunday.",
         "Two climbers were reported missing in the Tyrol after an avalanche on Sunday"),
    ],
)  # fmt: skip
def test_evidence_has_a_subject_and_a_verb(sentence, evidence):
    _, found = claims(f"{sentence}{FOLLOWS}")
    assert evidence in [words for _, words in found]


def test_a_quotation_with_a_gerund_for_its_subject_ends_at_its_attribution():
    _, found = claims(
        f"“Choosing a general during the talks can harm the ceasefire,” Anna Berg told the council.{FOLLOWS}"
    )
    assert found[0][1] == "Choosing a general during the talks can harm the ceasefire"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The U.S. Department of Energy closed.", 1),
        ("They left for the U.S. The plant closed.", 2),
        ("Officers arrested Ana M. Berg of Cork.", 1),
        ("The plant is in Washington, D.C. It closed.", 2),
        ("The D.C. Council met at 9 a.m. on Monday.", 1),
        ("The shop shut at 5 p.m. It will open today.", 2),
        ("Dr. Berg left. Mr. Lund stayed.", 2),
    ],
)
def test_an_abbreviation_ends_a_sentence_only_before_a_word_that_begins_one(text, count):
    assert len(sentences(text)) == count


@pytest.mark.parametrize(
    ("title", "event_type", "evidence"),
    [
        ("Minister under fire over ferry deal", "ACCUSE", "Minister under fire over ferry deal"),
        ("Council Sells The Old Pier | Harbour Gazette", "SITUATION", "Council Sells The Old Pier"),
        ("Council sells the old pier - Harbour Gazette", "SITUATION", "Council sells the old pier"),
        ("A Clerk Got 'Printer Lung' After New Toner", "SITUATION", "A Clerk Got 'Printer Lung' After New Toner"),
        (
            "Storm update: Nine villages cut off in the north",
            "SITUATION",
            "Storm update: Nine villages cut off in the north",
        ),
        ("Two arrested in Cork fraud case", "COERCE", "Two arrested in Cork fraud case"),
        ("Fire kills nine in Cork, police say", "DISASTER", "Fire kills nine in Cork, police say"),
    ],
)
def test_every_article_says_its_headline_without_the_site(title, event_type, evidence):
    text = f"{title}\nThe weather was mild in the town, and the old people sat in front of their houses all day long.{FOLLOWS}"
    _, found = claims(text)
    assert [(c.event_type, words) for c, words in found if c.start < len(title)] == [(event_type, evidence)]


def test_a_headline_of_two_events_is_two_claims():
    title = "Council closed old pier in Cork as police arrested two skippers"
    text = f"{title}\nThe weather was mild in the town, and the old people sat in front of their houses all day long.{FOLLOWS}"
    _, found = claims(text)
    assert [w for c, w in found if c.start < len(title)] == [title, "police arrested two skippers"]


@pytest.mark.parametrize(
    "title", ["Is the mayor to resign?", "Home » Business » Firms of Cork", "Ministry of Ports of the Republic"]
)
def test_a_question_a_way_through_the_site_or_a_name_is_no_headline(title):
    text = f"{title}\nThe weather was mild in the town, and the old people sat in front of their houses all day long.{FOLLOWS}"
    _, found = claims(text)
    assert [words for c, words in found if c.start < len(title)] == []


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        ("The bank holds the largest reserve of gold, 90 tons, according to a survey of miners.",
         "The bank holds the largest reserve of gold, 90 tons"),
        ("Shares fell in Oslo on Monday after the miller warned that profit would halve.",
         "Shares fell in Oslo on Monday after the miller warned that profit would halve"),
        ("A clerk can be sued in the county, and in this town, the debtor is a judge from Cork.",
         "A clerk can be sued in the county"),
    ],
)  # fmt: skip
def test_evidence_ends_with_its_proposition(sentence, evidence):
    _, found = claims(f"{sentence}{FOLLOWS}")
    assert evidence in [words for _, words in found]


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        # A year behind "since" is no subject.
        ("Two engineers who had been held by rebels in Keraland since 2016 were freed on Tuesday.",
         "Two engineers who had been held by rebels in Keraland since 2016 were freed on Tuesday"),
        # The words behind an attribution belong to it.
        ("The vacancy rate fell to 5.9% in May as 8,000 posts were added, according to a survey released on Friday.",
         "The vacancy rate fell to 5.9% in May as 8,000 posts were added"),
    ],
)  # fmt: skip
def test_a_sentence_of_one_event_is_one_claim(sentence, evidence):
    _, found = claims(f"{sentence}{FOLLOWS}")
    assert [words for _, words in found] == [evidence]


def test_an_opening_participle_is_no_claim_of_its_own():
    _, found = claims(f'Speaking at a fair in Porto, Anna Berg said: "The port closed on Monday."{FOLLOWS}')
    assert "Speaking at a fair in Porto" not in [words for _, words in found]


def test_what_is_reported_keeps_its_condition():
    _, found = claims(f"Anna Berg said if the council pays the debt, the port of Cork will close on Monday.{FOLLOWS}")
    assert all("if the council" in words for _, words in found)
