"""Access to the page: tokens, how many wrong ones, and how slowly a request may come."""

import base64
import logging
import socket
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from claimwire.config.settings import Settings
from claimwire.net import ports
from console.web.tokens import MOST, SECONDS_EACH, WrongTokens
from tests.drip import HEAD, seconds_until_cut
from tests.e2e.harness import free_port
from tests.page.conftest import served

WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        broker=f"sqlite:///{tmp_path / 'stream.db'}", store=f"sqlite:///{tmp_path / 'search.db'}", data_dir=str(tmp_path),
        page_port=free_port(),
    )  # fmt: skip


def test_a_request_that_comes_byte_by_byte_is_cut(settings, monkeypatch):
    monkeypatch.setattr(ports, "REQUEST_SECONDS", 0.5)
    form = b"POST /marks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
    for site in served(settings):
        port = site.settings.page_port
        for first, slowly in ((b"", b"GE"), (b"", HEAD), (WHOLE, HEAD), (b"", form), (WHOLE, form)):
            assert 0.3 < seconds_until_cut(port, first, slowly) < 4, (first, slowly)
        assert site.get("/healthz").status == 200


def test_the_stream_is_not_cut(settings, monkeypatch):
    """The limit is that of a request, not of its answer."""
    monkeypatch.setattr(ports, "REQUEST_SECONDS", 0.3)
    for site in served(settings):
        with socket.create_connection(("127.0.0.1", site.settings.page_port), timeout=5) as client:
            client.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" in client.recv(65_536)
            time.sleep(0.8)
            client.setblocking(False)
            # Nothing, or more of the stream: an end would be b"".
            with suppress(BlockingIOError):
                assert client.recv(65_536) != b""


def test_wrong_tokens_are_slowed_logged_in_one_line_and_never_shown(settings, tmp_path, caplog):
    (tmp_path / "token").write_text("s3cret-token\n")
    for site in served(replace(settings, page_token_file=str(tmp_path / "token"))):
        assert [site.get("/").status for _ in range(MOST + 5)] == [401] * (MOST + 5)
        tried = [site.get("/", Authorization=f"Bearer guess-{n}") for n in range(MOST)]
        assert [answer.status for answer in tried] == [401] * MOST
        basic = base64.b64encode(b"any:guess").decode()
        for header in ("Bearer guess", f"Basic {basic}", "Bearer s3cret-token"):
            answer = site.get("/", Authorization=header)
            assert (answer.status, int(answer.headers["retry-after"]) <= SECONDS_EACH) == (429, True)
        # Without a token nothing is guessed, and probes are answered.
        assert (site.get("/").status, site.get("/healthz").status) == (401, 200)
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert lines == ["page: 1 wrong tokens from 127.0.0.1"]
    assert "guess" not in caplog.text


def test_an_address_gets_a_few_wrong_tokens_each_minute():
    now = [0.0]
    wrong = WrongTokens(lambda: now[0])
    for _ in range(MOST):
        assert wrong.wait("203.0.113.9") == 0
        wrong.note("203.0.113.9")
    assert 0 < wrong.wait("203.0.113.9") <= SECONDS_EACH
    assert wrong.wait("203.0.113.10") == 0
    now[0] += SECONDS_EACH
    assert wrong.wait("203.0.113.9") == 0
    wrong.note("203.0.113.9")
    assert wrong.wait("203.0.113.9") > 0
    # Of IPv6 a customer has a network of 64 bits.
    for n in range(MOST):
        wrong.note(f"2001:db8::{n}")
    assert wrong.wait("2001:db8::ffff") > 0
    assert wrong.wait("2001:db8:0:1::1") == 0


def test_the_lines_of_the_log_are_as_few_as_minutes(caplog):
    now = [0.0]
    wrong = WrongTokens(lambda: now[0])
    for _ in range(150):
        wrong.note("203.0.113.9")
        now[0] += 1
    assert [r.getMessage().split()[1] for r in caplog.records] == ["1", "60", "60"]
