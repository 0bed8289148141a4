"""Folders of the labelled data, and their scorers."""

import importlib.util
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

EVAL = Path(__file__).resolve().parents[3] / "shared" / "eval"
PAGE_SETS = ("benchmark", "publishers")


def require_labels() -> None:
    """End a script, with the reason, where the labelled data are absent; tests that need them have the mark `shared`."""
    if not EVAL.exists():
        sys.exit("the labelled data in ../shared are absent")


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
