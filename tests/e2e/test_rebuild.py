"""A lost state of `match` on real Kafka: the real runner rebuilds it with a watchdog that is faster than the rebuild.

`python -m tests.bench.rebuild` does the same with 100,000 decisions.
"""

import pytest

from tests.bench.rebuild import STALL_SECONDS, rebuild, short_articles

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]
DECISIONS = 12_000


def test_a_lost_state_is_rebuilt_while_the_watchdog_looks_on(kafka, namespace, tmp_path):
    seconds, memory = rebuild(kafka.host_port, namespace, tmp_path, list(short_articles(300)), DECISIONS)
    assert memory < 300
    assert DECISIONS / seconds > 500, "a fast machine has 1,500 and more; a busy one may have less"
    lines = (tmp_path / "match.log").read_text()
    assert f"rebuilding its state from {DECISIONS} records" in lines
    assert seconds < STALL_SECONDS or "about" in lines
