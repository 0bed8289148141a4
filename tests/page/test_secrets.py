"""Keys in the addresses of feeds: in the table of feeds and in an export, and nowhere else."""

import json
import time

import msgspec
import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.ledger import read_ledger
from claimwire.log import open_settings_log
from claimwire.records.feeds import Feed, feed_at, starred
from claimwire.store import KINDS
from claimwire.store.drivers import open_settings_store
from console.cli.main import main
from console.process import Process
from producers.tables.feeds_file import import_feeds
from tests.e2e.harness import free_port
from tests.page.conftest import served
from tests.producers.site import Server
from tests.producers.test_fast import rss
from tests.records import NOW, TEXT

KEY = "s3cr3tk3y"
ITEM = "<item><title>Flood</title><link>{base}/1</link><pubDate>Fri, 20 Nov 2026 12:00:00 GMT</pubDate></item>"
PARTS = ("rss", "web", "analyse", "match", "alert", "search")


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """Settings of a run over two feeds with keys: one is read, the other answers 403."""
    tmp_path = tmp_path_factory.mktemp("keys")
    settings = Settings(
        broker=f"sqlite:///{tmp_path / 'data' / 'stream.db'}", store=f"sqlite:///{tmp_path / 'data' / 'search.db'}",
        data_dir=str(tmp_path / "data"), page_port=free_port(), workers=1, allow_private_addresses=True, poll_min=0.2,
        host_interval=0.0,
    )  # fmt: skip
    with Server() as server:
        server.reply("/feed", rss(ITEM.format(base=server.base)), Content_Type="application/rss+xml")
        server.reply("/1", f"<html><body><article>{TEXT}</article></body></html>", Content_Type="text/html")
        feeds = [f"{server.base}/feed?token={KEY}&x=1", f"{server.base}/gone?api_key={KEY}"]
        log = open_settings_log(settings)
        log.ensure_topics(topics.TOPICS)
        import_feeds(log, [Feed(url=url, source="Paper", added_at=NOW, next_due=NOW, live_since=NOW) for url in feeds])
        process = Process(settings, deliver=lambda _: None)
        process.setup(PARTS)
        process.start(PARTS)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (
            read_ledger(log) and all(f.last_polled_at for f in rows(log)) and log.ends(topics.RAW) != [0] * 12
        ):
            time.sleep(0.1)
        process.close()
        log.close()
        yield settings, feeds


def rows(log) -> list[Feed]:
    return [msgspec.json.decode(m.value, type=Feed) for m in log.snapshot(topics.FEEDS).values()]


def test_no_key_of_a_feed_is_shown_anywhere(followed, capsys, monkeypatch):
    settings, feeds = followed
    for name in ("broker", "store", "data_dir", "allow_private_addresses"):
        monkeypatch.setenv(f"CLAIMWIRE_{name.upper()}", str(getattr(settings, name)))
    log = open_settings_log(settings)
    for topic in topics.TOPICS:
        if topic is not topics.FEEDS:
            for partition in range(topic.partitions):
                records = list(log.read(topic, partition))
                assert not [m for m in records if KEY in f"{m.key} {m.headers} {m.value!r}"], topic.name
    assert sorted(f.url for f in rows(log)) == sorted(feeds)
    assert [f for f in rows(log) if KEY in (f.error or "")] == []
    log.close()
    store = open_settings_store(settings)
    for kind in KINDS:
        assert not [body for _, body in store.scan(kind) if KEY in json.dumps(body)], kind
    assert [body["url"] for _, body in store.scan("feeds")] != []
    store.close()
    # Logging is that of the tests.
    monkeypatch.setattr("console.cli.main.setup_logging", lambda *_: None)
    shown = feeds[0].replace(KEY, "***")
    for words in (
        ("feeds", "list"), ("feeds", "list", "--json"), ("feeds", "why", feeds[0]), ("feeds", "why", shown, "--json"),
        ("status", "--json"), ("status",), ("deadletters", "list", "--all"), ("doctor",), ("feeds", "check"),
        ("feeds", "why", f"{feeds[0]}&no"), ("export", "feeds"),
    ):  # fmt: skip
        main(words)
        out = "".join(capsys.readouterr())
        assert KEY not in out, words
        assert words[0] != "feeds" or "***" in out, words
    main(("feeds", "export"))
    assert KEY in capsys.readouterr().out


def test_the_page_shows_no_key(followed):
    settings, _ = followed
    for site in served(settings):
        for path in (
            "/feeds",
            "/feeds.json",
            "/ledger",
            "/ledger.json",
            "/claims",
            "/claims.atom",
            "/alerts.atom",
            "/rules",
        ):
            answer = site.get(path)
            assert answer.status == 200
            assert KEY not in answer.text, path
        assert site.get("/feeds.json").json["feeds"][0]["url"].endswith(("token=***&x=1", "api_key=***"))


def test_a_feed_is_named_whole_or_as_it_is_shown():
    one, two = (Feed(url=f"https://a.example/?token={n}", source="A", added_at=NOW, next_due=NOW) for n in (1, 2))
    assert feed_at([one], "https://a.example/?token=1") is one
    assert feed_at([one], starred(one).url) is one
    assert feed_at([one, two], starred(one).url) is None
    assert feed_at([one, two], two.url) is two
    assert starred(msgspec.structs.replace(one, error="https://u:p@a.example: no")).error == "https://***@a.example: no"
