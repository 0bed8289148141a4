"""Every command in a ```console block of README.md and docs/tutorial.md is run, in order, and prints what stands there."""

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from console.cli.main import VERBS

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


def commands(path: Path) -> list[tuple[str, list[str]]]:
    """(command, lines that it prints) of a document's console blocks."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def fits(wanted: list[str], printed: list[str]) -> bool:
    """Return whether the printed lines are those; a line of `…` stands for any number of lines, a `…` in a line for anything."""
    if not wanted:
        return not printed
    if wanted[0] == "…":
        return any(fits(wanted[1:], printed[n:]) for n in range(len(printed) + 1))
    pattern = re.sub(r"[\[\]?*]", lambda m: f"[{m.group()}]", wanted[0]).replace("…", "*")
    return bool(printed) and fnmatchcase(printed[0].rstrip(), pattern) and fits(wanted[1:], printed[1:])


def recipe(target: str) -> str:
    """Return the command that `make TARGET` runs once everything is set up."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert found, target
    return found[1].strip().replace("$(BIN)", str(BIN))


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_commands_do_what_the_document_says(name, tmp_path):
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CLAIMWIRE_")}
    environment = kept | {"PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1"}
    found = commands(ROOT / name)
    assert len(found) > 6
    for command, wanted in found:
        line = recipe(command.split()[1]) if command.startswith("make ") else command
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"], cwd=tmp_path, env=environment, capture_output=True, text=True,
            timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        printed = done.stdout.rstrip("\n").split("\n") if done.stdout.strip() else []
        assert fits(wanted, printed), f"{command}\n{done.stdout}"


def test_a_line_that_is_not_printed_is_seen():
    assert fits(["a", "…", "b … c"], ["a", "x", "y", "b 1 c"])
    assert not fits(["a", "…", "b"], ["a", "c"])
    assert not fits(["a"], ["a", "b"])
    assert fits(["[x] 1*"], ["[x] 1*"])


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name)
def test_verbs_and_links_that_documents_name_exist(path):
    text = path.read_text("utf-8")
    told = [code or line for code, line in re.findall(r"`([^`\n]+)`|^(?:    |\$ )(.+)$", text, re.MULTILINE)]
    for verb in re.findall(r"^(?:\.venv/bin/)?claimwire ([a-z][a-z-]+)\b", "\n".join(told), re.MULTILINE):
        assert verb in VERBS, (path.name, verb)
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text):
        assert (path.parent / target).exists(), (path.name, target)
