from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from producers.tables.schedule import failure_weight, may_store, next_due, server_hint

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def seconds(**options) -> float:
    return (next_due(NOW, "https://a.example/", options.pop("interval", 900), **options) - NOW).total_seconds()


def test_interval_with_jitter():
    assert 810 <= seconds() <= 990
    assert seconds() == seconds()


def test_hints_failures_and_bounds():
    assert 3240 <= seconds(hint=3600) <= 3960
    assert 3240 <= seconds(failures=2.0) <= 3960
    assert seconds(failures=0.5) == seconds()
    assert seconds(interval=1) >= 120
    assert seconds(failures=30) <= 86_400
    assert seconds(hint=10**9) <= 86_400


def test_retry_after_is_kept():
    assert seconds(retry_after=5000) >= 5000
    assert seconds(retry_after=10**9) == 86_400


@given(st.floats(1, 10**6), st.floats(0, 100), st.none() | st.floats(0, 10**9), st.none() | st.floats(0, 10**9))
def test_never_out_of_bounds(interval, failures, hint, retry_after):
    due = next_due(NOW, "u", interval, failures=failures, hint=hint, retry_after=retry_after)
    assert timedelta(seconds=120) <= due - NOW <= timedelta(days=1)


def test_headers():
    assert server_hint({"cache-control": "public, max-age=3600"}, NOW) == 3600
    assert server_hint({"cache-control": "no-cache"}, NOW) is None
    assert server_hint({"expires": "Fri, 20 Nov 2026 13:00:00 GMT"}, NOW) == 3600
    assert server_hint({"expires": "0"}, NOW) is None
    assert server_hint({"expires": "Fri, 20 Nov 2020 13:00:00 GMT"}, NOW) is None
    assert not may_store({"cache-control": "no-store"})
    assert not may_store({"expires": "0"})
    assert may_store({})


def test_passing_troubles_weigh_less():
    assert failure_weight("rate_limited") < failure_weight("dns") < failure_weight("not_a_feed")
