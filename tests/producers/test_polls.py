"""Effects of a poll on a feed: rhythm, hints, probes, moves, failures and silence; and thirty days of them."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from claimwire.config.settings import Settings
from claimwire.records.feeds import Feed
from producers.feeds.parse import Hints, ParsedFeed
from producers.http.fetch import Fetched
from producers.tables.polls import DEAD_AFTER, Seen, failed, has_moved, is_probe, polled, request_headers, silence
from producers.tables.schedule import allowed, paced
from tests.producers.simulation import followed

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = Settings()
DAY = timedelta(days=1)


def feed(**fields) -> Feed:
    return Feed(**({"url": "https://paper.example/feed", "source": "Paper", "added_at": NOW, "next_due": NOW} | fields))


def answer(status: int = 200, permanent: str | None = None, **headers: str) -> Fetched:
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return Fetched(status, "https://paper.example/feed", permanent, named, b"")


def parsed(**hints) -> ParsedFeed:
    return ParsedFeed(None, None, (), 0, Hints(**hints))


def after(row: Feed, new: int, entries: int = 20, now: datetime = NOW, **how) -> Feed:
    return polled(row, answer(**how), now, "ok", SETTINGS, parsed(), Seen(entries, new))


def test_a_busy_feed_is_polled_faster_and_a_quiet_one_slower():
    first = after(feed(), 20)
    assert first.pace is None
    busy = quiet = first
    for n in range(1, 400):
        now = NOW + timedelta(minutes=15 * n)
        busy, quiet = after(busy, 19, now=now), after(quiet, 0, now=now)
    assert busy.pace == SETTINGS.poll_min
    assert quiet.pace == 4 * feed().interval
    assert first.window == 20


def test_the_pace_leaves_room_for_a_burst():
    assert paced(900, 900, 0.5, 20, 0.0, 120) == 900
    assert paced(900, 900, 0.9, 20, 0.0, 120) > 900
    assert paced(900, 900, 0.1, 20, 0.0, 120) < 900
    rate = 50 / 86_400
    assert paced(3600, 900, 0.9, 10, rate, 120) == pytest.approx(max(120, 10 / (80 * rate)))


def test_hints_of_feed_and_server_are_kept_and_clamped():
    row = polled(feed(), answer(cache_control="max-age=3600"), NOW, "ok", SETTINGS, parsed(interval=1800.0), Seen(1, 1))
    assert row.hint == 1800
    assert 3240 <= (row.next_due - NOW).total_seconds() <= 3960
    later = polled(row, answer(304), NOW, "not_modified", SETTINGS)
    assert later.hint == 1800
    assert 1620 <= (later.next_due - NOW).total_seconds() <= 1980
    year = polled(feed(), answer(cache_control="max-age=99999999"), NOW, "ok", SETTINGS, parsed(), Seen(1, 1))
    assert year.next_due - NOW <= DAY


def test_a_hint_never_exceeds_the_users_interval_nor_the_window():
    day = parsed(interval=86_400.0)
    own = polled(feed(interval=600, is_interval_set=True), answer(), NOW, "ok", SETTINGS, day, Seen(20, 20))
    assert (own.next_due - NOW).total_seconds() <= 660
    cached = polled(feed(), answer(cache_control="max-age=604800"), NOW, "ok", SETTINGS, parsed(), Seen(20, 20))
    assert (cached.next_due - NOW).total_seconds() <= 1.1 * 86_400 / 20
    busy = feed(window=20, rate=200 / 86_400, last_polled_at=NOW - timedelta(hours=1), pace=900.0)
    assert (after_hint(busy, 8) - NOW).total_seconds() <= 1_000
    rare = feed(window=20, rate=0.5 / 86_400, last_polled_at=NOW - timedelta(hours=1), pace=900.0)
    assert (after_hint(rare, 0) - NOW).total_seconds() > 40_000


def after_hint(row: Feed, new: int) -> datetime:
    return polled(row, answer(), NOW, "ok", SETTINGS, parsed(interval=86_400.0), Seen(20, new)).next_due


def test_hours_and_days_that_a_feed_leaves_out():
    assert allowed(NOW, (12, 13), ()) == NOW.replace(hour=14)
    assert allowed(NOW, (), (4,)) == (NOW + DAY).replace(hour=0)
    assert allowed(NOW, range(24), ()) == NOW
    row = polled(feed(), answer(), NOW, "ok", SETTINGS, parsed(skip_hours=frozenset({12})), Seen(1, 1))
    assert row.next_due == NOW.replace(hour=13)


def test_validators_are_sent_as_they_came():
    row = after(feed(), 1, etag='W/"a"', last_modified="some odd day")
    assert request_headers(row, NOW) == {"If-None-Match": 'W/"a"', "If-Modified-Since": "some odd day", "A-IM": "feed"}
    kept = polled(row, answer(304, last_modified="another"), NOW, "not_modified", SETTINGS)
    assert (kept.etag, kept.last_modified) == ('W/"a"', "another")
    assert request_headers(after(feed(), 1, etag="a", cache_control="no-store"), NOW) == {}
    assert request_headers(after(feed(), 1, etag="a", expires="0"), NOW) == {}


def test_a_server_that_answers_304_for_ever_is_probed_and_marked():
    row = after(feed(), 1, etag="a")
    late = NOW + timedelta(days=31)
    assert not is_probe(row, NOW + timedelta(days=29))
    assert is_probe(row, late)
    assert request_headers(row, late) == {}
    nothing_new = after(row, 0, now=late)
    assert not nothing_new.ignores_validators
    assert not is_probe(nothing_new, late + timedelta(hours=23))
    assert is_probe(nothing_new, late + DAY)
    marked = after(row, 3, now=late)
    assert marked.ignores_validators
    assert request_headers(marked, late) == {}


def test_a_feed_moves_after_three_equal_permanent_redirects():
    row = feed()
    for _ in range(2):
        row = after(row, 0, permanent="https://new.example/feed")
        assert not has_moved(row)
    assert not has_moved(after(row, 0, permanent="https://other.example/feed"))
    assert not has_moved(after(row, 0))
    assert has_moved(after(row, 0, permanent="https://new.example/feed"))


def test_a_full_window_of_new_entries_is_counted_but_not_the_first():
    first = after(feed(), 20)
    assert first.maybe_lost == 0
    assert after(first, 20).maybe_lost == 1
    assert after(first, 19).maybe_lost == 0
    assert after(first, 3, entries=3).maybe_lost == 0


def test_failures_back_off_by_kind_and_a_dead_feed_is_left():
    row = feed()
    for _ in range(4):
        row = failed(row, NOW, "not_found", "HTTP 404", SETTINGS)
    assert (row.next_due - NOW).total_seconds() > 8 * 900
    assert not row.disabled
    row = structs.replace(row, last_polled_at=NOW + DEAD_AFTER)
    assert failed(row, NOW + DEAD_AFTER + DAY, "not_found", "HTTP 404", SETTINGS).disabled
    assert failed(feed(), NOW, "gone", "HTTP 410", SETTINGS, is_gone=True).disabled
    mended = after(row, 1)
    assert (mended.failures, mended.failing_since, mended.error) == (0.0, None, None)
    challenge = failed(feed(), NOW, "blocked_by_challenge", "HTTP 403", SETTINGS)
    assert (challenge.next_due - NOW).total_seconds() > 6 * 900


def test_silence_against_its_own_rhythm():
    row = after(feed(), 1)
    for hours in range(1, 10):
        row = after(row, 1, now=NOW + timedelta(hours=hours))
    last = NOW + timedelta(hours=9)
    assert row.gap == pytest.approx(3600)
    assert silence(row, last + timedelta(hours=40)) is None
    assert silence(row, last + timedelta(days=3)) == timedelta(days=3)
    assert silence(structs.replace(row, gap=7 * 86_400.0), last + timedelta(days=30)) is None


def test_nothing_is_missed_and_polls_are_few():
    found = [followed(seed, 7) for seed in range(25)]
    assert sum(p.entries for p in found) > 2_000
    assert sum(p.missed for p in found) == 0
    assert sum(p.polls for p in found) < sum(p.fixed for p in found) / 2


def test_the_latest_polls_are_remembered():
    from producers.tables.polls import RECENT, remembered

    start = datetime(2026, 11, 20, tzinfo=UTC)
    row = Feed(url="https://a.example/f", source="A", added_at=start, next_due=start)
    for minute in range(30):
        row = remembered(
            structs.replace(row, status="ok" if minute % 3 else "timed_out"), start + timedelta(minutes=minute)
        )
    assert len(row.recent) == RECENT
    assert [p.at.minute for p in row.recent] == list(range(10, 30))
    assert [p.status for p in row.recent[-3:]] == ["timed_out", "ok", "ok"]
