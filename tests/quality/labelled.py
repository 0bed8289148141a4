"""Folders of the labelled data, and their scorers."""

import importlib.util
import json
import os
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EVAL = Path(__file__).resolve().parents[3] / "shared" / "eval"
PAGE_SETS = ("benchmark", "publishers")
ABSENT = "the labelled data in ../shared are absent"


def require_labels() -> None:
    """Skip the test that runs, or end a script, with the reason, where the labelled data are absent."""
    if EVAL.exists():
        return
    if "PYTEST_CURRENT_TEST" in os.environ:
        pytest.skip(ABSENT)
    raise SystemExit(ABSENT)


@cache
def scorer(folder: str, name: str) -> ModuleType:
    """A scorer of the shared data, as a module."""
    spec = importlib.util.spec_from_file_location(name, EVAL / folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
