"""The demo's reports against those that a careful reader expects (seeds/demo/reports.tsv)."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from claimwire import topics
from claimwire.log.sqlite import SqliteLog
from claimwire.records.alerts import Alert
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from console.cli.demo import summarise
from console.demo_site import read_corpus
from console.resources import seeds_dir


@dataclass(frozen=True)
class Expected:
    """A row of the table; `numbers` are those of a change, () where the change has none."""

    article: str
    words: tuple[str, ...]
    change: str
    numbers: tuple[str, ...]
    optional: bool

    def is_met_by(self, sighting: Sighting) -> bool:
        """True if the sighting says these words in that article."""
        said = f"{sighting.sentence} {sighting.evidence}".casefold()
        return (sighting.url or "").split("?")[0].endswith(f"/{self.article}") and all(w in said for w in self.words)

    def is_change_of(self, sighting: Sighting) -> bool:
        """True if the sighting shows this change."""
        return self.is_met_by(sighting) and any(
            change.kind.value == self.change and (not self.numbers or self.numbers == (change.old, change.new))
            for change in sighting.changes
        )


def expected() -> list[Expected]:
    lines = (seeds_dir() / "demo" / "reports.tsv").read_text("utf-8").splitlines()
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t", restval="")
    return [
        Expected(
            r["article"], tuple(r["words"].casefold().split()), r["change"],
            tuple(n for n in (r["old"], r["new"]) if n), bool(r["optional"]),
        )
        for r in rows
    ]  # fmt: skip


@pytest.fixture(scope="module")
def log(demo: Path):
    log = SqliteLog.open(f"sqlite:///{demo}/data/stream.db", "claimwire")
    yield log
    log.close()


@pytest.fixture(scope="module")
def reported(log) -> list[Sighting]:
    """Everything that a reader of the demo is shown."""
    articles = [
        decode(m.value, Article) for p in range(topics.ARTICLES.partitions) for m in log.read(topics.ARTICLES, p)
    ]
    return [s for a in articles for s in a.sightings if s.reported]


def test_each_expected_report_is_of_an_article_of_the_corpus():
    slugs = {a.slug for a in read_corpus(seeds_dir())[1]}
    assert {e.article for e in expected()} <= slugs


def test_every_reported_change_is_expected(reported):
    wanted = expected()
    false = [
        (s.url, s.sentence, [(c.kind.value, c.old, c.new) for c in s.changes])
        for s in reported
        if s.changes and not any(e.is_change_of(s) for e in wanted)
    ]
    assert false == []


def test_four_of_five_expected_reports_are_there(reported):
    wanted = [e for e in expected() if not e.optional]
    missing = [
        e for e in wanted if not any((e.is_change_of if e.change else e.is_met_by)(sighting) for sighting in reported)
    ]
    assert len(missing) <= len(wanted) / 5, missing


def test_nothing_but_expected_changes_is_of_high_severity(log, reported):
    changes = {s.cluster_id for s in reported if any(e.is_change_of(s) for e in expected() if e.change)}
    alerts = [decode(m.value, Alert) for p in range(topics.ALERTS.partitions) for m in log.read(topics.ALERTS, p)]
    assert {a.cluster_id for a in alerts if a.severity == "high"} <= changes


def test_an_article_has_at_most_eight_reports(reported):
    articles = [s.article_id for s in reported]
    assert max(articles.count(a) for a in set(articles)) <= 8


def test_the_order_of_the_demo_is_that_of_its_corpus(log):
    articles = [
        (m.timestamp_ms, decode(m.value, Article))
        for p in range(topics.ARTICLES.partitions)
        for m in log.read(topics.ARTICLES, p)
    ]
    slugs = [(a.clean.url or "").split("?")[0].rsplit("/", 1)[1] for _, a in sorted(articles, key=lambda pair: pair[0])]
    assert slugs == [a.slug for a in read_corpus(seeds_dir())[1]]


def test_the_summary_counts_what_is_reported(log, reported):
    assert summarise(log, 0.0)["reported"] == len(reported)
