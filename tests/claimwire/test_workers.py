"""The pool: order, failures, time limit, death of a child."""

import os
import time

import pytest

from claimwire.workers import Pool, WorkFailed


def work(word: str) -> str:
    if word == "bad":
        raise KeyError("no such thing")
    if word == "slow":
        time.sleep(600)
    if word == "die":
        os._exit(3)
    return word.upper()


@pytest.fixture(scope="module")
def pool():
    pool = Pool(work, 2, timeout=1.5, start_timeout=20)
    yield pool
    pool.close()


def test_results_come_in_order_and_failures_in_their_place(pool):
    found = pool.map(["a", "bad", "b", "die", "c", "slow", "d"])
    assert [f if isinstance(f, str) else type(f).__name__ for f in found] == [
        "A", "WorkRefused", "B", "WorkFailed", "C", "WorkFailed", "D",
    ]  # fmt: skip
    assert "KeyError" in str(found[1])
    assert "died" in str(found[3])


def test_the_pool_lives_on_after_a_late_record(pool):
    pool.call("warm")
    # Whichever child is idle first, both have run: neither gets the longer time of a first call.
    pool.map(["x", "y", "z", "w"])
    with pytest.raises(WorkFailed, match="timed out after"):
        pool.call("slow")
    assert pool.map(["a", "b", "c"]) == ["A", "B", "C"]


def plainly(word: str) -> str:
    return work(word) if word == "die" else f"plain {word}"


def given_up(word: str) -> str:
    return f"given up {word}"


def test_what_is_late_is_tried_by_another_way_and_then_given_up():
    pool = Pool(work, 1, timeout=1.5, rescue=plainly, give_up=given_up)
    try:
        assert pool.map(["a", "slow", "die", "b"]) == ["A", "plain slow", "given up die", "B"]
    finally:
        pool.close()
