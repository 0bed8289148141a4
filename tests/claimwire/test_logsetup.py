"""Lines written to logs: secrets in addresses never are."""

import io
import json
import logging

import pytest

from claimwire.errors import UnreachableError
from claimwire.net.redaction import without_secrets
from claimwire.runtime.logsetup import JsonFormatter, LineFormatter, RateLimit
from claimwire.runtime.outage import Outage

CASES = [
    ("https://a.example/feed?accesskey=abc&rsstoken=def", "https://a.example/feed?accesskey=***&rsstoken=***"),
    ("https://a.example/?monkey=3&passage=4", "https://a.example/?monkey=3&passage=4"),
    (
        "feed https://a.example/rss?token=abc123&page=2: timed out",
        "feed https://a.example/rss?token=***&page=2: timed out",
    ),
    ("https://a.example/?page=2;api_key=x#top", "https://a.example/?page=2;api_key=***#top"),
    ("https://a.example/?X-Amz-Signature=deadbeef&X-Amz-Date=1", "https://a.example/?X-Amz-Signature=***&X-Amz-Date=1"),
    ("https://anna:geheim@a.example/feed", "https://***@a.example/feed"),
    ("https://a.example/?keyword=river&author=Anna", "https://a.example/?keyword=river&author=Anna"),
    ("mail anna@paper.example", "mail anna@paper.example"),
]


@pytest.mark.parametrize(("text", "shown"), CASES)
def test_secrets_in_addresses(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize("formatter", [LineFormatter("%(message)s"), JsonFormatter()])
def test_every_formatter_leaves_them_out(formatter):
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    logger = logging.Logger("t")
    logger.addHandler(handler)
    try:
        raise ValueError("no answer from https://a.example/?password=geheim")
    except ValueError:
        logger.exception("feed %s", "https://a.example/?token=geheim")
    assert "geheim" not in out.getvalue()
    assert "no answer from" in out.getvalue()
    if isinstance(formatter, JsonFormatter):
        assert json.loads(out.getvalue())["message"] == "feed https://a.example/?token=***"


@pytest.fixture
def logged(monkeypatch):
    """The lines of a process whose clock is `clock[0]`, with an outage of its own."""
    clock = [0.0]
    monkeypatch.setattr("claimwire.runtime.logsetup.BROKER", broker := Outage("broker", lambda: clock[0]))
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RateLimit(lambda: clock[0]))
    handler.setFormatter(LineFormatter("%(name)s: %(message)s"))
    # A handler that another test left would count the same lines.
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    return clock, broker, lambda: out.getvalue().splitlines()


def test_an_outage_is_one_line_a_minute_and_one_at_its_end(logged):
    clock, broker, lines = logged
    for second in range(130):
        clock[0] = second
        logging.getLogger("kafka.net.manager").error("Connection failed: %s", "111 ECONNREFUSED")
        logging.getLogger("aiokafka").error("Unable connect to node with id 1: [Errno 111]")
        logging.getLogger("sinks.base").warning("%s; trying again", UnreachableError("broker a:9092: timed out"))
        try:
            raise OSError("reset")
        except OSError:
            logging.getLogger("kafka.net.transport").exception("Error receiving network data, closing socket")
    clock[0] = 130
    broker.end()
    broker.end()
    assert lines() == [
        "kafka.net.manager: broker: Connection failed: 111 ECONNREFUSED",
        "kafka.net.manager: broker: Connection failed: 111 ECONNREFUSED (239 more lines of it in the last minute)",
        "kafka.net.manager: broker: Connection failed: 111 ECONNREFUSED (239 more lines of it in the last minute)",
        "claimwire.runtime.outage: the broker answers again, after 130 s",
    ]


def test_what_is_no_outage_is_logged(logged):
    clock, _, lines = logged
    for second in range(3):
        clock[0] = second
        logging.getLogger("aiokafka").warning("Heartbeat failed for group x because it is rebalancing")
        logging.getLogger("producers.rss").warning("feed %s: %s", "https://a.example/", "timed out")
    assert lines() == [
        "aiokafka: Heartbeat failed for group x because it is rebalancing",
        *["producers.rss: feed https://a.example/: timed out"] * 3,
    ]


def test_a_step_of_the_network_thread_is_logged_where_it_delays_a_heartbeat(logged):
    _, _, lines = logged
    text = (
        "Task <kafka.net.selector.Task object at 0x7fab> ran for %s (>0.100s threshold). It is blocking the event loop"
    )
    for seconds in (0.147, 1.9, 2.5):
        logging.getLogger("kafka.net.selector").warning(text.replace("%", f"{seconds:.3f}"))
    assert [line.partition("ran for ")[2][:6] for line in lines()] == ["2.500s"]
