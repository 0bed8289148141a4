"""`claimwire replay FILE.warc.gz`, then the same stages as live news: indexed, in its own lane, and without an alert."""

import io
import json
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.ledger import counts, read_ledger
from claimwire.log.sqlite import SqliteLog
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode
from claimwire.records.sightings import Article
from processors.flow import stages
from processors.rules import load_rules
from processors.runners.embedded import StageRunner, drain
from tests.console.command import claimwire

# The archive writer leaves its spools to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
PAGE = (
    "<html><body><article><h1>{0} dead in flood of {1}</h1><p>At least {0} people were killed when the river left its bed in {1} on"
    " Friday, the interior ministry said.</p><p>The ministry said that seven more people were missing near the old bridge.</p>"
    "</article></body></html>"
)


def archive(path, *, is_packed: bool = True, junk: bytes = b"") -> None:
    """Three pages, and what is none."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=is_packed)
    rows = [
        ("https://www.paper.example/a", "200 OK", "text/html; charset=utf-8", PAGE.format("four", "Valdivia")),
        ("https://www.paper.example/b", "200 OK", "text/html", PAGE.format("nine", "Durban")),
        ("http://other.example/c?utm_source=x", "200 OK", "application/xhtml+xml", PAGE.format("six", "Lisbon")),
        ("https://www.paper.example/i.png", "200 OK", "image/png", "x"),
        ("https://www.paper.example/old", "404 Not Found", "text/html", "gone"),
        ("dns:paper.example", "200 OK", "text/html", "x"),
        ("https://www.paper.example/ahead", "200 OK", "text/html", PAGE.format("five", "Nairobi")),
    ]
    for url, status, kind, text in rows:
        headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                url, "response", payload=io.BytesIO(text.encode()), http_headers=headers,
                warc_headers_dict={"WARC-Date": "2990-09-03T10:00:00Z" if "ahead" in url else "2026-09-03T10:00:00Z"},
            )
        )  # fmt: skip
    writer.write_record(writer.create_warcinfo_record("f", {"software": "x"}))
    path.write_bytes(out.getvalue() + junk)


@pytest.mark.parametrize("is_packed", [True, False])
def test_an_archive_goes_the_same_way_and_alerts_nobody(tmp_path, is_packed):
    archive(tmp_path / "a.warc", is_packed=is_packed)
    found = json.loads(claimwire("replay", "a.warc", "--json", cwd=tmp_path))
    passed = {
        "no address or time": 1, "not HTML": 1, "status other than 200": 1, "time in the future": 1, "warcinfo record": 1,
    }  # fmt: skip
    assert found == {"articles": 3, "passed_over": passed, "broken": []}
    claimwire("replay", "a.warc", cwd=tmp_path)
    settings = Settings(broker=f"sqlite:///{tmp_path}/data/stream.db", data_dir=str(tmp_path / "data"))
    log = SqliteLog.open(settings.broker, "claimwire")
    raws = [decode(m.value, RawArticle) for p in range(12) for m in log.read(topics.RAW, p)]
    assert {(r.source, r.lane, r.backfill, r.first_seen_at.isoformat()) for r in raws} == {
        ("paper.example", "2026-09", True, "2026-09-03T10:00:00+00:00"),
        ("other.example", "2026-09", True, "2026-09-03T10:00:00+00:00"),
    }
    drain(
        [
            StageRunner(s, log, settings, None)
            for s in stages(settings, load_rules(str(Path(__file__).resolve().parents[2] / "seeds/rules.toml")))
        ]
    )
    articles = [decode(m.value, Article) for p in range(4) for m in log.read(topics.ARTICLES, p)]
    assert {a.clean.lane for a in articles} == {"2026-09"}
    assert sum(len(a.sightings) for a in articles) >= 3
    assert len({a.clean.article_id for a in articles}) == 3
    assert log.ends(topics.ALERTS) == dict.fromkeys(range(4), 0)
    assert counts(read_ledger(log).values()).total() == 3
    log.close()


def test_a_file_that_breaks_off_keeps_what_came_before(tmp_path):
    archive(tmp_path / "a.warc.gz", junk=b"junk and no archive")
    found = json.loads(claimwire("replay", "a.warc.gz", "--json", cwd=tmp_path, status=1))
    assert found["articles"] == 3
    assert "a.warc.gz: " in found["broken"][0]


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08" + b"x" * 100, b"<html>no archive</html>"])
def test_a_file_that_is_no_archive_is_named(tmp_path, content):
    (tmp_path / "a.warc.gz").write_bytes(content)
    found = json.loads(claimwire("replay", "a.warc.gz", "--json", cwd=tmp_path, status=1))
    assert found["articles"] == 0
    assert found["broken"]
    assert "no such file" in claimwire("replay", "none.warc.gz", cwd=tmp_path, status=2)
