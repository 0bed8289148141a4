"""The documentation agrees with the code."""

import re
from pathlib import Path

from docs.build import deployed, reference, schemas, scores

ROOT = Path(__file__).resolve().parents[1]


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
