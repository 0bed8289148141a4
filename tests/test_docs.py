"""The documentation agrees with the code."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from claimwire.records.vocabulary import Verdict
from console.web.glossary import ident_of, parts_of, terms
from docs.build import deployed, reference, schemas, scores

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
TREE, WAY = (
    ARCHITECTURE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    for title in ("The tree", "One article, function by function")
)
FUNCTIONS = re.findall(r"`([a-z_]+(?:\.\w+){2,})`", WAY)
TERMS = {
    "Article", "Revision", "Claim", "Claimant", "Cluster", "Story", "Sighting", "Salience", "Reported", "Reason", "Origin", "Copy", "Lane",
    "Back-fill", "Dead letter", "Ledger", "Outcome", "Rule", "Alert", "Notification", "Channel", "Stage", "Sink", "Fold", "Snapshot",
    "Window", "Erasure", "Offset", "Partition", "Consumer group", "Back-off", "Verdict", "Mark",
}  # fmt: skip


def test_generated_documents_are_up_to_date():
    assert (ROOT / "docs" / "reference.md").read_text("utf-8") == reference(), "run `make docs`"
    assert (ROOT / "docs" / "schemas.json").read_text("utf-8") == schemas(), "run `make docs`"
    assert (ROOT / "docs" / "scores.md").read_text("utf-8") == scores(), "run `make docs`"
    for path, text in deployed().items():
        assert path.read_text("utf-8") == text, f"{path.name}: run `make docs`"


def test_the_readme_names_two_commands():
    text, makefile = (ROOT / "README.md").read_text("utf-8"), (ROOT / "Makefile").read_text("utf-8")
    for target in ("run", "test"):
        assert f"$ make {target}" in text or f"`make {target}`" in text
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_what_security_says_is_tested_is_there():
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/.]+)`", text)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_tree_names_every_package():
    named = set(re.findall(r"^\| `([\w/]+)/` \|", TREE, re.MULTILINE))
    packages = {p.parent.relative_to(ROOT).as_posix() for p in ROOT.glob("*/**/__init__.py") if ".venv" not in p.parts}
    assert {p for p in packages if not p.startswith("tests/")} - named == set()
    assert [name for name in named if not (ROOT / name).is_dir()] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_functions_that_an_article_passes_exist(name):
    module, found = resolved(name)
    assert callable(found), name
    assert module.startswith(("claimwire.", "producers.", "processors.", "sinks.", "console."))


def test_the_way_of_an_article_passes_every_layer():
    assert len(FUNCTIONS) > 20
    assert {name.partition(".")[0] for name in FUNCTIONS} == {
        "claimwire",
        "producers",
        "processors",
        "sinks",
        "console",
    }


def resolved(name: str) -> tuple[str, Any]:
    """Return the module of a dotted name and the object in it."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return ".".join(parts[:length]), found
    raise AssertionError(name)


def test_the_glossary_defines_the_terms_in_order():
    names = [term for term, _ in terms()]
    assert names == sorted(names, key=lambda name: name.lower().replace("-", ""))
    assert len(names) == len(set(names)) == (ROOT / "docs" / "glossary.md").read_text("utf-8").count("\n## ")
    wanted = TERMS | {v.capitalize() for v in Verdict}
    assert wanted - set(names) == set()


def test_the_glossary_is_short_and_its_links_lead_to_terms():
    anchors = {ident_of(term) for term, _ in terms()}
    for term, text in terms():
        assert text.count(". ") <= 2, term
        assert not re.match(r"(What|Who|Whether|Where|When)\b", text), term
        assert {anchor for kind, _, anchor in parts_of(text) if kind == "link"} - anchors == set(), term


def test_the_glossary_is_linked():
    assert "(docs/glossary.md)" in (ROOT / "README.md").read_text("utf-8")
    assert 'href="/glossary"' in (ROOT / "console/web/templates/base.html").read_text("utf-8")
