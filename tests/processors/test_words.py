"""The word lists of the English pack: each fits its own example, and code has none of its own."""

import ast
from pathlib import Path

import pytest

import processors.claims
from processors.claims.lexicon import word_lists

MOST_IN_CODE = 10
MODULES = sorted(Path(processors.claims.__file__).parent.rglob("*.py"))


def words_of(text: str) -> set[str]:
    return {word.strip('.,"').casefold() for word in text.split()}


@pytest.mark.parametrize("ident", word_lists())
def test_a_list_fits_its_example_and_not_its_counter_example(ident):
    row = word_lists()[ident]
    words = set(row["words"].replace(",", " , " if "," in row["words"].split() else " ").split())
    assert row["for"].endswith(".")
    assert words & words_of(row["example"]), row["example"]
    assert not words & words_of(row["counter_example"]), row["counter_example"]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_no_module_has_a_long_word_list(path):
    """A list in code is `"...".split()`; tags of the Penn Treebank (in capitals) are no words."""
    calls = (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call))
    texts = (
        c.func.value.value
        for c in calls
        if isinstance(c.func, ast.Attribute) and c.func.attr == "split" and isinstance(c.func.value, ast.Constant)
    )
    assert [t for t in texts if isinstance(t, str) and not t.isupper() and len(t.split()) > MOST_IN_CODE] == []
