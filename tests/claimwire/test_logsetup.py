"""What is written to logs: secrets in addresses never are."""

import io
import json
import logging

import pytest

from claimwire.logsetup import JsonFormatter, LineFormatter
from claimwire.redaction import without_secrets

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
