"""`claimwire doctor`: each thing that can be wrong is named, with what helps; where nothing is, it says so."""

import json
import re
import time

from claimwire.letters import dead_letters_of
from claimwire.log.sqlite import SqliteLog
from claimwire.store.drivers import open_store
from tests.console.command import claimwire
from tests.records import NOW, raw_article, raw_message


def told(folder, status: int = 1, **environment: str) -> dict[str, dict]:
    out = json.loads(claimwire("doctor", "--json", cwd=folder, status=status, **environment))
    return {f["check"]: f for f in out}


def changed(folder, sql: str, *values: object) -> None:
    log = SqliteLog.open(f"sqlite:///{folder}/data/stream.db", "claimwire")
    log.connection.execute(sql, values)
    log.close()


def test_nothing_is_wrong_after_the_demo(copy):
    found = told(copy, status=0)
    assert [f["problem"] for f in found.values()] == [""] * len(found)
    assert {
        "settings",
        "rules",
        "channels",
        "disk",
        "store",
        "broker",
        "documents",
        "feeds",
        "stages",
        "dead letters",
        "in flight",
        "hosts",
        "clock",
    } == set(found)
    assert found["feeds"]["says"] == "5, 0 fail"
    text = claimwire("doctor", cwd=copy)
    assert text.count("ok   ") == len(found)


def test_an_empty_folder_has_no_feeds_yet(tmp_path):
    assert "claimwire feeds add URL" in told(tmp_path)["feeds"]["problem"]


def test_dead_letters_records_that_wait_and_a_clock_that_is_behind(copy):
    log = SqliteLog.open(f"sqlite:///{copy}/data/stream.db", "claimwire")
    log.publish(dead_letters_of(raw_message(raw_article("x")), "analyse", "ValueError: x", NOW))
    log.publish([raw_message(raw_article("y"))])
    log.close()
    changed(copy, "UPDATE messages SET ts = ts - 600000 WHERE topic = 'claimwire.articles.raw'")
    changed(copy, "UPDATE messages SET ts = ? WHERE topic = 'claimwire.outcomes'", int(time.time() * 1000) + 900_000)
    found = told(copy)
    assert "claimwire deadletters list" in found["dead letters"]["problem"]
    assert "3 records wait" in found["stages"]["says"]
    assert "analyse: 1 records waiting, the oldest for 6" in found["stages"]["problem"]
    assert "no part is running, " in found["stages"]["problem"]
    assert "in the future" in found["clock"]["says"]
    assert found["feeds"]["problem"] == ""


def test_servers_that_are_away_and_rules_with_a_mistake(tmp_path, closed_port):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "x"\nwhen = "verdikt == 1"\n')
    env = {"CLAIMWIRE_STORE": f"elasticsearch://127.0.0.1:{closed_port}", "CLAIMWIRE_RULES": str(rules)}
    out = claimwire("doctor", "--json", cwd=tmp_path, status=3, **env)
    assert out == ""
    text = claimwire("doctor", cwd=tmp_path, status=3, both="1", **env)
    assert "wrong  store:" in text
    assert f"wrong  rules: {rules}:3:" in text


def test_a_channel_that_does_not_take_what_it_is_sent(copy):
    from datetime import UTC, datetime

    from sinks.notify.outbox import Outbox
    from tests.sinks.test_notify import alert

    outbox = Outbox(str(copy / "data" / "notify.db"), "claimwire")
    now = datetime.now(UTC)
    outbox.take(alert("z", notify=("desk",)), now, {})
    for delivery in outbox.deliveries(now, "desk"):
        outbox.failed(delivery, now, "channel desk: HTTP 503")
    outbox.close()
    found = told(copy)["channels"]
    assert found["says"] == "desk failed for 1: channel desk: HTTP 503"
    assert "kept and retried" in found["problem"]


def test_a_channel_whose_file_is_not_there(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "x"\nnotify = ["desk"]\n[[channel]]\nname = "desk"\nurl_file = "desk"\n')
    text = claimwire("doctor", cwd=tmp_path, status=2, both="1", CLAIMWIRE_RULES=str(rules))
    assert "wrong  channels: " in text
    assert "desk:0: url_file: No such file" in text


def test_a_lost_store_is_named_with_the_command_that_fills_it(copy):
    before = told(copy, status=0)["documents"]["says"]
    store = open_store(f"sqlite:///{copy}/data/search.db", "claimwire")
    articles = {i: b for i, _, b in store.dump("articles")}
    assert f"{len(articles)} of {len(articles)} articles" in before
    store._db.execute("DELETE FROM documents WHERE kind IN ('articles', 'claims')")
    store.close()
    found = told(copy)["documents"]
    assert f"0 of {len(articles)} articles" in found["says"]
    assert found["problem"] == "the store has lost articles, claims: claimwire setup --refill"
    changed(copy, "DELETE FROM messages WHERE topic = 'claimwire.alerts' AND off = 0")
    out = claimwire("setup", "--refill", cwd=copy, both="1")
    assert re.search(r"alerts: \d+ records before 20\d\d-.* were deleted by retention", out)
    assert re.search(r"^\d+ records$", out, re.MULTILINE)
    assert re.search(rf"^articles +{len(articles)} +0 +0 +0$", out, re.MULTILINE)
    after = told(copy, status=0)["documents"]["says"]
    assert after.partition(" alerts")[0].rpartition(", ")[0] == before.partition(" alerts")[0].rpartition(", ")[0]
    store = open_store(f"sqlite:///{copy}/data/search.db", "claimwire")
    assert {i: b for i, _, b in store.dump("articles")} == articles
    store.close()


def test_topics_with_other_partitions_are_named_and_nothing_runs(copy):
    changed(copy, "UPDATE topics SET partitions = 6 WHERE name IN ('claimwire.claims', 'claimwire.pages')")
    lines = ["topic claimwire.claims has 6 partitions, not 4", "topic claimwire.pages has 6 partitions, not 12"]
    text = claimwire("doctor", cwd=copy, status=1)
    assert [line for line in text.splitlines() if line.startswith("wrong")] == [f"wrong  topic: {x}" for x in lines]
    text = claimwire("setup", cwd=copy, status=2)
    assert [line.partition("; ")[0] for line in text.splitlines()] == [f"claimwire: {line}" for line in lines]
    text = claimwire("run", "search", cwd=copy, status=2)
    assert text.splitlines()[-1] == f"claimwire: run: {'; '.join(lines)}"
