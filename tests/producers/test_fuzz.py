"""A short run of the fuzzer: `python -m tests.bench.fuzz` is the long one."""

from tests.bench.fuzz import fuzz


def test_feeds_that_chance_has_changed_raise_nothing():
    exceptions, slowest = fuzz(2_000, seed=2)
    assert exceptions == 0
    assert slowest < 5.0
