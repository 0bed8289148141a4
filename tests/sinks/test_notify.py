"""Alerts to channels: their policy by a fake clock, marks, failures, signatures, and text that mentions nobody."""

import base64
import hashlib
import hmac
import json
import logging
import re
import socket
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from claimwire import topics
from claimwire.config.channels import Channel
from claimwire.errors import ConfigError, SinkError
from claimwire.log import Message
from claimwire.records.alerts import Alert, Policy
from claimwire.records.base import encode
from claimwire.records.marks import MarkKind
from claimwire.records.vocabulary import Verdict
from claimwire.runtime import metrics
from claimwire.runtime.logsetup import setup_logging
from console.queries.marking import set_mark
from sinks.notify.channels import open_channels
from sinks.notify.notifications import Notification, neutral, notice_text, notice_title, outward
from sinks.notify.outbox import HOLDING_TRIES, LONGEST_RETRY, MUTED, SENT_KEPT, TOGETHER, Delivery, Outbox
from sinks.notify.sink import NotifySink

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def alert(name: str = "a", **fields) -> Alert:
    base = {
        "alert_id": name, "rule": "Floods", "severity": "high", "notify": ("console",), "group": "g", "story_id": "s",
        "cluster_id": "k", "claim_id": "c", "article_id": "x", "url": "https://paper.example/a", "source": "Paper",
        "claimant": ("Mayor",), "cue": "said", "title": "Flood", "sentence": "Four died.", "evidence": "Four died",
        "event_type": "CASUALTY", "verdict": Verdict.NEW, "changes": (), "why": "new (matched by x)", "fetched_at": NOON,
        "first_seen_at": NOON,
    }  # fmt: skip
    return Alert(**(base | fields))


def due(outbox: Outbox, now: datetime) -> list[Delivery]:
    return [delivery for channel in sorted(outbox.channels()) for delivery in outbox.deliveries(now, channel)]


def ids(outbox: Outbox, now: datetime = NOON, channel: str = "console", **fields) -> list[str]:
    return [d.notice.alerts[0].alert_id for d in outbox.deliveries(now, channel, **fields)]


def told(outbox: Outbox, until: datetime) -> list[tuple[int, list[str]]]:
    """(minute after noon, alert ids) of what is delivered up to a time, by a clock that jumps to what is due next."""
    found = []
    while (at := outbox.next_due()) is not None and at <= until:
        for delivery in due(outbox, at):
            found.append((int((at - NOON) / MINUTE), [a.alert_id for a in delivery.notice.alerts]))
            outbox.delivered(delivery)
    return found


def run(policy: Policy, arrivals: list[tuple[int, str]], **fields) -> list[tuple[int, list[str]]]:
    outbox = Outbox(":memory:", "t")
    found = []
    for minute, name in arrivals:
        now = NOON + minute * MINUTE
        found += told(outbox, now)
        outbox.take(alert(name, policy=policy, group=fields.get("group", "g")), now, {})
    found += told(outbox, NOON + timedelta(days=3))
    assert outbox.waiting() == 0
    outbox.close()
    return found


def test_policies_put_off_and_lose_nothing():
    arrivals = [(0, "a"), (1, "b"), (7, "c"), (20, "d")]
    assert run(Policy(), arrivals) == [(0, ["a"]), (1, ["b"]), (7, ["c"]), (20, ["d"])]
    assert run(Policy(hold=300), arrivals) == [(5, ["a", "b"]), (12, ["c"]), (25, ["d"])]
    assert run(Policy(at_most_every=900), arrivals) == [(0, ["a"]), (15, ["b", "c"]), (30, ["d"])]
    assert run(Policy(hold=300, at_most_every=900), arrivals) == [(5, ["a", "b"]), (20, ["c"]), (35, ["d"])]
    assert run(Policy(digest=3600), arrivals) == [(60, ["a", "b", "c", "d"])]
    assert run(Policy(quiet_hours="12:00-12:10 UTC"), arrivals) == [(10, ["a", "b", "c"]), (20, ["d"])]


def test_groups_wait_for_themselves_alone_and_a_digest_for_the_whole_rule():
    outbox = Outbox(":memory:", "t")
    for group in ("g", "h"):
        outbox.take(alert(f"hold-{group}", group=group, policy=Policy(hold=60)), NOON, {})
        outbox.take(alert(f"digest-{group}", rule="D", group=group, policy=Policy(digest=3600)), NOON, {})
    assert sorted(ids for _, ids in told(outbox, NOON + 120 * MINUTE)) == [
        ["digest-g", "digest-h"],
        ["hold-g"],
        ["hold-h"],
    ]


def test_an_alert_is_taken_once_and_muted_and_followed_stories_differ():
    outbox = Outbox(":memory:", "t")
    slow = Policy(hold=3600)
    assert outbox.take(alert("a", policy=slow), NOON, {}).why == "held"
    assert outbox.take(alert("a", policy=slow), NOON, {}) is None
    assert outbox.take(alert("b", policy=slow), NOON, {}).why == TOGETHER
    assert outbox.take(alert("c", policy=slow), NOON, {"s": MarkKind.MUTE}).why == MUTED
    assert outbox.take(alert("d", policy=slow), NOON, {"s": MarkKind.FOLLOW}).due == NOON
    assert told(outbox, NOON) == [(0, ["d"])]


def test_what_fails_is_tried_again_later_and_later_and_never_dropped():
    outbox = Outbox(":memory:", "t")
    outbox.take(alert(notify=("a", "b")), NOON, {})
    now, waits = NOON, []
    for _ in range(14):
        for delivery in due(outbox, now):
            if delivery.notice.channel == "b":
                outbox.delivered(delivery)
            else:
                waits.append(outbox.failed(delivery, now, "no answer"))
        now = outbox.next_due()
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == LONGEST_RETRY
    assert outbox.waiting() == 1


@pytest.fixture
def receiver():
    """A server that keeps what is posted to it; `answers` are its next statuses, `refused` alerts that it takes the second time."""

    class Receiver(BaseHTTPRequestHandler):
        got: ClassVar[list[tuple[dict, bytes]]] = []
        answers: ClassVar[list[int]] = []
        seconds: ClassVar[float] = 0.0
        refused: ClassVar[set[str]] = set()

        def do_POST(self):
            time.sleep(self.seconds)
            body = self.rfile.read(int(self.headers["content-length"]))
            refused = next((name for name in self.refused if f'"{name}"'.encode() in body), None)
            self.refused.discard(refused or "")
            status = 503 if refused else self.answers.pop(0) if self.answers else 200
            self.got.append((dict(self.headers), body))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    Receiver.got, Receiver.answers, Receiver.seconds, Receiver.refused = [], [], 0.0, set()

    class Server(ThreadingHTTPServer):
        request_queue_size = 100

    server = Server(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Receiver.base = f"http://127.0.0.1:{server.server_port}"
    yield Receiver
    server.shutdown()
    server.server_close()


def webhook(tmp_path, url: str, secret: str = "0123456789abcdef", **fields) -> Channel:
    (tmp_path / "secret").write_text(secret)
    return Channel("hook", "webhook", url=url, secret_file=str(tmp_path / "secret"), **fields)


KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("secret", "key"),
    [("0123456789abcdef", b"0123456789abcdef"), (f"whsec_{base64.b64encode(KEY).decode()}", KEY)],
    ids=["text", "whsec"],
)
def test_a_webhook_is_signed_and_says_why(receiver, tmp_path, secret, key):
    """In the format of Standard Webhooks, so that the receiver of docs/rules.md takes it, and nothing else."""
    channel = webhook(tmp_path, f"{receiver.base}/in?x=1", secret)
    deliver = open_channels({"hook": channel}, allow_private=True)["hook"]
    deliver(Notification("n1", "hook", "Floods", "high", (alert(),)))
    headers, body = receiver.got[0]
    at = headers["webhook-timestamp"]
    mac = hmac.new(key, b"n1." + at.encode() + b"." + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    assert abs(int(at) - time.time()) < 60
    assert headers["Idempotency-Key"] == headers["webhook-id"] == "n1"
    is_genuine = receiver_of_docs()
    assert is_genuine(headers, body, secret)
    assert not is_genuine(headers, body + b" ", secret)
    assert not is_genuine(headers | {"webhook-id": "n2"}, body, secret)
    assert not is_genuine(headers, body, "another secret of 16")
    assert not is_genuine(headers | {"webhook-timestamp": str(int(at) - 600)}, body, secret)
    sent = json.loads(body)
    assert sent["alerts"][0]["evidence"] == "Four died"
    assert sent["alerts"][0]["line"] == "Four died"
    assert sent["alerts"][0]["modality"] == "asserted"
    assert sent["text"].splitlines()[:4] == ["New: Four died", "Mayor (said) · Paper", "Why: new", "Story: Flood"]
    receiver.answers[:] = [500, 302]
    for _ in range(2):
        with pytest.raises(SinkError, match="HTTP"):
            deliver(Notification("n1", "hook", "Floods", "high", (alert(),)))


def receiver_of_docs():
    """The function that docs/rules.md gives to receivers."""
    example = re.search(r"```python\n(.*?)```", (ROOT / "docs/rules.md").read_text("utf-8"), re.DOTALL)[1]
    names = {}
    exec(example, names)
    return names["is_genuine"]


def test_a_webhook_does_not_reach_into_private_networks(receiver, tmp_path, closed_port):
    notice = Notification("n", "hook", "r", "low", (alert(),))
    with pytest.raises(SinkError, match="not public"):
        open_channels({"h": webhook(tmp_path, receiver.base)})["h"](notice)
    with pytest.raises(ConfigError, match="is not an http"):
        open_channels({"h": webhook(tmp_path, "file:///etc/passwd")})
    with pytest.raises(SinkError, match="refused"):
        open_channels({"h": webhook(tmp_path, f"http://127.0.0.1:{closed_port}/")}, allow_private=True)["h"](notice)
    assert receiver.got == []
    for secret, wrong in (
        ("short", "under 16 bytes"),
        ("whsec_AAAA", "under 16 bytes"),
        ("whsec_no base64!", "no base64"),
    ):
        with pytest.raises(ConfigError, match=wrong):
            open_channels({"h": webhook(tmp_path, "https://a.example", secret)})


def test_a_channel_by_apprise(receiver, tmp_path):
    (tmp_path / "desk").write_text(receiver.base.replace("http://", "json://") + "/desk\n")
    deliver = open_channels({"desk": Channel("desk", "apprise", url_file=str(tmp_path / "desk"))})["desk"]
    deliver(
        Notification("n", "desk", "Floods", "high", (alert(evidence="@everyone <!channel> [x](http://evil.example)"),))
    )
    sent = json.loads(receiver.got[0][1])
    assert "Floods" in sent["title"]
    for mention in ("@everyone", "<!channel>", "http://evil", "]("):
        assert mention not in sent["message"]
    assert "https://paper.example/a" in sent["message"]
    receiver.answers[:] = [500]
    with pytest.raises(SinkError, match="not accepted"):
        deliver(Notification("n", "desk", "Floods", "high", (alert(),)))
    (tmp_path / "desk").write_text("nothing://that-is-known")
    with pytest.raises(ConfigError) as caught:
        open_channels({"desk": Channel("desk", "apprise", url_file=str(tmp_path / "desk"))})
    assert "that-is-known" not in str(caught.value)


def test_a_secret_in_the_path_of_a_channel_is_in_no_log(receiver, tmp_path, capfd):
    """Chat services have theirs there; urllib3 logs the path of each request at DEBUG."""
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        setup_logging("DEBUG", "text")
        address = receiver.base.replace("http://", "json://") + "/T0KEN/s3cr3t"
        deliver = open_channels({"desk": Channel("desk", "apprise", url=address)})["desk"]
        deliver(Notification("n", "desk", "Floods", "high", (alert(),)))
        receiver.answers[:] = [500]
        with pytest.raises(SinkError, match="not accepted"):
            deliver(Notification("n", "desk", "Floods", "high", (alert(),)))
    finally:
        logging.basicConfig(handlers=before[0], level=before[1], force=True)
    assert len(receiver.got) == 2
    assert "s3cr3t" not in capfd.readouterr().err


def test_text_of_the_news_mentions_nobody():
    text = "@everyone <!channel> <@U1> `x` **b** ~~s~~ # h\n> q [l](https://e.example) | \u202e\x1b[31m"
    shown = neutral(text)
    assert not set("<>@[]`*#|~_\n\u202e\x1b") & set(shown)
    assert "://" not in shown
    title = notice_title(Notification("n", "c", "r", "low", (alert(title=text), alert("b"))))
    assert title.endswith("(and 1 more)")
    assert "@" not in title
    many = tuple(alert(str(n)) for n in range(30))
    assert notice_text(Notification("n", "c", "r", "low", many)).endswith("and 10 more")
    for url in (
        "javascript:alert(1)",
        "https://a.example/<x>",
        "https://a.example/ x",
        "https://a.example/)(",
        None,
        "https://[::1",
    ):
        assert outward(url) == ""


def test_a_channel_that_is_away_holds_up_nobody(log, receiver, tmp_path, monkeypatch):
    """The webhook fails and comes back: the console has everything at once, the webhook everything once."""
    monkeypatch.setattr("sinks.notify.outbox.FIRST_RETRY", 0.05)
    monkeypatch.setattr("sinks.notify.sender.PAUSE_SECONDS", 0.02)
    shown: list[Notification] = []
    ways = open_channels({"hook": webhook(tmp_path, receiver.base)}, allow_private=True) | {"console": shown.append}
    receiver.answers[:] = [503, 503, 503]
    sink = NotifySink(log, str(tmp_path / "n.db"), 10, ways)
    both = [msgspec.structs.replace(alert(str(n)), notify=("console", "hook")) for n in range(3)]
    log.publish([Message(topics.ALERTS.name, a.alert_id, encode(a)) for a in both])
    sink.step(10.0)
    assert [n.alerts[0].alert_id for n in shown] == ["0", "1", "2"]
    deadline = time.monotonic() + 60
    while len(receiver.got) < 6 and time.monotonic() < deadline:
        sink.step(0.05)
    sink.close()
    assert len(receiver.got) == 6
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 3


def burst(log, sink: NotifySink, alerts: list[Alert], is_done, seconds: float) -> float:
    """Publish alerts and run the sink until it is done; how long that took."""
    log.publish([Message(topics.ALERTS.name, "rule", encode(a)) for a in alerts])
    began = time.monotonic()
    while not is_done() and time.monotonic() - began < seconds:
        sink.step(0.2)
    return time.monotonic() - began


def alert_ids(receiver) -> list[str]:
    return [a["alert_id"] for _, body in receiver.got for a in json.loads(body)["alerts"]]


@pytest.mark.parametrize("kind", ["webhook", "apprise"])
def test_a_burst_is_delivered_in_parallel_and_once(log, receiver, tmp_path, kind):
    """80 notices of a quarter of a second each took over 20 seconds one after the other."""
    receiver.seconds = 0.25
    channel = (
        webhook(tmp_path, receiver.base)
        if kind == "webhook"
        else Channel("hook", "apprise", url=receiver.base.replace("http://", "json://"))
    )
    sink = NotifySink(log, str(tmp_path / "n.db"), 100, open_channels({"hook": channel}, allow_private=True))
    alerts = [alert(str(n), story_id=f"s{n}", notify=("hook",)) for n in range(80)]
    took = burst(log, sink, alerts, lambda: len(receiver.got) >= 80, 20)
    sink.close()
    assert took < 8
    if kind == "webhook":
        assert sorted(alert_ids(receiver), key=int) == [str(n) for n in range(80)]
    else:
        assert len(receiver.got) == 80


def test_a_story_is_delivered_in_order_also_where_a_notice_fails(log, receiver, tmp_path, monkeypatch):
    monkeypatch.setattr("sinks.notify.outbox.FIRST_RETRY", 0.3)
    monkeypatch.setattr("sinks.notify.sender.PAUSE_SECONDS", 0.02)
    receiver.refused = {"a0"}
    ways = open_channels({"hook": webhook(tmp_path, receiver.base)}, allow_private=True)
    sink = NotifySink(log, str(tmp_path / "n.db"), 100, ways)
    first = [alert(f"a{n}", story_id="a", notify=("hook",), severity="high") for n in range(4)]
    others = [alert(f"b{n}", story_id=f"b{n}", notify=("hook",), severity="low") for n in range(6)]
    burst(log, sink, [*first, *others], lambda: len(receiver.got) >= 11, 20)
    sink.close()
    came = alert_ids(receiver)
    assert [name for name in came if name.startswith("a")] == ["a0", "a0", "a1", "a2", "a3"]
    # The others did not wait for the one that failed.
    assert {name for name in came[: came.index("a1")] if name.startswith("b")} == {f"b{n}" for n in range(6)}


def test_a_slow_channel_holds_up_no_other(log, receiver, tmp_path):
    """One channel takes connections and never answers, the other has everything at once."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        hung = webhook(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        channels = {"hook": webhook(tmp_path, receiver.base), "hung": replace(hung, name="hung")}
        sink = NotifySink(log, str(tmp_path / "n.db"), 100, open_channels(channels, allow_private=True))
        alerts = [alert(str(n), story_id=f"s{n}", notify=("hung", "hook")) for n in range(60)]
        took = burst(log, sink, alerts, lambda: len(receiver.got) >= 60, 20)
        assert took < 5
        assert metrics.NOTICES_WAITING._value.get() == 60
    # The listener is gone: what hung is reset, and the sink ends.
    sink.close()


def test_the_most_severe_go_first_and_a_story_keeps_its_order():
    outbox = Outbox(":memory:", "t")
    for n, (name, story, severity) in enumerate(
        [
            ("low", "x", "low"),
            ("normal", "y", "normal"),
            ("first", "z", "low"),
            ("high", "w", "high"),
            ("then", "z", "high"),
        ]
    ):
        outbox.take(alert(name, story_id=story, severity=severity), NOON + timedelta(seconds=n), {})
    now = NOON + MINUTE
    # "then" is urgent, and waits for "first": which is as urgent for that.
    assert ids(outbox, now) == ["first", "high", "normal", "low"]
    assert ids(outbox, now, limit=1) == ["first"]
    first = outbox.deliveries(now, "console")[0]
    assert ids(outbox, now, busy={first.row}, limit=1) == ["high"]
    outbox.delivered(first)
    assert ids(outbox, now) == ["high", "then", "normal", "low"]


def test_a_notice_of_several_stories_waits_for_each_of_them():
    outbox = Outbox(":memory:", "t")
    digest = Policy(digest=3600)
    outbox.take(alert("d1", rule="D", story_id="a", policy=digest), NOON, {})
    outbox.take(alert("d2", rule="D", story_id="b", policy=digest), NOON, {})
    later = NOON + timedelta(hours=1)
    outbox.take(alert("b", story_id="b"), later + MINUTE, {})
    outbox.take(alert("c", story_id="c"), later + MINUTE, {})
    assert ids(outbox, later + 2 * MINUTE) == ["d1", "c"]


def test_a_notice_that_is_never_taken_silences_its_story_for_a_while_only():
    outbox = Outbox(":memory:", "t")
    for name in ("bad", "next"):
        outbox.take(alert(name), NOON, {})
    now = NOON
    for _ in range(HOLDING_TRIES):
        assert ids(outbox, now, worked_at=now.timestamp()) == ["bad"]
        outbox.failed(outbox.deliveries(now, "console")[0], now, "no")
        now += MINUTE * 10
    # While the channel takes nothing, order is kept; where it takes others, the next goes on.
    assert ids(outbox, NOON + MINUTE * 41, worked_at=NOON.timestamp()) == []
    assert ids(outbox, NOON + MINUTE * 41, worked_at=now.timestamp()) == ["next"]


def test_a_channel_that_is_back_is_given_what_it_missed_at_once():
    outbox = Outbox(":memory:", "t")
    outbox.take(alert("a"), NOON, {})
    now = NOON
    for _ in range(8):
        delivery = outbox.deliveries(now, "console")[0]
        now += timedelta(seconds=outbox.failed(delivery, now, "away"))
    back = now - MINUTE
    assert ids(outbox, back) == []
    outbox.hurry("console", back)
    assert ids(outbox, back) == ["a"]


def test_what_was_sent_is_remembered_as_long_as_the_log_and_not_for_ever():
    outbox = Outbox(":memory:", "t")
    month = timedelta(milliseconds=topics.ALERTS.retention_ms)
    outbox.take(alert("a"), NOON, {})
    outbox.take(alert("b"), NOON, {})
    assert outbox.prune(NOON + month + timedelta(days=1)) == 0
    assert outbox.take(alert("a"), NOON + month + timedelta(days=1), {}) is None
    assert outbox.prune(NOON + SENT_KEPT + MINUTE) == 1
    assert outbox.take(alert("a"), NOON + SENT_KEPT + MINUTE, {}) is None


def test_a_file_of_an_older_version_is_taken_over(tmp_path):
    file = tmp_path / "n.db"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(
            "CREATE TABLE deliveries(notice INTEGER, channel TEXT, attempts INTEGER NOT NULL, due REAL NOT NULL,"
            " error TEXT NOT NULL, PRIMARY KEY(notice, channel)) WITHOUT ROWID;"
            "CREATE TABLE notices(notice INTEGER PRIMARY KEY, namespace TEXT NOT NULL, grp TEXT NOT NULL, due REAL NOT NULL,"
            " alerts INTEGER NOT NULL);"
            "CREATE TABLE noticed(notice INTEGER, position INTEGER, alert BLOB, PRIMARY KEY(notice, position)) WITHOUT ROWID;"
        )
        db.execute("INSERT INTO deliveries VALUES(1, 'console', 2, ?, 'away')", (NOON.timestamp(),))
        db.execute("INSERT INTO notices VALUES(1, 't', 'Floods/g', ?, 1)", (NOON.timestamp(),))
        db.execute("INSERT INTO noticed VALUES(1, 0, ?)", (encode(alert("old")),))
        db.commit()
    for _ in range(2):
        outbox = Outbox(str(file), "t")
        assert ids(outbox) == ["old"]
        outbox.close()


def test_marks_of_readers_are_heard(log, tmp_path):
    shown: list[Notification] = []
    sink = NotifySink(log, str(tmp_path / "n.db"), 10, {"console": shown.append})
    set_mark(log, "mute", "s", NOON)
    log.publish([Message(topics.ALERTS.name, "a", encode(alert("a")))])
    sink.step(10.0)
    assert shown == []
    set_mark(log, "clear", "s", NOON)
    log.publish([Message(topics.ALERTS.name, "b", encode(alert("b")))])
    sink.step(10.0)
    assert [n.alerts[0].alert_id for n in shown] == ["b"]
    sink.close()


def test_a_channel_that_the_rules_name_no_more_is_told_on_the_console(log, tmp_path):
    shown: list[Notification] = []
    sink = NotifySink(log, str(tmp_path / "n.db"), 10, {"console": shown.append})
    log.publish([Message(topics.ALERTS.name, "a", encode(alert("a", notify=("gone",))))])
    sink.step(10.0)
    assert [n.alerts[0].alert_id for n in shown] == ["a"]
    sink.close()
