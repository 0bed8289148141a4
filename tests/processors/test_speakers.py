"""Who speaks: quotations over sentences and paragraphs, pronouns, and the names that a document gives its speakers."""

from datetime import date

import pytest

from claimwire.records import Claim
from processors.claims import claims_of
from processors.clean.document import clean_document

DAY = date(2026, 11, 17)
QUIET = "The market hall will stay open on Saturdays."


def claim_with(text: str, words: str) -> Claim:
    """The claim of a text whose evidence has the words."""
    document = clean_document(text.encode(), "text/plain", "utf-8", None, None, None)
    found = [c for c in claims_of("a", document.text, document.blocks, DAY) if words in document.text[c.start : c.end]]
    assert found, words
    return found[0]


@pytest.mark.parametrize(
    ("text", "words", "claimant"),
    [
        pytest.param(
            'Ines Talbot said the depot was safe.\n"The pumps failed twice last week. The tanks were never '
            'inspected," said Yusuf Karaman, who drives a lorry there.',
            "pumps failed", "Yusuf Karaman", id="the speaker is named where the quotation ends",
        ),
        pytest.param(
            '"The pumps failed twice last week. The tanks were never inspected and the workers were sent home," '
            "comments Yusuf Karaman of the drivers' union.",
            "tanks were never", "Yusuf Karaman", id="a verb of saying behind the mark",
        ),
        pytest.param(
            "Ines Talbot said the depot was safe. Yusuf Karaman drove past it every night for a year.\n"
            "“The pumps failed twice last week and the tanks were never inspected.”",
            "pumps failed", "Yusuf Karaman", id="the subject before, not the last who had a cue",
        ),
        pytest.param(
            "Ines Talbot said: “The pumps failed twice. He said they would be repaired by the town on Monday.”",
            "repaired by the town", "Ines Talbot", id="what a witness reports is the witness's",
        ),
        pytest.param(
            "Ines Talbot wrote on a blog accusing the town of hiding 12 leaks.",
            "hiding 12 leaks", "Ines Talbot", id="it is not the blog that accuses",
        ),
        pytest.param(
            "Robert Hale met Susan Marsh in the depot. She said that 12 tanks had leaked in one night.",
            "12 tanks had leaked", "Susan Marsh", id="a given name decides who she is",
        ),
    ],
)  # fmt: skip
def test_the_speaker_of_a_quotation(text, words, claimant):
    assert claim_with(f"{text}\n{QUIET}", words).claimant == (claimant,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Ines Talbot said the depot was safe. The town had asked Yusuf Karaman and Petra Holm about it.\n"
            "“The pumps failed twice and an explosion killed two men.”",
            "killed two men",
        ),
        ("The town asked Yusuf Karaman and Ivan Holm about it. He said that 12 tanks had leaked.", "12 tanks"),
    ],
)
def test_the_speaker_is_not_known_where_two_could_be_meant(text, words):
    assert claim_with(f"{text}\n{QUIET}", words).claimant == ()
