"""The lock file: every dependency pinned with its hashes, none missing, and what is installed is what it says."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def locked(file: str = "requirements.lock") -> dict[str, tuple[Requirement, int]]:
    """Name to (requirement, number of hashes)."""
    text = (ROOT / file).read_text("utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            spec = Requirement(line.split("--hash", 1)[0].strip())
            found[canonicalize_name(spec.name)] = (spec, len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", line)))
    return found


def test_every_dependency_is_pinned_with_its_hashes():
    assert len(locked()) > 20
    for name, (spec, hashes) in locked().items():
        assert re.fullmatch(r"==[^*,]+", str(spec.specifier)), name
        assert spec.url is None, name
        assert hashes, name


def test_nothing_that_we_need_is_missing():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert [w for w in map(Requirement, wanted) if canonicalize_name(w.name) not in locked()] == []
    for spec in map(Requirement, wanted):
        pinned = str(locked()[canonicalize_name(spec.name)][0].specifier).removeprefix("==")
        assert spec.specifier.contains(pinned, prereleases=True), spec


def test_what_is_installed_is_what_is_pinned_and_needs_nothing_else():
    here = default_environment() | {"extra": ""}
    for name, (spec, _) in locked().items():
        if spec.marker and not spec.marker.evaluate(here):
            continue
        try:
            assert spec.specifier.contains(version(name), prereleases=True), name
        except PackageNotFoundError:
            pytest.fail(f"{name} is pinned and not installed")
        for needed in map(Requirement, requires(name) or []):
            if needed.marker is None or needed.marker.evaluate(here):
                assert canonicalize_name(needed.name) in locked(), f"{name} needs {needed.name}"


def test_the_image_has_what_runs_in_the_versions_that_were_tested():
    """deploy/requirements.lock: nothing of the development tools, everything pinned as in requirements.lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    whole, image = locked(), locked("deploy/requirements.lock")
    assert {n: str(s.specifier) for n, (s, _) in image.items()} == {n: str(whole[n][0].specifier) for n in image}
    assert all(hashes for _, hashes in image.values())
    extras = project["project"]["optional-dependencies"]
    for wanted in (*project["project"]["dependencies"], *extras["alerts"], *extras["parquet"]):
        assert canonicalize_name(Requirement(wanted).name) in image
    assert not {"pytest", "mypy", "ruff", "nbclient"} & set(image)
