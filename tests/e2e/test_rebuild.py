"""A lost state of `match` on real Kafka: the real runner rebuilds it with a watchdog that is faster than the rebuild.

`python -m tests.bench.rebuild` does the same with 100,000 decisions.
"""

import pytest

from tests.bench.rebuild import rebuild, short_articles

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]
DECISIONS = 12_000


def test_a_lost_state_is_rebuilt_while_the_watchdog_looks_on(kafka, namespace, tmp_path):
    found = rebuild(kafka.host_port, namespace, tmp_path, list(short_articles(300)), DECISIONS)
    assert found.memory < 300
    # By CPU time, with the start of the process, which a busy machine makes longer too; a free one has 2,500 and more.
    assert DECISIONS / found.cpu_seconds > 600
    lines = (tmp_path / "match.log").read_text()
    assert f"rebuilding its state from {DECISIONS} records" in lines
    assert found.seconds < 10 or "s left" in lines
