"""A clock that was once forty days ahead: nothing sleeps for what was written then, and nothing is deleted for it."""

import logging
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.log import Message
from claimwire.log.retention import expire
from claimwire.log.table import Table
from claimwire.policy import due
from claimwire.records.alerts import Policy
from claimwire.records.feeds import Feed, Page, Polled
from claimwire.runtime.clock import SetBack, is_plausible
from claimwire.store.drivers import open_store
from producers.articles import live_since
from producers.http.pacing import Hosts
from producers.tables.clocks import mended_feed, mended_page
from producers.tables.due_queue import Due
from producers.tables.feeds_file import import_feeds
from producers.tables.polls import DEAD_AFTER, failed
from producers.websub.hubs import wants_lease
from sinks.notify.outbox import Outbox
from sinks.search.sink import SearchSink
from tests.groups.test_commits import article
from tests.sinks.test_notify import alert

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AHEAD = timedelta(days=40)
DAY = 86_400.0


def feed(**fields) -> Feed:
    return Feed(**({"url": "https://a.example/feed", "source": "a", "added_at": NOW, "next_due": NOW} | fields))


def written_ahead() -> Feed:
    """As polls left it while the clock was ahead."""
    then = NOW + AHEAD
    return feed(
        next_due=then + timedelta(hours=1), added_at=then, first_polled_at=then, last_polled_at=then, changed_at=then, probed_at=then,
        failing_since=then, hub="https://hub.example/", topic_url="https://a.example/feed", websub_asked_at=then,
        websub_until=then + timedelta(days=10), websub_lease=10 * DAY,
        recent=(Polled(at=NOW - timedelta(hours=1), status="ok"), Polled(at=then, status="ok")),
    )  # fmt: skip


def test_a_feed_of_that_time_is_polled_watched_and_live_again():
    row = mended_feed(written_ahead(), NOW, DAY)
    assert row.next_due == row.first_polled_at == row.last_polled_at == row.changed_at == row.probed_at == NOW
    assert row.websub_until is None
    assert wants_lease(row, NOW)
    assert [poll.status for poll in row.recent] == ["ok"]
    assert live_since(row, NOW) < NOW
    assert mended_feed(row, NOW, DAY) is row


@pytest.mark.parametrize(
    "fields",
    [{"next_due": NOW + timedelta(days=1)}, {"next_due": NOW + timedelta(days=5.5), "skip_days": (4, 5, 6, 0, 1, 2)},
     {"websub_until": NOW + timedelta(days=10), "websub_lease": 10 * DAY}, {"last_polled_at": NOW + timedelta(seconds=30)}],
)  # fmt: skip
def test_what_is_possible_stays(fields):
    row = feed(**fields)
    assert mended_feed(row, NOW, DAY) is row


def test_a_page_of_that_time_is_looked_at_again():
    page = Page(article_id="a", revision_id="r", url="https://a.example/1", source="a", lane="live", first_seen_at=NOW + AHEAD,
                next_due=NOW + AHEAD + timedelta(hours=1), gone_at=NOW + AHEAD)  # fmt: skip
    row = mended_page(page, NOW, DAY)
    assert row.next_due == row.first_seen_at == row.gone_at == NOW
    assert mended_page(row, NOW, DAY) is row


def test_a_clock_that_leaps_does_not_end_a_feed_that_fails():
    row = feed(failing_since=NOW - timedelta(hours=2), last_polled_at=NOW - timedelta(minutes=10), failures=2.0)
    leapt = failed(row, NOW + AHEAD, "dns", "no such host", Settings())
    assert not leapt.disabled
    fails = feed(
        failing_since=NOW - DEAD_AFTER - timedelta(hours=1), last_polled_at=NOW - timedelta(hours=20), failures=30.0
    )
    assert failed(fails, NOW, "dns", "no such host", Settings()).disabled


@pytest.mark.parametrize("is_restarted", [True, False])
def test_rows_are_taken_again_with_one_line_when_the_clock_is_right(log, caplog, is_restarted):
    rows = [feed(url=f"https://{n}.example/feed", next_due=NOW + AHEAD) for n in range(50)]
    import_feeds(log, rows)
    table = Table(log, topics.FEEDS, "rss", Feed)
    while not table.is_ready:
        table.refresh(0.01)
    taken = Due(table, 2, lambda row: row.next_due, lambda row, at: mended_feed(row, at, DAY))
    if not is_restarted:
        assert list(taken.take(NOW + AHEAD - timedelta(hours=1), (), 100)) == []
    assert len(list(taken.take(NOW, (), 100))) == 50
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == [
        "50 rows had times in the future (a clock was ahead); corrected"
    ]
    assert list(taken.take(NOW + timedelta(seconds=1), table.rows, 100)) == []


def test_set_back():
    clock = SetBack()
    looks = [NOW, NOW + AHEAD, NOW, NOW - timedelta(seconds=10), NOW + timedelta(days=1)]
    assert [clock.look(at) for at in looks] == [True, False, True, False, False]


def test_slots_and_starts_booked_by_such_a_clock_hold_up_nobody(tmp_path):
    settings = Settings(data_dir=str(tmp_path), host_inflight=1)
    hosts = Hosts(settings)
    ahead = time.time() + AHEAD.total_seconds()
    hosts._db.execute("INSERT INTO slots(host, until) VALUES('a.example', ?)", (ahead,))
    hosts._db.execute("INSERT INTO hosts VALUES('a.example', ?)", (ahead,))
    booked = hosts._book("a.example", 1.0)
    assert booked is not None
    assert booked[1] == 0
    hosts.close()
    again = Hosts(settings)
    assert again._db.execute("SELECT count(*) FROM slots").fetchone()[0] == 1
    again.close()


def test_a_member_killed_while_the_clock_was_ahead_loses_its_share(log):
    group = f"{log.namespace}.g"
    log.connection.execute("INSERT INTO members VALUES(?, 'killed', ?)", (group, time.time() + AHEAD.total_seconds()))
    row = "INSERT INTO owners VALUES(?, ?, ?, 'killed')"
    log.connection.executemany(row, [(group, f"{log.namespace}.{topics.RAW.name}", p) for p in range(12)])
    consumer = log.consumer("g", (topics.RAW,))
    assert len(consumer.assignment()) == 12
    consumer.close()


def test_notices_due_at_such_a_time_are_delivered():
    outbox, then = Outbox(":memory:", "t"), NOW + AHEAD
    policies = [Policy(hold=300), Policy(at_most_every=3600), Policy(digest=DAY), Policy()]
    for n, policy in enumerate(policies):
        outbox.take(alert(f"a{n}", rule=f"r{n}", story_id=f"s{n}", policy=policy), then, {})
    failing = next(d for d in outbox.deliveries(then, "console") if d.notice.rule == "r3")
    outbox.failed(failing, then, "HTTP 500")
    assert outbox.deliveries(NOW, "console") == []
    assert outbox.mend(NOW) == 4
    assert {d.notice.rule for d in outbox.deliveries(NOW, "console")} == {"r0", "r1", "r2", "r3"}
    # The last notification of a group, dated forty days from now, puts nothing off either.
    late = due(Policy(at_most_every=3600), NOW, then)
    assert late == (NOW, "")


def test_notices_that_wait_as_asked_are_left_alone():
    outbox = Outbox(":memory:", "t")
    for n, policy in enumerate([Policy(hold=50 * DAY), Policy(digest=60 * DAY), Policy(quiet_hours="00:00-23:59 UTC")]):
        outbox.take(alert(f"a{n}", rule=f"r{n}", story_id=f"s{n}", policy=policy), NOW, {})
    assert outbox.mend(NOW) == 0
    assert outbox.deliveries(NOW, "console") == []


def test_nothing_is_deleted_by_its_age_where_the_day_before_is_not_in_the_ledger(log):
    now, day = int(NOW.timestamp() * 1000), topics.DAY_MS
    log.publish([Message(topics.OUTCOMES.name, f"a{n}", b"{}", partition=0) for n in range(3)])
    log.publish([Message(topics.RAW.name, "a", b"x", partition=0)])
    log.publish([Message(topics.FEEDS.name, "f", b"x", partition=0) for _ in range(3)])
    for days, offset in ((1.5, 0), (0.5, 1), (0.1, 2)):
        row = "UPDATE messages SET ts = ? WHERE topic LIKE '%.outcomes' AND off = ?"
        log.connection.execute(row, (now - int(days * day), offset))
    assert is_plausible(log, now)
    leapt = now + 40 * day
    assert not is_plausible(log, leapt)
    assert expire(log, topics.TOPICS, leapt, by_age=False) == {"feeds": 2}
    assert len(list(log.read(topics.RAW, 0))) == 1
    log.connection.execute("UPDATE messages SET ts = ? WHERE topic LIKE '%.articles.raw'", (now - 20 * day,))
    assert expire(log, topics.TOPICS, now, by_age=True) == {"articles.raw": 1}


def test_the_store_keeps_its_months_after_such_a_leap(log, tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'search.db'}", "t")
    sink = SearchSink(log, store, 50, keep_days=30)
    log.publish([article("a")])
    assert sink.step(1.0) == 1
    sink.expire(date(2027, 2, 1))
    assert store.search("articles", "").total == 1
    log.connection.execute("UPDATE messages SET ts = ts - ?", (topics.DAY_MS * 3 // 2,))
    sink.expire(date(2027, 2, 2))
    assert store.search("articles", "").total == 0
    sink.close()
