"""A set of patterns finds what each pattern finds alone."""

import pytest

from claimwire.text.pattern_sets import PatternSet

ROWS = {"ferry": r"\bferr(?:y|ies)\b", "word": r"^\w+$", "not late": r"\blate\b(?! fee)", "paid": r"(?<!un)paid\b"}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("two ferries were late", {"ferry", "not late"}),
        ("a “ferry” – unpaid – has a late fee", {"ferry"}),
        ("éferry", {"word"}),
        ("ferryé paid", {"paid"}),
        ("ferry", {"ferry", "word"}),
        ("", set()),
    ],
)
def test_a_set_finds_what_its_patterns_find_in_any_script(text, keys):
    assert PatternSet(ROWS.items()).found(text) == keys


def test_patterns_may_share_a_key():
    assert PatternSet([(1, "x"), (1, "y"), (2, "z")]).found("xyz") == {1, 2}
