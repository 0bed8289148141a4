import io
import pickle
from enum import StrEnum

import msgspec
import pytest

from claimwire import topics
from claimwire.ledger import counts, fold, outcome_message
from claimwire.log import Message
from claimwire.records.articles import Block
from claimwire.records.base import decode, encode
from claimwire.records.marks import Mark
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import UNKNOWN, OutcomeState, RejectReason, Route, Verdict, Vocabulary
from claimwire.text.display import Shown, mark_of
from sinks.notify.notifications import painted
from tests.records import NOW

LATER = "said_by_a_later_version"


def _enums(kind: msgspec.inspect.Type) -> list[type]:
    """The enums that a value of `kind` may hold, at any depth."""
    if isinstance(kind, msgspec.inspect.EnumType):
        return [kind.cls]
    inner = [getattr(kind, name) for name in ("item_type", "key_type", "value_type") if hasattr(kind, name)]
    inner += [*getattr(kind, "types", ()), *getattr(kind, "item_types", ())]
    inner += [field.type for field in getattr(kind, "fields", ())]
    return [enum for part in inner for enum in _enums(part)]


def test_every_enum_of_a_record_keeps_words_that_it_does_not_know():
    found = {
        enum for topic in topics.TOPICS if topic.record for enum in _enums(msgspec.inspect.type_info(topic.record))
    }
    assert {Verdict, OutcomeState, Route, RejectReason} <= found
    assert [enum for enum in found if issubclass(enum, StrEnum) and not issubclass(enum, Vocabulary)] == []
    for enum in found:
        word = msgspec.json.decode(msgspec.json.encode(LATER), type=enum)
        assert (word, word.is_known, word.label) == (LATER, False, UNKNOWN)
        assert msgspec.json.encode(word) == msgspec.json.encode(LATER)
        assert word not in list(enum)


def test_a_record_with_a_later_word_is_read_and_written_as_it_came():
    data = msgspec.json.encode(
        {"article_id": "a", "revision_id": "r", "state": LATER, "stage": "search", "at": NOW, "schema_version": 1}
    )
    line = decode(data, Outcome)
    assert line.state == LATER
    assert line.state is not OutcomeState.OPENED
    assert msgspec.json.decode(encode(line))["state"] == LATER
    assert pickle.loads(pickle.dumps(line)) == line


def test_a_known_word_is_its_member():
    block = msgspec.json.decode(b'{"type":"title","start":0,"end":1}', type=Block)
    assert block.type.is_known
    assert block.type.label == "title"
    assert Verdict("new") is Verdict.NEW
    assert Verdict.known("new") is Verdict.NEW
    assert Verdict.known("newish") is None


@pytest.mark.parametrize("value", [b"1", b"null", b'["new"]', b"{}"])
def test_what_is_no_word_is_refused(value):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(value, type=Verdict)


def test_the_ledger_counts_a_later_state_as_unknown():
    line = Outcome(article_id="a", revision_id="r", state=OutcomeState(LATER), stage="search", at=NOW)
    other = Outcome(article_id="b", revision_id="r", state=OutcomeState.INDEXED, stage="search", at=NOW)
    assert counts(fold([outcome_message(line), outcome_message(other)]).values()) == {UNKNOWN: 1, "indexed": 1}


def test_a_later_verdict_has_a_mark():
    found = Shown(evidence="Four died", source="Paper", verdict=Verdict(LATER))
    assert painted(mark_of(found), io.StringIO()).startswith("Said by a later version")


def test_a_later_mark_is_read():
    message = Message("marks", "story/1", msgspec.json.encode({"mark": LATER, "id": "1", "at": NOW}))
    assert decode(message.value, Mark).mark == LATER
