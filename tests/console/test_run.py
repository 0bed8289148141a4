"""`claimwire run` and `claimwire demo` where a port is in use: one line, exit status 2, and nothing has begun."""

import socket
from collections.abc import Iterator

import pytest

from tests.console.command import claimwire


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of 127.0.0.1 on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize(
    ("key", "parts", "others"),
    [
        ("page_port", ("rss", "page"), {}),
        ("metrics_port", ("search",), {}),
        ("websub_port", ("rss",), {"CLAIMWIRE_WEBSUB_URL": "https://hooks.example"}),
    ],
)
def test_a_port_in_use_is_one_line(key, parts, others, taken_port, tmp_path):
    environment = {f"CLAIMWIRE_{key.upper()}": str(taken_port)} | others
    err = claimwire("run", *parts, cwd=tmp_path, status=2, **environment)
    assert err.startswith(f"claimwire: {key}: 127.0.0.1:{taken_port}: Address already in use; choose another")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_all_parts_where_the_port_of_the_page_is_in_use(taken_port, tmp_path):
    err = claimwire("run", "--page-port", str(taken_port), cwd=tmp_path, status=2)
    assert err.count("\n") == 1
    assert "choose another with --page-port, or 0 for no page" in err


def test_a_demo_whose_port_is_in_use_leaves_the_last_one_as_it_is(copy, taken_port):
    before = {p.name: p.stat().st_mtime_ns for p in (copy / "data").iterdir()}
    err = claimwire("demo", "--page-port", str(taken_port), cwd=copy, status=2)
    assert err.count("\n") == 1
    assert {p.name: p.stat().st_mtime_ns for p in (copy / "data").iterdir()} == before


def test_a_mistake_found_while_parts_start_is_one_line(tmp_path, closed_port):
    """The other parts are stopped before the process ends."""
    (tmp_path / "file").touch()
    settings = {"CLAIMWIRE_ARCHIVE_DIR": str(tmp_path / "file"), "CLAIMWIRE_PAGE_PORT": str(closed_port)}
    err = claimwire("run", "--no-import", cwd=tmp_path, status=2, **settings)
    lines = [line for line in err.splitlines() if " INFO " not in line]
    assert lines == [f"claimwire: archive_dir: {tmp_path / 'file'}: File exists"]
