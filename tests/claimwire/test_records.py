import msgspec
import pytest

from claimwire.errors import ContractError
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode, encode
from claimwire.records.outcomes import Outcome
from claimwire.text.bodies import MAX_BODY_BYTES, pack_body, unpack_body
from claimwire.text.encodings import valid_text
from tests.records import raw_article


def test_round_trip():
    raw = raw_article()
    assert decode(encode(raw), RawArticle) == raw


def test_unknown_fields_are_ignored():
    data = msgspec.json.decode(encode(raw_article())) | {"later_field": [1]}
    assert decode(msgspec.json.encode(data), RawArticle) == raw_article()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "Input data was truncated"),
        (b"{not json", "malformed"),
        (b"[]", "Expected `object`"),
        (b"\xff\xfe", "RawArticle|Outcome"),
        (b"{}", "missing required field"),
        (None, "no value"),
    ],
)
def test_what_is_no_record_is_a_contract_error(data, what):
    with pytest.raises(ContractError, match=what) as caught:
        decode(data, Outcome)
    assert "\n" not in str(caught.value)


def test_another_schema_version_is_a_contract_error():
    data = msgspec.json.decode(encode(raw_article())) | {"schema_version": 2}
    with pytest.raises(ContractError, match="schema_version 2 is not known"):
        decode(msgspec.json.encode(data), RawArticle)


def test_bodies():
    body = b"<p>\xff" * 1000
    assert unpack_body(pack_body(body)) == body
    assert unpack_body("") == b""


@pytest.mark.parametrize("packed", ["%%%", "AAAA", pack_body(b"x" * 100)[:-8]])
def test_damaged_bodies(packed):
    with pytest.raises(ContractError, match="body"):
        unpack_body(packed)


def test_a_bomb_is_cut_off():
    bomb = pack_body(b"\0" * (MAX_BODY_BYTES + 1))
    assert len(bomb) < 5000
    with pytest.raises(ContractError, match="over 5000000 bytes"):
        unpack_body(bomb)


def test_lone_surrogates_become_replacement_characters():
    assert valid_text("a\ud83db") == "a�b"
    assert valid_text("😀") == "😀"
