"""The pool: order, failures, one time limit for all that is done with a record, deaths of children over restarts."""

import os
import threading
import time

import pytest

from claimwire.runtime.process_pool import CLOCK_FACTOR, Pool, Rescue, WorkFailed, WorkRefused
from claimwire.runtime.strikes import STRIKES, STRUCK_SECONDS, Attempts, Breaker


def work(word: str) -> str:
    if word == "bad":
        raise KeyError("no such thing")
    while word.startswith("slow"):
        pass
    if word == "wait":
        time.sleep(600)
    if word == "die":
        os._exit(3)
    if word == "eat":
        return "x" * (1 << 30)
    return word.upper()


def start_slowly() -> None:
    time.sleep(2.0)


def never_start() -> None:
    os._exit(4)


@pytest.fixture(scope="module")
def pool():
    pool = Pool(work, 2, timeout=1.0)
    yield pool
    pool.close()


def test_results_come_in_order_and_failures_in_their_place(pool):
    found = pool.map(["a", "bad", "b", "die", "c", "slow", "eat", "d"])
    assert [f if isinstance(f, str) else type(f).__name__ for f in found] == [
        "A", "WorkRefused", "B", "WorkFailed", "C", "WorkFailed", "WorkFailed", "D",
    ]  # fmt: skip
    assert "KeyError" in str(found[1])
    assert "died" in str(found[3])
    assert "ran out of memory" in str(found[6])


def test_the_pool_lives_on_after_a_late_record(pool):
    with pytest.raises(WorkFailed, match="timed out after 1 s"):
        pool.call("slow")
    assert pool.map(["a", "b", "c"]) == ["A", "B", "C"]


def test_a_child_that_works_at_nothing_is_late_too(pool):
    started = time.monotonic()
    with pytest.raises(WorkFailed, match="timed out after 1 s"):
        pool.call("wait")
    assert time.monotonic() - started >= CLOCK_FACTOR


def test_what_is_done_before_a_slow_record_is_handed_over_while_it_runs(pool):
    pool.map(["a", "b"])
    parts, before = pool.in_order(["a", "b", "slow", "c", "d"], seconds=0.4), pool.progress
    found = [next(parts)]
    assert found[0] in (["A"], ["A", "B"]), "it did not wait for the slow one"
    found += parts
    late = next(part for part in found if isinstance(part[0], WorkFailed))
    assert late[1:] == ["C", "D"]
    assert [r for part in found[: found.index(late)] for r in part] == ["A", "B"]
    assert pool.progress > before + 5, "a child that works within its limit is a sign of life"


def test_a_child_starts_before_the_limit_counts():
    pool = Pool(work, 1, timeout=0.5, warm=start_slowly)
    try:
        assert pool.call("a") == "A"
        with pytest.raises(WorkFailed, match=r"timed out after 0.5 s"):
            pool.call("slow")
        assert pool.call("b") == "B"
        assert pool.progress >= 2
    finally:
        pool.close()


def test_a_child_that_cannot_start_is_the_machines_fault():
    pool = Pool(work, 1, timeout=0.5, warm=never_start)
    try:
        with pytest.raises(OSError, match="a child process died while it started"):
            pool.map(["a"])
    finally:
        pool.close()


def plainly(word: str) -> str:
    return work(word) if word in ("die", "slow twice") else f"plain {word}"


def given_up(word: str) -> str:
    return f"given up {word}"


def rescue(attempts: Attempts, breaker: Breaker | None = None) -> Rescue[str, str]:
    return Rescue(plainly, given_up, str, lambda word: word.split()[0], attempts, breaker or Breaker())


def test_what_is_late_is_tried_by_another_way_and_then_given_up_within_one_limit():
    attempts = Attempts(None)
    pool = Pool(work, 1, timeout=1.5, rescue=rescue(attempts))
    try:
        assert pool.map(["a", "slow", "die", "b"]) == ["A", "plain slow", "given up die", "B"]
        assert [attempts.of(w) for w in ("a", "slow", "die")] == [0, 1, 2]
        started = time.monotonic()
        assert pool.map(["slow twice"]) == ["given up slow twice"]
        # Its two children were warm, or were waited for without counting.
        assert time.monotonic() - started < 45
    finally:
        pool.close()


def test_a_record_that_stopped_two_children_is_given_up_at_once_by_the_next_process(tmp_path):
    path = tmp_path / "sub" / "attempts.db"
    first = Attempts(path)
    pool = Pool(work, 1, timeout=1.0, rescue=rescue(first))
    thread = threading.Thread(target=lambda: pool.map(["slow", "die"]), daemon=True)
    try:
        thread.start()
        deadline = time.monotonic() + 60
        while not first.of("slow") and time.monotonic() < deadline:
            time.sleep(0.02)
        # Noted while it runs: a process that ended now would leave this behind.
        assert Attempts(path).of("slow") == 1
        thread.join(60)
    finally:
        pool.close()
    assert (path.stat().st_mode & 0o777) == 0o600
    again = Pool(work, 1, timeout=1.0, rescue=rescue(Attempts(path)))
    try:
        assert again.map(["slow", "die", "a"]) == ["plain slow", "given up die", "A"]
    finally:
        again.close()


def test_attempts_are_forgotten_after_an_hour(tmp_path):
    clock = [0.0]
    attempts = Attempts(tmp_path / "a.db", lambda: clock[0])
    attempts.add("x")
    attempts.add("x")
    clock[0] = 3_599.0
    assert attempts.of("x") == 2
    clock[0] = 3_601.0
    assert attempts.of("x") == 0
    assert Attempts(tmp_path / "a.db", lambda: clock[0]).of("x") == 0


def test_pages_of_a_host_with_three_late_ones_are_read_plainly_from_then_on():
    clock = [0.0]
    attempts, breaker = Attempts(None), Breaker(lambda: clock[0])
    pool = Pool(work, 1, timeout=0.6, rescue=rescue(attempts, breaker))
    try:
        names = [f"slow {n}" for n in range(5)]
        assert pool.map(names) == [f"plain {n}" for n in names]
        assert pool.map(["fast 1"]) == ["FAST 1"], "another host's pages are read as ever"
        # The last two cost no child.
        assert [attempts.of(n) for n in names] == [1, 1, 1, 0, 0]
        clock[0] = STRUCK_SECONDS + 1
        assert not breaker.is_open(lambda: "slow")
    finally:
        pool.close()


def test_the_breaker_keeps_a_bounded_number_of_hosts():
    breaker = Breaker(lambda: 0.0)
    for number in range(3_000):
        for _ in range(STRIKES):
            breaker.strike(f"h{number}")
    assert len(breaker._struck) == 1_000
    assert breaker.is_open(lambda: "h2999")
    assert not breaker.is_open(lambda: "h1")


def test_a_refused_record_says_why(pool):
    with pytest.raises(WorkRefused, match="KeyError"):
        pool.call("bad")
