"""Writes CONFORMANCE.md from the tests of `test_conformance.py`: `python -m tests.producers.conformance`."""

import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TABLE = HERE / "CONFORMANCE.md"
NAME = re.compile(r"test_((?:[hef]\d+_)+)(\w+)")
HEAD = "# Conformance of the feed producer\n\n| row | test | result |\n|---|---|---|\n"


class Results:
    """A pytest plugin: whether every case of a test passed."""

    def __init__(self) -> None:
        self.passed: defaultdict[str, bool] = defaultdict(lambda: True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            self.passed[report.nodeid.split("::")[1].split("[")[0]] &= report.passed


def rows_of(names: list[str]) -> list[tuple[str, str]]:
    """(row, test) for each row that a test's name begins with, in the order of the list."""
    found = [(row.upper(), name) for name in names if (m := NAME.match(name)) for row in m[1].strip("_").split("_")]
    return sorted(found, key=lambda r: ("HEF".index(r[0][0]), int(r[0][1:]), r[1]))


def main() -> int:
    results = Results()
    files = [str(HERE / name) for name in ("test_conformance.py", "test_websub.py")]
    status = pytest.main(["-q", "-p", "no:randomly", *files], plugins=[results])
    rows = [
        f"| {row} | {name} | {'pass' if results.passed[name] else 'fail'} |"
        for row, name in rows_of(list(results.passed))
    ]
    TABLE.write_text(HEAD + "\n".join(rows) + "\n", "utf-8")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
