"""Fields that are bound once and stand on every line that follows, in JSON and in text."""

import asyncio
import io
import json
import logging
import threading

import pytest

from claimwire import topics
from claimwire.failures import dead_letters, failure_of
from claimwire.log import Message
from claimwire.runtime.log_fields import bind, bound
from claimwire.runtime.logsetup import JsonFormatter, LineFormatter

logger = logging.getLogger("test.fields")


@pytest.fixture(params=[JsonFormatter(), LineFormatter("%(message)s")], ids=["json", "text"])
def lines(request, monkeypatch):
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(request.param)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    is_json = isinstance(request.param, JsonFormatter)
    return lambda: [json.loads(x) if is_json else x for x in out.getvalue().splitlines()]


def fields(line):
    if isinstance(line, dict):
        return {k: v for k, v in line.items() if k not in ("time", "level", "logger", "message")}
    inside = line[line.index("[") + 1 : -1] if line.endswith("]") else ""
    return dict(pair.split("=", 1) for pair in inside.split())


def test_a_block_binds_fields_for_its_lines_only(lines):
    with bound(part="match", offset=7):
        logger.warning("inside")
    logger.warning("outside")
    inside, outside = map(fields, lines())
    assert inside in ({"part": "match", "offset": 7}, {"part": "match", "offset": "7"})
    assert outside == {}


def test_tasks_and_threads_do_not_share_what_they_bind(lines):
    async def poll(url):
        bind(feed=url)
        await asyncio.sleep(0)
        logger.warning("timed out")

    async def both():
        await asyncio.gather(poll("https://a.example/"), poll("https://b.example/"))

    def part():
        bind(part="rss")
        asyncio.run(both())

    thread = threading.Thread(target=part)
    thread.start()
    thread.join()
    logger.warning("elsewhere")
    assert [fields(line) for line in lines()] == [
        {"part": "rss", "feed": "https://a.example/"},
        {"part": "rss", "feed": "https://b.example/"},
        {},
    ]


def test_secrets_in_fields_are_starred_out(lines):
    with bound(feed="https://a.example/rss?token=geheim"):
        logger.warning("timed out")
    assert fields(lines()[0]) == {"feed": "https://a.example/rss?token=***"}


def test_a_dead_letter_names_its_record(lines):
    message = Message(topics.CLEAN.name, "live/en", b"{", {"article_id": "a1"}, partition=2, offset=9)
    dead_letters(message, "match", failure_of(ValueError("no JSON")))
    line = fields(lines()[0])
    assert {k: str(v) for k, v in line.items()} == {
        "part": "match",
        "topic": "articles.clean",
        "partition": "2",
        "offset": "9",
        "article": "a1",
    }
