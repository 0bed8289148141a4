"""The command line, used as a person would: output, exit statuses, one-line errors."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from claimwire import topics
from claimwire.ledger import outcome_message, read_ledger
from claimwire.letters import dead_letters_of
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.records.base import encode
from claimwire.records.hosts import HostHealth
from claimwire.records.outcomes import Outcome
from claimwire.records.vocabulary import OutcomeState
from console.cli import deadletters
from console.cli.examples import EXAMPLES
from console.cli.main import VERBS, parser
from console.cli.show import PARTS
from console.cli.why import ingredient
from console.resources import seeds_dir
from processors.match.clusters import WEIGHTS
from processors.match.verdicts.explanation import Condition
from processors.report.salience import Weight
from tests.conftest import shared
from tests.console.command import claimwire
from tests.producers.site import Server
from tests.records import raw_article, raw_message

SEEDS = [str(seeds_dir() / f"{name}.txt") for name in ("000_f29a8041dc07d8d1", "001_6b684441157fca30")]


def test_the_demo_prints_claims_and_a_table(demo):
    out = (demo / "summary").read_text()
    assert "\nNew  " in out
    assert "\nUpdate  " in out
    assert "\nDisputed  " in out
    assert re.search(r"Dead \d+ → (9|11)", out)
    table = dict(line.rsplit(None, 1) for line in out.split("\ndemo", 1)[1].splitlines() if line.strip())
    assert table["articles"] == "40"
    assert table["in flight"] == "0"
    assert table["dead letters"] == "0"
    assert int(table["outcomes: indexed"]) + int(table["outcomes: duplicate"]) == 40
    assert table["stories"] == "7"


def test_search_finds_the_seeds(demo):
    found = json.loads(claimwire("search", "third city", "--json", cwd=demo))
    assert found["total"] == 2
    assert len({h["story_id"] for h in found["hits"]}) == 1
    assert {h["source"] for h in found["hits"]} == {"Open Gazette", "Daily Meridian"}
    assert "2 articles" in claimwire("search", "third city", cwd=demo)


@pytest.mark.shared
def test_the_seeds_come_out_of_the_demo_exactly_as_expected(demo):
    folder = shared("eval", "cleaning", "seeds")
    for hit in json.loads(claimwire("search", "Karabakh", "Iskhanadzor", "--json", cwd=demo))["hits"]:
        name = "000_f29a8041dc07d8d1" if hit["source"] == "Open Gazette" else "001_6b684441157fca30"
        expected = json.loads((folder / f"{name}.expected.json").read_text("utf-8"))
        found = [{"type": b["type"], "text": hit["text"][b["start"] : b["end"]]} for b in hit["blocks"]]
        assert found == expected["blocks"]
        assert hit["title"] == expected["title"]


def test_evidence_of_every_claim_is_where_it_says(demo):
    texts = {
        h["article_id"]: h["text"]
        for h in json.loads(claimwire("search", "--limit", "100", "--json", cwd=demo))["hits"]
    }
    claims = json.loads(claimwire("search", "--kind", "claims", "--limit", "1000", "--json", cwd=demo))["hits"]
    assert len(claims) > 100
    for claim in claims:
        assert texts[claim["article_id"]][claim["start"] : claim["end"]] == claim["evidence"]
        assert texts[claim["article_id"]][claim["sentence_start"] : claim["sentence_end"]] == claim["sentence"]


def test_what_both_seeds_say_is_told_once(demo):
    claims = json.loads(claimwire("search", "--kind", "claims", "killed 150 members", "--json", cwd=demo))["hits"]
    assert len({c["source"] for c in claims}) == 2
    # Which of the two comes first is the network's choice; the first is reported, the second is silent.
    assert len([c for c in claims if c["verdict"] != "repeat"]) == 1
    assert len({c["cluster_id"] for c in claims}) == 1


def test_filters_and_facets(demo):
    assert "update" in claimwire("search", "--kind", "claims", "--facet", "verdict", cwd=demo)
    found = json.loads(claimwire("search", "--kind", "claims", "--filter", "verdict=update", "--json", cwd=demo))
    assert found["total"] >= 1
    assert "expected FIELD=VALUE" in claimwire("search", "--filter", "colour=red", cwd=demo, status=2)


def test_trace_tells_the_whole_way(demo):
    url = json.loads(claimwire("search", "Valdivia", "--json", cwd=demo))["hits"][0]["url"]
    steps = json.loads(claimwire("trace", url, "--json", cwd=demo))["steps"]
    where = [s["where"] for s in steps]
    assert [w for w in ("articles.raw", "articles.clean", "articles", "claims", "ledger", "store") if w in where] == [
        "articles.raw", "articles.clean", "articles", "claims", "ledger", "store",
    ]  # fmt: skip
    assert "indexed" in claimwire("trace", url, cwd=demo)
    assert "never seen" in claimwire("trace", "https://nobody.example/", cwd=demo, status=1)


def test_status_sums_up(demo):
    report = json.loads(claimwire("status", "--json", cwd=demo))
    assert (report["healthy"], report["problems"]) == (True, [])
    assert report["revisions"] == report["in_flight"] + sum(report["outcomes"].values()) == 40
    assert set(report["lag"].values()) == {0}


def test_status_names_a_host_whose_pages_come_out_otherwise(tmp_path):
    since = datetime(2026, 11, 20, 8, tzinfo=UTC)
    urls = tuple(f"https://paper.example/{n}" for n in range(3))
    health = HostHealth(
        host="paper.example", body_source="page", articles=70, empty=0.6, characters=900, by_trafilatura=1.0,
        confidence=0.4, removed=0.0, updated_at=since, problem="60% of articles have no body, usually 2%", since=since,
        examples=urls,
    )  # fmt: skip
    (tmp_path / "data").mkdir()
    log = SqliteLog.open(f"sqlite:///{tmp_path / 'data' / 'stream.db'}", "claimwire")
    log.ensure_topics(topics.TOPICS)
    log.publish(
        [Message(topics.HOSTS.name, "paper.example page", encode(health)), Message(topics.HOSTS.name, "x", b"junk")]
    )
    log.close()
    out = claimwire("status", cwd=tmp_path)
    assert (
        f"host paper.example since 2026-11-20 08:00: 60% of articles have no body, usually 2%; {' '.join(urls)}" in out
    )
    assert json.loads(claimwire("status", "--json", cwd=tmp_path))["unhealthy_hosts"][0]["examples"] == list(urls)


def test_watch_shows_what_was_decided(demo):
    out = claimwire("watch", "--since", "1", "--for", "0.2", "--verdict", "update", cwd=demo)
    assert out.startswith("Update ")
    reported = claimwire("watch", "--since", "1", "--for", "0.2", "--json", cwd=demo).splitlines()
    assert {json.loads(line)["reported"] for line in reported} == {True}
    everything = claimwire("watch", "--since", "1", "--for", "0.2", "--all", cwd=demo)
    assert "not reported: said before" in everything
    line = claimwire("watch", "--since", "1", "--for", "0.2", "--story", "lublin", "--json", cwd=demo).splitlines()[0]
    assert json.loads(line)["verdict"] != "repeat"


def test_the_demo_starts_anew_and_spares_other_data(demo, tmp_path):
    shutil.copytree(demo / "data", tmp_path / "data")
    assert json.loads(claimwire("demo", "--once", "--json", cwd=tmp_path))["articles"] == 40
    (tmp_path / "data" / "DEMO").unlink()
    assert "holds data that no demo wrote" in claimwire("demo", "--once", cwd=tmp_path, status=2)


def test_batch_writes_articles_and_claims(tmp_path):
    counted = json.loads(claimwire("batch", *SEEDS, "--out", "out", "--json", cwd=tmp_path))
    assert (counted["documents"], counted["articles"]) == (2, 2)
    articles = [json.loads(line) for line in (tmp_path / "out" / "articles.jsonl").read_text().splitlines()]
    claims = [json.loads(line) for line in (tmp_path / "out" / "claims.jsonl").read_text().splitlines()]
    assert [a["doc_id"] for a in articles] == [Path(s).stem for s in SEEDS]
    assert len({a["cluster_id"] for a in articles}) == 1
    texts = {a["doc_id"]: a["text"] for a in articles}
    assert all(texts[c["doc"]][c["span"]["start"] : c["span"]["end"]] == c["span"]["text"] for c in claims)
    assert {c["alert"] for c in claims} <= {"new", "update", "repeat"}
    assert {c["date"]["start"] for c in claims if c["date"]} >= {"2020-10-20", "2020-10-23"}


def test_a_dispute_inside_one_document_is_no_update_of_another(tmp_path):
    text = "March in Vila Longa\nPolice counted 900 marchers in Vila Longa, while the union of teachers said that 4,000 people had marched.\n"
    (tmp_path / "a.txt").write_text(text)
    claimwire("batch", "a.txt", "--out", "out", cwd=tmp_path)
    claims = [json.loads(line) for line in (tmp_path / "out" / "claims.jsonl").read_text().splitlines()]
    assert [(c["alert"], c["change"]["kind"]) for c in claims if c["change"]] == [("new", "dispute")]


def test_batch_reads_html_and_jsonl(tmp_path):
    body = "The interior ministry said on Friday that nine people were killed in the flood in Valdivia."
    (tmp_path / "a.html").write_text(f"<html><body><article><p>{body}</p></article></body></html>")
    (tmp_path / "b.jsonl").write_text(
        json.dumps(
            {
                "id": "b1",
                "title": "Flood",
                "text": body,
                "source": "S",
                "url": "https://s.example/1",
                "published": "2026-11-20",
            }
        )
        + "\n"
        + json.dumps({"id": "b2", "html": f"<p>{body}</p>"})
        + "\n"
    )
    claimwire("batch", "a.html", "b.jsonl", "--out", "out", "--published", "2026-11-21", cwd=tmp_path)
    articles = [json.loads(line) for line in (tmp_path / "out" / "articles.jsonl").read_text().splitlines()]
    assert [(a["doc_id"], (a["published"] or "")[:10]) for a in articles] == [
        ("a", "2026-11-21"), ("b1", "2026-11-20"), ("b2", "2026-11-21"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pdf", b"%PDF", "a.pdf:0: file: not .txt, .html or .jsonl"),
        ("a.txt", b'{"id": broken\ntext', "a.txt:1: json:"),
        ("a.jsonl", b'{"id": "x"}\n', "a.jsonl:1: text: a document needs text or html"),
        ("a.jsonl", b"\n[1]\n", "a.jsonl:2: json: expected an object"),
        ("a.jsonl", b'{"text": "x"}\n', "a.jsonl:1: id: a document needs an id"),
        ("a.jsonl", b'{"id": "x", "text": "y", "published": "soon"}\n', "a.jsonl:1: published: not a date: 'soon'"),
        ("a.jsonl", b'{"id": "x", "text": "y"}\n{"id": "x", "text": "z"}\n', "duplicate id 'x'"),
        ("a.txt", b"x" * 5_000_001, "a.txt:1: text: 5000001 bytes are over 5000000"),
    ],
)
def test_batch_mistakes(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    error = claimwire("batch", name, "--out", "out", cwd=tmp_path, status=2)
    assert message in error
    assert error.count("\n") == 1


def test_batch_counts_what_it_rejects(tmp_path):
    (tmp_path / "a.txt").write_text("Hi.")
    (tmp_path / "b.html").write_bytes(b"%PDF-1.7 not html")
    counted = json.loads(claimwire("batch", "a.txt", "b.html", "--out", "out", "--json", cwd=tmp_path))
    assert (counted["documents"], counted["articles"], counted["rejected"]) == (2, 0, 2)


def test_extract_shows_text_and_claims(tmp_path):
    out = claimwire("extract", SEEDS[0], cwd=tmp_path)
    assert "Azerbaijan drops two Armenian marchers" in out
    assert "removed  line 1 (breadcrumb)" in out
    assert "Armenia Ministry of Defence" in out
    assert json.loads(claimwire("extract", SEEDS[0], "--json", cwd=tmp_path))["claims"]
    with Server() as server:
        body = "The interior ministry said on Friday that nine people were killed in the flood in Valdivia."
        url = server.reply(
            "/a", f"<html><body><article><p>{body}</p></article></body></html>", Content_Type="text/html"
        )
        allowed = claimwire("extract", url, "--json", cwd=tmp_path, CLAIMWIRE_ALLOW_PRIVATE_ADDRESSES="true")
        assert json.loads(allowed)["claims"][0]["source"] == ["Chile Ministry of Interior"]
        assert "address 127.0.0.1 is not public" in claimwire("extract", url, cwd=tmp_path, status=1, both="1")
    (tmp_path / "short.txt").write_text("Hi.")
    assert "rejected: too_short" in claimwire("extract", "short.txt", cwd=tmp_path, status=1)


def test_config_says_where_each_value_came_from(tmp_path):
    (tmp_path / "claimwire.toml").write_text('namespace = "mine"\n')
    shown = json.loads(
        claimwire("config", "--json", "--workers", "3", cwd=tmp_path, CLAIMWIRE_STORE="elasticsearch://u:secret@h:1")
    )
    assert shown["namespace"] == {"value": "mine", "origin": "claimwire.toml:1"}
    assert shown["workers"]["origin"] == "flag --workers"
    assert shown["store"]["value"] == "elasticsearch://u:***@h:1"
    assert "secret" not in claimwire("config", cwd=tmp_path, CLAIMWIRE_STORE="elasticsearch://u:secret@h:1")


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "message"),
    [
        (
            ("config",),
            {"CLAIMWIRE_WORKERS": "many"},
            2,
            "environment CLAIMWIRE_WORKERS: workers: expected a whole number",
        ),
        (("config", "--config", "none.toml"), {}, 2, "none.toml:0: file: No such file"),
        (("run", "everything"), {}, 2, "run: 'everything' is not one of rss, web, analyse"),
        (("run", "alert", "--rules", "none.toml"), {}, 2, "none.toml:0: file: No such file"),
        (("run", "rss", "--feeds", "none.toml"), {}, 2, "none.toml:0: file: No such file"),
        (("run", "web", "--urls", "none.txt"), {}, 2, "none.txt:0: file:"),
        (("setup", "--broker", "kafka://127.0.0.1:1"), {}, 3, "broker 127.0.0.1:1"),
        (("search", "x", "--store", "elasticsearch://127.0.0.1:1"), {}, 3, "store http://127.0.0.1:1"),
        (("status", "--broker", "sqlite:////dev/null/x/s.db"), {}, 3, "broker sqlite"),
        (("deadletters", "show"), {}, 2, "deadletters show: give an OFFSET"),
        (("deadletters", "show", "7"), {}, 2, "no dead letter at offset 7"),
    ],
)
def test_errors_are_one_line_and_have_their_status(tmp_path, arguments, environment, status, message):
    error = claimwire(*arguments, cwd=tmp_path, status=status, **environment)
    assert message in error
    lines = [line for line in error.splitlines() if line.startswith("claimwire: ")]
    assert len(lines) == 1


def test_setup_twice_changes_nothing(tmp_path):
    assert "topic claimwire.articles.raw" in claimwire("setup", cwd=tmp_path)
    assert claimwire("setup", cwd=tmp_path) == "nothing to create\n"


def test_dead_letters_are_listed_shown_and_replayed(tmp_path):
    from claimwire.config.settings import Settings
    from processors.flow import stages
    from processors.rules import load_rules
    from processors.runners.embedded import StageRunner, drain

    broker = f"sqlite:///{tmp_path / 'data' / 'stream.db'}"
    log = SqliteLog.open(broker, "claimwire")
    log.ensure_topics(topics.TOPICS)
    good = raw_message(raw_article())
    log.publish([Message(topics.RAW.name, "k", b"broken {", {"article_id": "a", "revision_id": "r"})])
    runners = [StageRunner(s, log, Settings(broker=broker)) for s in stages(Settings(), load_rules("seeds/rules.toml"))]
    drain(runners)
    # As if what failed had been mended meanwhile: the letter's bytes are good now.
    log.connection.execute("UPDATE messages SET value = ? WHERE topic = 'claimwire.deadletters'", (good.value,))
    listed = json.loads(claimwire("deadletters", "list", "--json", cwd=tmp_path))
    assert [(row["offset"], row["stage"], row["attempt"]) for row in listed] == [(0, "analyse", "0")]
    assert "stage: analyse" in claimwire("deadletters", "show", "0", cwd=tmp_path)
    assert json.loads(claimwire("status", "--json", cwd=tmp_path, status=1))["outcomes"] == {"dead_lettered": 1}
    assert "1 replayed, 0 left" in claimwire("deadletters", "replay", cwd=tmp_path)
    assert "0 replayed, 1 left" in claimwire("deadletters", "replay", cwd=tmp_path)
    drain(runners)
    assert sum(log.ends(topics.ARTICLES).values()) == 1
    replayed = next(m for p in range(12) for m in log.read(topics.RAW, p) if "replayed_from" in m.headers)
    assert replayed.headers["attempt"] == "1"
    log.close()


def test_help_of_every_verb(tmp_path):
    for verb in VERBS:
        assert verb in claimwire(verb, "--help", cwd=tmp_path)
    assert claimwire("--version", cwd=tmp_path).startswith("claimwire 0.")


def test_a_pipe_that_is_closed_is_no_error(demo):
    command = f"{sys.executable} -m console.cli.main search --kind claims --limit 1000 | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=demo, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.endswith("claims\n")


def test_show_prints_a_cluster_with_its_values(demo):
    hits = json.loads(claimwire("search", "--kind", "clusters", "--json", "--limit", "500", cwd=demo))["hits"]
    cluster = max(hits, key=lambda h: (len({v["value"] for v in h["values"]}), h["cluster_id"]))
    out = claimwire("show", cluster["cluster_id"][:12], cwd=demo)
    assert cluster["evidence"] in out
    assert re.search(r"independent origins: \d+", out)
    assert re.search(r"value +who says it +origin +as of +first seen", out)
    assert (
        len(re.findall(r"^(?:New|Update|Said before|Disputed|Took back) ", out, re.MULTILINE)) == cluster["sightings"]
    )
    body = json.loads(claimwire("show", cluster["cluster_id"], "--json", cwd=demo))
    assert len(body["claims"]) == cluster["sightings"]


def test_show_prints_a_cluster_of_one_claim(demo):
    hits = json.loads(claimwire("search", "--kind", "clusters", "--json", "--limit", "500", cwd=demo))["hits"]
    known = {h["cluster_id"] for h in hits}
    claims = json.loads(claimwire("search", "--kind", "claims", "--json", "--limit", "500", cwd=demo))["hits"]
    claim = next(c for c in claims if c["cluster_id"] not in known)
    for ident in (claim["cluster_id"], claim["cluster_id"][:12]):
        body = json.loads(claimwire("show", ident, "--json", cwd=demo))
        assert body["sightings"] == 1
        assert body["evidence"] == claim["evidence"]
        assert [c["claim_id"] for c in body["claims"]] == [claim["claim_id"]]
    assert claim["evidence"] in claimwire("show", claim["cluster_id"], cwd=demo)


def test_show_says_why_a_claim_joined(demo):
    hits = json.loads(claimwire("search", "--kind", "claims", "--filter", "verdict=repeat", "--json", cwd=demo))["hits"]
    claim = next(h for h in hits if h["score"] >= 0.5)
    body = json.loads(claimwire("show", claim["claim_id"], "--why", "--json", cwd=demo))
    own = [n for n in body["nearest"] if n["cluster_id"] == claim["cluster_id"]]
    assert own
    assert own[0]["score"] >= 0.38
    assert own[0]["parts"]
    out = claimwire("show", claim["claim_id"], "--why", cwd=demo)
    assert "nearest claims of the story" in out
    assert re.search(r"similar words \+\d", out)


def test_show_explains_each_condition_of_a_change_and_what_counted_for_reporting_it(demo):
    hits = json.loads(claimwire("search", "--kind", "claims", "--filter", "verdict=update", "--json", cwd=demo))["hits"]
    claim = next(h for h in hits if any(c["role"] == "killed" for c in h["changes"]))
    body = json.loads(claimwire("show", claim["claim_id"], "--why", "--json", cwd=demo))
    checks = body["conditions"][0]["checks"]
    assert {c["condition"] for c in checks} == set(Condition)
    assert not [c for c in checks if c["holds"] is False]
    assert body["salience"]["for"]
    out = claimwire("show", claim["claim_id"], "--why", cwd=demo)
    assert re.search(r"^  yes a toll rises, or a word marks it as corrected: \d+ to \d+$", out, re.MULTILINE)
    assert re.search(
        r"^  does not apply: .*the same claimant takes it back \(no word of retraction\)", out, re.MULTILINE
    )
    assert re.search(r"^for reporting it: .+ \+\d", out, re.MULTILINE)


def test_an_ingredient_says_where_a_claim_has_less_of_it():
    table = {"names of the opening": Weight(1.2, 1.8, 0.1)}
    assert ingredient("names of the opening", {"names of the opening": 3.0}, table) == "names of the opening"
    assert ingredient("names of the opening", {}, table) == "names of the opening: less than usual"


def test_every_part_of_the_score_of_two_claims_has_words():
    assert set(WEIGHTS) <= set(PARTS)


def test_show_knows_what_it_does_not_know(demo):
    assert "no cluster and no claim has this id" in claimwire("show", "0" * 32, cwd=demo, status=1)


def test_extract_explains_itself(tmp_path):
    out = claimwire("extract", SEEDS[1], "--explain", "--published", "2020-10-20", cwd=tmp_path)
    assert "attribution: Ilham Aliyev, by “said” (report)" in out
    assert re.search(r"event: CONTROL \(.*took control CONTROL \+", out)
    assert "roles: Azerbaijan Armed Forces" in out


def test_the_ledger_by_source_and_day_agrees_or_says_what_is_missing(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "claimwire")
    log.ensure_topics(topics.TOPICS)
    raws = [raw_article(n, source=s) for n, s in (("a", "Paper"), ("b", "Paper"), ("c", "Post"))]
    for raw, state in zip(raws, ("indexed", "rejected", "opened"), strict=True):
        line = Outcome(article_id=raw.article_id, revision_id=raw.revision_id, state=OutcomeState.OPENED, stage="rss", at=raw.fetched_at,
                       source=raw.source)  # fmt: skip
        closed = msgspec.structs.replace(
            line, state=OutcomeState(state), source=None if state == "indexed" else raw.source
        )
        log.publish([outcome_message(line), raw_message(raw), outcome_message(closed)])
    options = ("--broker", f"sqlite:///{tmp_path / 's.db'}")
    found = json.loads(claimwire("status", "--ledger", "--json", *options, cwd=tmp_path))
    assert found["agrees"]
    assert [(r["source"], r["published"], r["indexed"], r["rejected"], r["opened"]) for r in found["rows"]] == [
        ("Paper", 2, 1, 1, 0), ("Post", 1, 0, 0, 1),
    ]  # fmt: skip
    log.publish([raw_message(raw_article("nobody"))])
    out = claimwire("status", "--ledger", *options, cwd=tmp_path, status=1)
    assert "published, but not in the ledger" in out
    assert out.endswith("the sums do not agree: 1 without a line, 0 without a record\n")
    log.close()


def test_delays_are_of_live_articles(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "claimwire")
    log.ensure_topics(topics.TOPICS)
    now = datetime.now(UTC)
    for seconds, is_old in ((1, False), (2, False), (3, False), (9_000_000, True)):
        at = now - timedelta(seconds=seconds)
        log.publish([outcome_message(Outcome(article_id="a", revision_id=str(seconds), state=OutcomeState.INDEXED, stage="search",
                                             at=at, backfill=is_old))])  # fmt: skip
    # No part runs, and the lines wait for the sink: that is status 1.
    broker = f"sqlite:///{tmp_path / 's.db'}"
    found = json.loads(claimwire("status", "--json", "--broker", broker, cwd=tmp_path, status=1))
    assert 1.9 < float(found["delay"]["fetch_to_indexed p50"].split()[0]) < 4
    log.close()


def test_dead_letters_by_reason_host_and_day_and_discarded(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 'data' / 'stream.db'}", "claimwire")
    log.ensure_topics(topics.TOPICS)
    at = datetime(2026, 11, 20, tzinfo=UTC)
    for n in range(3):
        log.publish(dead_letters_of(raw_message(raw_article(str(n))), "analyse", f"ValueError: {n}", at))
    log.publish(
        dead_letters_of(
            Message(topics.CLEAN.name, "k", b"x", {"article_id": "z", "revision_id": "1"}),
            "match",
            "ContractError: no",
            at,
        )
    )
    by = {
        way: json.loads(claimwire("deadletters", "list", "--by", way, "--json", cwd=tmp_path))
        for way in ("reason", "stage", "host", "day")
    }
    assert by == {
        "reason": {"ValueError": 3, "ContractError": 1}, "stage": {"analyse": 3, "match": 1},
        "host": {"paper.example": 3, "?": 1}, "day": {"2026-11-20": 4},
    }  # fmt: skip
    assert "give a reason" in claimwire("deadletters", "discard", "3", cwd=tmp_path, status=2)
    assert "1 discarded" in claimwire(
        "deadletters", "discard", "--stage", "match", "--reason", "test data", cwd=tmp_path
    )
    assert json.loads(claimwire("deadletters", "list", "--by", "stage", "--json", cwd=tmp_path)) == {"analyse": 3}
    states = [row["state"] for row in json.loads(claimwire("deadletters", "list", "--all", "--json", cwd=tmp_path))]
    assert states == ["open", "open", "open", "discarded"]
    assert read_ledger(log)["z", "1"].reason == "discarded: test data"
    claimwire("deadletters", "discard", "--reason", "no use", cwd=tmp_path)
    status = json.loads(claimwire("status", "--json", cwd=tmp_path, status=1))
    assert status["deadletters"] == 0
    assert [says for says in status["problems"] if "no part is running" not in says] == []
    assert "0 replayed, 4 left" in claimwire("deadletters", "replay", cwd=tmp_path)
    log.close()


def test_replay_keeps_its_rate(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "claimwire")
    log.ensure_topics(topics.TOPICS)
    for n in range(12):
        log.publish(dead_letters_of(raw_message(raw_article(str(n))), "analyse", "x", datetime.now(UTC)))
    letters, _ = deadletters.read(log)
    spent = [Message(m.topic, m.key, m.value, {**m.headers, "attempt": "5"}, None, 0, m.offset) for m in letters[:2]]
    started = time.monotonic()
    assert deadletters.replay(log, [*spent, *letters[2:]], 10.0) == (10, 2)
    assert time.monotonic() - started > 0.9
    log.close()


def test_each_example_is_a_command():
    assert set(EXAMPLES) == set(VERBS)
    for verb, examples in EXAMPLES.items():
        for example in examples:
            words = shlex.split(example.split(" > ")[0])
            assert words[:2] == ["claimwire", verb]
            parser(verb).parse_args(words[1:])


def test_examples_come_before_the_options(tmp_path):
    out = claimwire("search", "--help", cwd=tmp_path)
    assert 0 < out.index('claimwire search "third city" dam') < out.index("options:")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["fe"], ["feeds"]),
        (["feeds", "im"], ["import"]),
        (["export", "--fo"], ["--format"]),
        (["export", "--format", "cs"], ["csv"]),
    ],
)
def test_bash_completes(tmp_path, words, completed):
    (tmp_path / "script").write_text(claimwire("completion", "bash", cwd=tmp_path))
    line = " ".join(["claimwire", *words])
    script = (
        f'source ./script; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _shtab_claimwire; echo "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == completed
    for shell, command in (("fish", "complete -c claimwire"), ("zsh", "#compdef claimwire")):
        assert command in claimwire("completion", shell, cwd=tmp_path)


def test_nobody_else_can_read_the_data_folder(demo):
    """Log, store, notices, pacing, locks, marks: as the demo left them."""
    files = [path for path in (demo / "data").rglob("*") if path.is_file()]
    assert {"search.db", "notify.db", "DEMO"} <= {path.name for path in files}
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in files if path.stat().st_mode & 0o077} == {}
    assert (demo / "data").stat().st_mode & 0o777 == 0o700
