"""The lock file: every dependency pinned with its hashes, none missing, and what is installed is what it says."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.progress import shown

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


@pytest.mark.parametrize(("file", "least"), [("requirements.lock", 100), ("deploy/build.lock", 4)])
def test_every_dependency_is_pinned_with_its_hashes(file, least):
    assert len(locked(file)) > least
    for name, (spec, hashes) in locked(file).items():
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
    every = locked() | locked("deploy/build.lock")
    for name, (spec, _) in every.items():
        if spec.marker and not spec.marker.evaluate(here):
            continue
        try:
            assert spec.specifier.contains(version(name), prereleases=True), name
        except PackageNotFoundError:
            pytest.fail(f"{name} is pinned and not installed")
        for needed in map(Requirement, requires(name) or []):
            if needed.marker is None or needed.marker.evaluate(here):
                assert canonicalize_name(needed.name) in every, f"{name} needs {needed.name}"


def test_what_builds_is_pinned_as_what_runs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build, whole = locked("deploy/build.lock"), locked()
    for wanted in map(Requirement, [*project["build-system"]["requires"], *project["dependency-groups"]["build"]]):
        pinned = str(build[canonicalize_name(wanted.name)][0].specifier).removeprefix("==")
        assert wanted.specifier.contains(pinned), wanted
    assert {n: str(build[n][0].specifier) for n in build if n in whole} == {
        n: str(whole[n][0].specifier) for n in build if n in whole
    }


@pytest.mark.parametrize("file", ["Makefile", "deploy/Dockerfile"])
def test_nothing_is_installed_that_is_not_pinned(file):
    """Every installation is of hashed files, of our own wheel, or of this checkout by what is installed already."""
    text = (ROOT / file).read_text("utf-8").replace("\\\n", " ").replace("$(PIP)", "-m pip install")
    commands = [
        c for line in text.splitlines() for c in line.split("&&") if re.search(r"\bpip\b.* (install|wheel)\b", c)
    ]
    assert len(commands) >= 3
    for command in commands:
        if not command.startswith("PIP :="):
            assert re.search(r"--require-hashes|--no-index|--no-build-isolation", command), command


def test_a_wheel_is_built_by_what_is_pinned_alone(tmp_path):
    command = ["pip", "wheel", "-q", "--no-index", "--no-build-isolation", "--no-deps", "--wheel-dir", str(tmp_path)]
    subprocess.run([sys.executable, "-m", *command, str(ROOT)], check=True)
    (wheel,) = tmp_path.iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert {"console/cli/run.py", "console/seeds/rules.toml"} <= set(names)
    assert not [n for n in names if n.startswith(("tests/", "deploy/", "docs/"))]


def test_set_up_shows_how_far_it_is():
    lines = [
        "Collecting a==1 (from -r x)",
        "  Downloading a",
        *["Collecting b==2"] * 39,
        "Installing collected packages: a",
    ]
    assert list(shown(lines, 40)) == [
        "    20 of 40 packages found", "    40 of 40 packages found", "    40 packages found; installing them",
    ]  # fmt: skip


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
