"""The port of /metrics over real sockets."""

import urllib.request
from collections.abc import Iterator

import pytest

from claimwire.net import ports
from claimwire.runtime import metrics_server
from tests.drip import seconds_until_cut


@pytest.fixture
def port(monkeypatch) -> Iterator[int]:
    monkeypatch.setattr(ports, "REQUEST_SECONDS", 0.5)
    server = metrics_server.start("127.0.0.1", 0)
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_metrics_are_served(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/plain")
        assert b"claimwire_records_total" in answer.read()


@pytest.mark.parametrize("slowly", [b"GET /metr", b"GET /metrics HTTP/1.1\r\nX: "])
def test_a_client_that_sends_byte_by_byte_is_cut(port, slowly, capfd):
    assert 0.3 < seconds_until_cut(port, slowly=slowly) < 4
    assert "Traceback" not in capfd.readouterr().err
    test_metrics_are_served(port)
