"""`claimwire run` on the embedded default, as a person would start it: killed in the middle, started again, stopped."""

import time
from pathlib import Path

import pytest

from claimwire import topics
from claimwire.ledger import counts, read_ledger
from claimwire.log import open_log
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from claimwire.records.vocabulary import Verdict
from claimwire.store.drivers import open_store
from tests.e2e.harness import Processes, SiteThread, wait_until_done

pytestmark = pytest.mark.timeout(400)


def feeds_file(folder: Path, site) -> Path:
    rows = [
        f'[[feed]]\nurl = "{site.base}/{s.id}/feed"\nsource = "{s.name}"\ninterval = 0.2\nsince = 2020-10-01\n'
        for s in site.sources
    ]
    path = folder / "feeds.toml"
    path.write_text("\n".join(rows))
    return path


def test_killed_in_the_middle_and_started_again(tmp_path):
    broker, store_url = f"sqlite:///{tmp_path / 'stream.db'}", f"sqlite:///{tmp_path / 'search.db'}"
    with SiteThread() as site:
        env = {
            "CLAIMWIRE_BROKER": broker, "CLAIMWIRE_STORE": store_url, "CLAIMWIRE_DATA_DIR": str(tmp_path),
            "CLAIMWIRE_FEEDS": str(feeds_file(tmp_path, site)), "CLAIMWIRE_ALLOW_PRIVATE_ADDRESSES": "true",
            "CLAIMWIRE_POLL_MIN": "0.2", "CLAIMWIRE_HOST_INTERVAL": "0", "CLAIMWIRE_WORKERS": "1",
        }  # fmt: skip
        processes = Processes(tmp_path, env)
        processes.start_with_feeds("all")
        deadline = time.monotonic() + 120
        while not (tmp_path / "stream.db").exists():
            time.sleep(0.05)
        log = open_log(broker, "claimwire")
        log.ensure_topics(topics.TOPICS)
        while sum(log.ends(topics.ARTICLES).values()) < 8:
            assert time.monotonic() < deadline, processes.logs()
            time.sleep(0.02)
        processes.kill("all")
        processes.start_with_feeds("all")
        try:
            wait_until_done(log, len(site.articles), processes, 240)
        finally:
            statuses = processes.stop()
    assert statuses == {"all": 0}, processes.logs()
    ledger = counts(read_ledger(log).values())
    assert ledger == {"indexed": 39, "duplicate": 1}
    check_once(log, store_url)
    out = (tmp_path / "all.log").read_text()
    assert out.count("New   ") >= 50
    assert "5 feeds added" in out
    assert "0 feeds added" in out
    log.close()


def check_once(log, store_url: str) -> None:
    """Each revision was decided once, no cluster is new twice, and the store holds what was decided."""
    articles = [decode(m.value, Article) for p in range(4) for m in log.read(topics.ARTICLES, p)]
    assert len({(a.clean.article_id, a.clean.revision_id) for a in articles}) == len(articles) == 40
    sightings = [decode(m.value, Sighting) for p in range(4) for m in log.read(topics.CLAIMS, p)]
    new = [s.cluster_id for s in sightings if s.verdict is Verdict.NEW]
    assert len(new) == len(set(new))
    store = open_store(store_url, log.namespace)
    assert {i for i, _, _ in store.dump("claims")} == {s.claim_id for s in sightings}
    store.close()
