"""A sink, a field of rules, a language and a feed format are added as docs/extending.md says.

Each is a module in a temporary folder, registered by one line; the real pipeline, verb or parser then uses it. The sink is
the one that the document shows.
"""

import importlib.util
import re
import time
from pathlib import Path
from types import ModuleType

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.errors import ParseError, UnreachableError
from claimwire.log import Log, Message
from claimwire.log.sqlite import SqliteLog
from claimwire.records.alerts import Alert
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode
from claimwire.records.sightings import Article
from console.cli.main import main
from console.process import Process
from console.sinks import SINKS, SinkPart
from docs.build import reference
from processors.claims import PACKS
from processors.flow import stages
from processors.rules import load_rules
from processors.rules.fields import FIELDS
from processors.runners.embedded import StageRunner, drain
from producers.feeds.parse import FORMATS, FeedBytes, parse_feed
from tests.records import raw_article, raw_message

ROOT = Path(__file__).resolve().parents[1]

FIELD = '''
"""A field of rules on claims: how many words the claim has."""

from processors.rules.fields import Field

WORDS = Field("evidence.words", "number", lambda s: (len(s.evidence.split()),), "how many words the claim has")
'''

PACK = '''
"""A language pack for Esperanto that knows one verb."""

import re

import msgspec

from claimwire.ids import claim_id
from processors.claims.attribution.headlines import headline_claim

SAYS = re.compile(r"[^.\\n]+ diris(?=[ .])[^.\\n]*")


def claims_of(article_id, text, blocks, published):
    (pattern,) = headline_claim(article_id, text, blocks)
    return tuple(
        msgspec.structs.replace(
            pattern, claim_id=claim_id(article_id, found.group(), n), start=found.start(), end=found.end(),
            content=found.start(), claimant=(found.group().split(" diris")[0].split(" ")[-1],),
        )
        for n, found in enumerate(SAYS.finditer(text))
    )
'''

FORMAT = '''
"""Feeds as plain lines: a date, an address, a title."""

from producers.feeds.entries import RawEntry
from producers.feeds.parse import MAX_ENTRIES, parsed_feed


def line_feed(text, url):
    if not text.startswith("#news "):
        return None
    head, *lines = text.splitlines()
    rows = [RawEntry(ident=link, link=link, title=title, published=day) for day, link, title in (x.split(" ", 2) for x in lines)]
    return parsed_feed(url, head.removeprefix("#news "), "en", rows[:MAX_ENTRIES], len(rows))
'''


@pytest.fixture
def toy(tmp_path):
    """Imports a module of these lines, of a file in the test's own folder."""

    def load(text: str) -> ModuleType:
        path = tmp_path / "toy.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location("toy", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def opened(settings: Settings) -> SqliteLog:
    log = SqliteLog.open(settings.broker, settings.namespace)
    log.ensure_topics(topics.TOPICS)
    return log


def fold(log: SqliteLog, settings: Settings, *raws: RawArticle, rules=()) -> None:
    """Put articles through all stages."""
    log.publish([raw_message(raw) for raw in raws])
    runners = [StageRunner(stage, log, settings) for stage in stages(settings, rules)]
    drain(runners)
    for runner in runners:
        runner.close()


def waited(log: Log, group: str, topic: topics.Topic) -> None:
    deadline = time.monotonic() + 30
    while log.lag(group, topic) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert log.lag(group, topic) == 0


def test_a_sink(toy, tmp_path, monkeypatch):
    """It gets each article, also after a restart; a bad record becomes a dead letter of its own, and a refused one waits."""
    example = re.search(r"```python\n(.*?)```", (ROOT / "docs/extending.md").read_text("utf-8"), re.DOTALL)[1]
    monkeypatch.setitem(SINKS, "texts", SinkPart((topics.ARTICLES,), toy(example).opened))
    monkeypatch.setattr("sinks.base.RETRY_SECONDS", 0.05)
    (tmp_path / "data").mkdir()
    settings = Settings(broker=f"sqlite:///{tmp_path / 's.db'}", data_dir=str(tmp_path / "data"))
    log = opened(settings)
    fold(log, settings, raw_article("a"), raw_article("b", "Council votes\nThe council voted for a new bridge.\n"))
    publish, refusals = SqliteLog.publish, iter(range(3))

    def reluctant(self, messages):
        if messages and next(refusals, None) is not None:
            raise UnreachableError("broker: not now")
        publish(self, messages)

    log.publish([Message(topics.ARTICLES.name, "bad", b"no record")])
    monkeypatch.setattr(SqliteLog, "publish", reluctant)
    process = Process(settings)
    process.start(["texts"])
    waited(log, "texts", topics.ARTICLES)
    process.close()
    assert not process.failed
    assert next(refusals, None) is None
    again = Process(settings)
    again.start(["texts"])
    fold(log, settings, raw_article("c", "Ferry late\nThe ferry was four hours late on Friday, the port said.\n"))
    waited(log, "texts", topics.ARTICLES)
    again.close()
    texts = [path.read_text("utf-8") for path in (tmp_path / "data").glob("*.txt")]
    assert sorted(text.splitlines()[0] for text in texts) == [
        "Council votes",
        "Ferry late",
        "Floods kill four in Valdivia",
    ]
    letters = [m.headers for m in log.read(topics.DEADLETTERS, 0)]
    assert [m["topic"] for m in letters if m["stage"] == "texts"] == ["articles"]
    log.close()


RULES = """[[rule]]
name = "Long claims"
on = "claim"
when = 'evidence.words > 3'
notify = ["console"]
"""


def test_a_field_of_rules(toy, tmp_path, monkeypatch, capsys):
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    assert main(["rules", "check", str(rules)]) == 2
    assert "evidence.words" in capsys.readouterr().err
    monkeypatch.setitem(FIELDS["claim"], "evidence.words", toy(FIELD).WORDS)
    assert main(["rules", "check", str(rules)]) == 0
    assert "how many words the claim has" in reference()
    settings = Settings(broker=f"sqlite:///{tmp_path / 's.db'}")
    log = opened(settings)
    fold(log, settings, raw_article("a"), rules=load_rules(str(rules)))
    alerts = [decode(m.value, Alert) for p in range(topics.ALERTS.partitions) for m in log.read(topics.ALERTS, p)]
    assert alerts
    assert all(a.rule == "Long claims" and len(a.evidence.split()) > 3 for a in alerts)
    log.close()


ESPERANTO = (
    "Ponto fermita en Novurbo\n"
    "La urbestro Kovak diris hodiaŭ ke la ponto restos fermita dum du semajnoj.\n"
    "La vetero estis bela kaj multaj homoj promenis ĉe la rivero.\n"
)


def test_a_language(toy, tmp_path, monkeypatch):
    without = folded(tmp_path / "without.db", raw_article("a", ESPERANTO, language="eo"))
    assert [s.evidence for s in without.sightings] == ["Ponto fermita en Novurbo"]
    monkeypatch.setitem(PACKS, "eo", toy(PACK).claims_of)
    found = folded(tmp_path / "with.db", raw_article("a", ESPERANTO, language="eo"))
    assert [(s.claim.claimant, s.evidence) for s in found.sightings] == [
        (("Kovak",), "La urbestro Kovak diris hodiaŭ ke la ponto restos fermita dum du semajnoj")
    ]
    assert all(found.clean.text[s.claim.start : s.claim.end] == s.evidence for s in found.sightings)


def folded(file: Path, raw: RawArticle) -> Article:
    """The decision of the whole pipeline on one article."""
    settings = Settings(broker=f"sqlite:///{file}")
    log = opened(settings)
    fold(log, settings, raw)
    (message,) = [m for p in range(topics.ARTICLES.partitions) for m in log.read(topics.ARTICLES, p)]
    log.close()
    return decode(message.value, Article)


LINES = """#news The Harbour
2026-11-20 https://harbour.example/1 Ferry runs aground
2026-11-19 https://harbour.example/2 Pier reopens
"""


def test_a_feed_format(toy, monkeypatch):
    feed = FeedBytes("https://harbour.example/news.txt", LINES.encode(), "text/plain; charset=utf-8")
    with pytest.raises(ParseError, match="not a feed"):
        parse_feed(feed)
    monkeypatch.setitem(FORMATS, "lines", toy(FORMAT).line_feed)
    found = parse_feed(feed)
    assert (found.title, found.parser) == ("The Harbour", "lines")
    assert [(e.title, e.url) for e in found.entries] == [
        ("Ferry runs aground", "https://harbour.example/1"), ("Pier reopens", "https://harbour.example/2"),
    ]  # fmt: skip


def test_contributing_and_extending_name_places_that_are_there():
    """CONTRIBUTING.md names each and links to docs/extending.md, which holds the text."""
    contributing, text = ((ROOT / p).read_text("utf-8") for p in ("CONTRIBUTING.md", "docs/extending.md"))
    for what in ("sink", "field of rules", "language", "feed format"):
        assert f"## A {what}\n" in text
        assert f"[{what}](docs/extending.md#a-{what.replace(' ', '-')})" in contributing
    named = re.findall(r"`([a-z_]+(?:/[\w.]+)+)`", text)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []
