"""Output on a terminal: a bar while it takes long, colours unless NO_COLOR says otherwise."""

import os
import pty
import re
import subprocess
import sys

from console.cli.output import bar_line
from tests.console.command import claimwire


def on_a_terminal(*arguments: str, cwd, **environment: str) -> str:
    """Both streams of a run as a terminal gets them."""
    here, there = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CLAIMWIRE_") and k != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", *arguments],
        cwd=cwd,
        stdout=there,
        stderr=there,
        env=kept | environment,
    )
    os.close(there)
    told = b""
    while True:
        try:
            part = os.read(here, 65_536)
        except OSError:
            break
        if not part:
            break
        told += part
    os.close(here)
    assert process.wait(60) == 0, told
    return told.decode()


def test_colours_are_for_terminals_that_want_them(demo):
    words = ("watch", "--since", "2d", "--for", "0.2", "--verdict", "contradiction")
    assert re.search(r"\x1b\[31mDisputed\s*\x1b\[0m ", on_a_terminal(*words, cwd=demo))
    assert "\x1b" not in on_a_terminal(*words, cwd=demo, NO_COLOR="1")
    assert "\x1b" not in claimwire(*words, cwd=demo)


def test_long_work_is_told_as_a_bar_on_a_terminal_and_in_lines_elsewhere(demo, tmp_path):
    shown = on_a_terminal("export", "--output", str(tmp_path / "a"), cwd=demo)
    assert re.search(r"\[#* *\] [\d,]+ of \d+ documents", shown)
    assert shown.rstrip().endswith("documents")
    told = claimwire("export", "--output", str(tmp_path / "b"), cwd=demo, both="1")
    assert re.fullmatch(r"\d+ documents\n", told)
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()


def test_a_bar():
    assert bar_line("records", 50, 200, 5.0) == f"[{'#' * 7:<30}] 50 of 200 records, 15 s left"
    assert bar_line("records", 5000, None, 1.0) == "5,000 records"
    assert bar_line("records", 0, 10, 0.0).startswith(f"[{' ' * 30}] 0 of 10")
