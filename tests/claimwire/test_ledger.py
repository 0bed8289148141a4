from datetime import timedelta

from claimwire.ledger import counts, fold, outcome_message
from claimwire.letters import dead_letters_of
from claimwire.log import Message
from claimwire.records.base import decode
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from tests.records import NOW


def line(state: OutcomeState, article: str = "a", minutes: int = 0):
    return outcome_message(
        Outcome(article_id=article, revision_id="r", state=state, stage="x", at=NOW + timedelta(minutes=minutes))
    )


def test_a_final_state_beats_opened_in_any_order():
    for lines in (
        [line(OutcomeState.OPENED), line(OutcomeState.INDEXED)],
        [line(OutcomeState.INDEXED), line(OutcomeState.OPENED)],
    ):
        assert [o.state for o in fold(lines).values()] == [OutcomeState.INDEXED]


def test_a_replayed_dead_letter_ends_as_indexed():
    ledger = fold([line(OutcomeState.OPENED), line(OutcomeState.DEAD_LETTERED), line(OutcomeState.INDEXED)])
    assert counts(ledger.values()) == {"indexed": 1}


def test_sums():
    ledger = fold([line(OutcomeState.OPENED, "a"), line(OutcomeState.REJECTED, "b"), line(OutcomeState.INDEXED, "c")])
    assert counts(ledger.values()) == {"opened": 1, "rejected": 1, "indexed": 1}


def test_dead_letters_keep_the_bytes_and_close_the_outcome():
    message = Message("articles.raw", "k", b"\xffnot json", {"article_id": "a", "revision_id": "r"}, None, 3, 17)
    letter, closing = dead_letters_of(message, "analyse", "ContractError: x\ntrace", NOW)
    assert letter.value == b"\xffnot json"
    assert letter.headers["topic"] == "articles.raw"
    assert (letter.headers["partition"], letter.headers["offset"], letter.headers["attempt"]) == ("3", "17", "0")
    outcome = decode(closing.value, Outcome)
    assert (outcome.article_id, outcome.revision_id, outcome.state) == ("a", "r", OutcomeState.DEAD_LETTERED)
    assert outcome.reason == "ContractError: x"


def test_a_record_without_ids_is_counted_all_the_same():
    letters = dead_letters_of(Message("articles.raw", "", b"junk"), "analyse", "x", NOW)
    outcome = decode(letters[1].value, Outcome)
    assert outcome.article_id == "unknown"
    assert len(outcome.revision_id) == 32
    assert len(dead_letters_of(Message("claims", "k", b"junk"), "alert", "x", NOW, has_article=False)) == 1


def test_what_is_no_line_is_passed_over():
    ledger = fold([Message("outcomes", "x", b"{broken"), line(OutcomeState.INDEXED), Message("outcomes", "y", None)])
    assert counts(ledger.values()) == {"indexed": 1}
