"""Times at which alerts are sent: each wish alone, and together."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimwire.policy import due, end_of_quiet
from claimwire.records.alerts import Policy

NOON = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NIGHT = "22:00-06:00 Europe/Paris"


@pytest.mark.parametrize(
    ("policy", "last", "wait", "why"),
    [
        (Policy(), None, 0, ""),
        (Policy(hold=300), None, 5, "held"),
        (Policy(at_most_every=1800), None, 0, ""),
        (Policy(at_most_every=1800), 10, 20, "at most every"),
        (Policy(at_most_every=1800), 40, 0, ""),
        (Policy(hold=300, at_most_every=1800), 28, 5, "held"),
        (Policy(digest=3600), None, 50, "digest"),
        (Policy(quiet_hours="12:00-13:00 UTC"), None, 50, "quiet hours"),
        (Policy(quiet_hours="13:00-14:00 UTC", digest=3600), None, 110, "quiet hours"),
        (Policy(quiet_hours="14:00-12:00 UTC"), None, 0, ""),
    ],
)
def test_wishes(policy, last, wait, why):
    told = NOON - last * MINUTE if last is not None else None
    assert due(policy, NOON, told) == (NOON + wait * MINUTE, why)


def test_quiet_hours_are_those_of_their_place_and_of_its_summer():
    for month, begin, end in ((1, 21, 5), (7, 20, 4)):
        late = datetime(2026, month, 10, begin, 30, tzinfo=UTC)
        assert end_of_quiet(NIGHT, late) == datetime(2026, month, 11, end, tzinfo=UTC)
        assert end_of_quiet(NIGHT, late - timedelta(hours=1)) is None
        early = datetime(2026, month, 10, end - 1, 59, tzinfo=UTC)
        assert end_of_quiet(NIGHT, early) == datetime(2026, month, 10, end, tzinfo=UTC)
        assert end_of_quiet(NIGHT, early + MINUTE) is None


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 23),
    st.integers(0, 23),
)
def test_what_is_put_off_is_told_when_it_is_not_quiet(at, begin, end):
    hours = f"{begin:02}:00-{end:02}:00 UTC"
    when, _ = due(Policy(hold=60, digest=7200, quiet_hours=hours), at, None)
    assert at < when < at + timedelta(days=2)
    assert end_of_quiet(hours, when) is None
