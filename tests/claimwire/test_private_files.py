"""Files of the data folder are their owner's alone, whatever the umask."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from claimwire.runtime.private_files import private_folder, private_open
from claimwire.runtime.sqlite_file import connect
from claimwire.runtime.strikes import Attempts


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}


def test_sqlite_files_and_those_beside_them(no_umask, tmp_path):
    private_folder(tmp_path / "data" / "state")
    with closing(connect(tmp_path / "data" / "state" / "a.db")) as db:
        db.execute("CREATE TABLE t(x)")
        assert modes(tmp_path) == {"data": 0o700, "state": 0o700, "a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600}


def test_a_file_of_an_older_version_is_taken_from_others(no_umask, tmp_path):
    with closing(connect(tmp_path / "a.db")) as db:
        db.execute("CREATE TABLE t(x)")
        for name in modes(tmp_path):
            (tmp_path / name).chmod(0o644)
        with closing(connect(tmp_path / "a.db")):
            assert set(modes(tmp_path).values()) == {0o600}


def test_other_files_and_folders(no_umask, tmp_path):
    tmp_path.chmod(0o755)
    private_folder(tmp_path)
    with private_open(tmp_path / "lock", "w"), private_open(tmp_path / "x", "xb"), private_open(tmp_path / "a", "a"):
        assert set(modes(tmp_path).values()) == {0o600}
    # A folder that was there may be anybody's: it keeps its mode.
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_the_file_of_attempts(no_umask, tmp_path):
    Attempts(tmp_path / "data" / "attempts.db").add("x")
    assert modes(tmp_path) == {"data": 0o700, "attempts.db": 0o600}
