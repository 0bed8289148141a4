"""The demo's run, made once for all tests of the command line."""

import shutil
from pathlib import Path

import pytest

from tests.console.command import claimwire


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """An empty folder after `claimwire demo --once`; what that printed is in `summary`."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "summary").write_text(claimwire("demo", "--once", cwd=folder))
    return folder


@pytest.fixture
def copy(demo, tmp_path) -> Path:
    """A copy of the demo's folder to change."""
    shutil.copytree(demo / "data", tmp_path / "data")
    return tmp_path
