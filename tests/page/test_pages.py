"""Every page on both stores: what it shows, what it refuses, and that nothing from outside gets into its markup."""

import base64
import json
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from lxml import html as lxml_html

from claimwire.errors import ConfigError
from claimwire.records.vocabulary import EventType, Modality, QuantityRole, Verdict
from claimwire.store import Document
from claimwire.store.drivers import open_settings_store
from console.web.app import POLICY
from console.web.atom import ENTRIES
from console.web.diff import word_diff
from console.web.serve import PageServer
from tests.page.conftest import publish, served
from tests.records import NOW, TEXT, raw_article, raw_message

SPECIAL = "\"'<>&%#?+=;:/\\`{}[]()|*~^$@!\x00\x07\n\u202e⟦⟧ \U0001f642 \ud7ff AND OR NOT NEAR( * - ^"


def stories(site) -> list[dict]:
    return site.get("/claims.json").json["stories"]


def test_the_front_page_has_the_claims_by_story(site):
    data = site.get("/claims.json").json
    rows = [claim for story in data["stories"] for claim in story["claims"]]
    assert 50 < len(rows) <= data["total"]
    assert {claim["verdict"] for claim in rows} <= {"new", "update", "contradiction", "retraction"}
    assert len({story["story_id"] for story in data["stories"]}) == len(data["stories"]) > 2
    page = lxml_html.fromstring(site.get("/").text)
    assert [li.get("id") for li in page.cssselect("li.claim")] == [f"c{claim['claim_id']}" for claim in rows]


def test_pages_of_claims_have_each_once(site):
    seen: list[str] = []
    query = ""
    while True:
        data = site.get(f"/claims.json?{query}").json
        seen += [claim["claim_id"] for story in data["stories"] for claim in story["claims"]]
        if not data["older"]:
            break
        query = urlencode({"after": data["older"]})
    assert len(seen) == len(set(seen)) == site.get("/claims.json").json["total"]


def test_facets_lead_to_as_many_claims_as_they_say(site):
    facets = site.get("/claims.json").json["facets"]
    for name in ("verdict", "source", "event_type"):
        value, count = facets[name][0]
        assert site.get(f"/claims.json?{urlencode({name: value})}").json["total"] == count, name
    two = [("verdict", "update"), ("verdict", "contradiction")]
    found = site.get(f"/claims.json?{urlencode(two)}").json
    assert found["total"] == sum(dict(facets["verdict"])[v] for _, v in two)
    assert site.get("/claims.json?q=%22third+city%22").json["total"] > 0
    assert site.get("/claims.json?since=1h&source=Nobody").json["total"] == 0


def test_a_story_tells_how_its_numbers_went_and_who_gave_them(site):
    ids = [story["story_id"] for story in site.get("/stories.json").json["stories"]]
    pages = {ident: site.get(f"/stories/{ident}.json").json for ident in ids}
    lines = [line for page in pages.values() for line in page["numbers"]]
    assert any(len({v["value"] for v in line["values"]}) > 2 for line in lines)
    for line in lines:
        for value in line["values"]:
            assert value["claimant"]
            assert value["source"]
            assert site.get(f"/claims/{value['claim_id']}.json").status == 200
        break
    verdicts = {claim["verdict"] for page in pages.values() for claim in page["timeline"]}
    assert {"contradiction", "retraction"} <= verdicts
    for page in pages.values():
        total = len(page["timeline"]) + page["repeats"]
        assert sum(cells[0] for line in page["matrix"]["rows"] for cells in line["cells"]) == total
    located = [place for page in pages.values() for place in page["places"]]
    assert all(-90 <= p["latitude"] <= 90 and -180 <= p["longitude"] <= 180 for p in located)
    assert len({p["name"] for p in located}) > 3


def test_every_claim_leads_back_to_its_sentence_and_its_bytes(site):
    """The offsets give the sentence and the evidence, and the hash is of what was fetched."""
    from claimwire import topics
    from claimwire.log import open_settings_log
    from claimwire.records.articles import RawArticle
    from claimwire.records.base import decode
    from claimwire.text.bodies import unpack_body

    log = open_settings_log(site.settings)
    for story in stories(site)[:4]:
        for claim in story["claims"][:3]:
            page = site.get(f"/claims/{claim['claim_id']}.json").json
            text = site.get(f"/articles/{claim['article_id']}.json").json["article"]["text"]
            trail = page["trail"]
            assert text[trail["evidence"]["start"] : trail["evidence"]["end"]] == claim["evidence"]
            assert text[trail["sentence"]["start"] : trail["sentence"]["end"]] == claim["sentence"]
            place = trail["raw_record"]
            message = next(iter(log.read(topics.RAW, place["partition"], place["offset"], place["offset"] + 1)))
            raw = decode(message.value, RawArticle)
            assert raw.revision_id == claim["revision_id"]
            assert trail["bytes"]["size"] == len(unpack_body(raw.body))
            assert trail["feed"]["url"] == raw.feed_url
            assert claim["claim_id"] in {s["claim_id"] for s in page["sightings"]}
    log.close()


def test_a_claim_names_the_others_of_its_article_that_it_is_reported_for(site):
    claims = [c for story in site.get("/claims.json").json["stories"] for c in story["claims"] if c.get("stands_for")]
    assert len(claims) > 5
    for claim in claims[:5]:
        also = site.get(f"/claims/{claim['claim_id']}.json").json["also"]
        assert {c["claim_id"] for c in also} == set(claim["stands_for"])
        assert {c["article_id"] for c in also} == {claim["article_id"]}
        assert "also in the article" in site.get(f"/claims/{claim['claim_id']}").text


def test_a_claim_that_was_made_once_has_a_cluster_without_a_document(site):
    store = open_settings_store(site.settings)
    claims, shared = [c for _, _, c in store.dump("claims")], {i for i, _, _ in store.dump("clusters")}
    store.close()
    made = Counter(c["cluster_id"] for c in claims)
    assert shared == {ident for ident, count in made.items() if count > 1}
    claim = next(c for c in claims if c["cluster_id"] not in shared)
    cluster = site.get(f"/claims/{claim['claim_id']}.json").json["cluster"]
    assert (cluster["cluster_id"], cluster["sightings"]) == (claim["cluster_id"], 1)
    assert (cluster["sources"], cluster["origins"]) == ([claim["source"]], [claim["origin"]])


@pytest.mark.parametrize("path", ["/", "/stories", "/feeds", "/alerts", "/rules", "/ledger"])
def test_pages_and_their_json(site, path):
    page = site.get(path)
    assert page.status == 200
    assert page.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert page.headers["x-content-type-options"] == "nosniff"
    assert site.get(("/claims" if path == "/" else path) + ".json").status == 200
    assert float(page.headers["server-timing"].partition("dur=")[2]) > 0


def test_the_ledger_and_the_feeds_agree_with_the_run(site, demo):
    ledger = site.get("/ledger.json").json
    assert ledger["total"] == sum(ledger["states"].values()) == 40
    feeds = site.get("/feeds.json").json["feeds"]
    assert len(feeds) == 5
    assert all(f["last_polled_at"] and f["etag"] for f in feeds)
    assert sum(sum(f["articles_a_day"]) for f in feeds) == 40


@pytest.mark.parametrize(
    ("feed_of", "page"),
    [
        ("/claims.atom?verdict=new&q=", "/claims.json?verdict=new"),
        ("/alerts.atom?rule=What+changed&severity=high", "/alerts.json?rule=What+changed"),
    ],
)
def test_an_atom_feed_of_any_filter(site, feed_of, page):
    answer = site.get(feed_of)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.text.encode())
    atom = {"a": "http://www.w3.org/2005/Atom"}
    entries = feed.findall("a:entry", atom)
    assert len(entries) == min(ENTRIES, site.get(page).json["total"]) > 3
    for element in [feed, *entries]:
        for name in ("id", "title", "updated"):
            assert element.findtext(f"a:{name}", namespaces=atom)
    ids = [e.findtext("a:id", namespaces=atom) for e in entries]
    assert len(set(ids)) == len(ids)
    link = entries[0].find("a:link", atom).get("href")
    assert site.get(link.removeprefix(site.base)).status == 200


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/claims/none", 404, "no claim has the id none"),
        ("/stories/none", 404, "no story"),
        ("/articles/none", 404, "no article"),
        ("/nothing", 404, "Not Found"),
        ("/?verdikt=new", 400, "did you mean verdict?"),
        ("/?verdict=true", 400, "&#39;true&#39; is not one of retraction, contradiction"),
        ("/?since=yesterday", 400, "neither like 24h or 7d nor a date"),
        ("/?after=x", 400, "neither like"),
        ("/alerts?colour=red", 400, "no such filter"),
        ("/stream?from=1.2", 400, "is not a position of this stream"),
    ],
)
def test_what_cannot_be_is_said_in_words(site, path, status, words):
    answer = site.get(path)
    assert answer.status == status
    assert words in answer.text


@pytest.mark.parametrize("name", ["q", "source", "claimant", "places", "story_id"])
def test_filters_of_every_special_character(site, name):
    answer = site.get(f"/?{urlencode({name: SPECIAL})}")
    assert answer.status == 200
    page = lxml_html.fromstring(answer.text)
    assert not page.cssselect("script:not([src])")
    assert site.get(f"/claims.json?{urlencode({name: SPECIAL})}").json["total"] == 0
    assert ET.fromstring(site.get(f"/claims.atom?{urlencode({name: SPECIAL})}").text.encode()) is not None


def test_forms_of_elsewhere_are_not_taken(site):
    for path in ("/marks", "/feeds/poll"):
        assert site.get(path, b"mark=mute&id=x&csrf=").status == 403
        assert site.get(path, b"mark=mute&id=x&csrf=" + b"y" * 43).status == 403
    assert site.get("/marks", b"x" * 300_000).status == 413
    assert site.get("/marks").status == 405


def test_other_names_are_refused(site):
    """A page of elsewhere that points its own name at this machine gets nothing (DNS rebinding)."""
    assert site.get("/", Host="evil.example").status == 421
    assert site.get("/", Host=f"localhost:{site.settings.page_port}").status == 200
    assert site.get("/", Host=f"[::1]:{site.settings.page_port}").status == 200
    assert site.get("/", Host="127.0.0.1.evil.example").status == 421


def test_labels_names_and_order_of_the_markup(site):
    """Needs of a screen reader: one language, one main, names for all that is used, headings without gaps."""
    story = stories(site)[0]
    paths = ["/", "/stories", "/feeds", "/alerts", "/rules", "/ledger", "/glossary", f"/stories/{story['story_id']}",
             f"/claims/{story['claims'][0]['claim_id']}", f"/articles/{story['claims'][0]['article_id']}"]  # fmt: skip
    for path in paths:
        page = lxml_html.fromstring(site.get(path).text)
        assert page.get("lang") == "en", path
        assert len(page.cssselect("main")) == len(page.cssselect("h1")) == 1, path
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path
        for field in page.cssselect("input:not([type=hidden]), select, textarea"):
            assert field.xpath("ancestor::label") or field.get("aria-label"), path
        for used in page.cssselect("a[href], button"):
            assert used.text_content().strip() or used.get("aria-label"), path
        for picture in page.cssselect("svg"):
            assert picture.get("role") == "img", path
            assert picture.get("aria-label"), path
        levels = [int(h.tag[1]) for h in page.cssselect("h1, h2, h3, h4")]
        assert all(b - a <= 1 for a, b in pairwise(levels)), (path, levels)
        assert not page.xpath("//@style | //@onclick | //style"), path
        outward = [a for a in page.xpath("//a[starts-with(@href, 'http')]") if not a.get("href").startswith(site.base)]
        assert all("noopener" in a.get("rel") and "nofollow" in a.get("rel") for a in outward), path


def test_the_glossary_shows_every_term(site):
    data = site.get("/glossary.json").json["terms"]
    page = lxml_html.fromstring(site.get("/glossary").text)
    shown = zip(page.cssselect("main dt"), page.cssselect("main dd"), strict=True)
    assert [(dt.text_content(), dd.text_content()) for dt, dd in shown] == [(t["term"], t["text"]) for t in data]
    assert len(data) > 30
    assert {a.get("href") for a in page.cssselect("main a")} <= {f"#{t['id']}" for t in data}


HOSTILE = "<script>alert(1)</script> & <b>bold</b> \u202eevil\u202c \x1b[31m\"'" + "x" * 10_000


def test_hostile_text_stays_text(site):
    """A title of markup, script, turned direction and 10,000 characters, wherever a title is shown."""
    seen = datetime(2019, 1, 1, tzinfo=UTC)
    told = {"first_seen_at": seen.isoformat(), "fetched_at": seen.isoformat(), "published_at": None, "source": HOSTILE,
            "url": "javascript:alert(1)", "title": HOSTILE, "story_id": "hostile", "article_id": "hostile"}  # fmt: skip
    claim = told | {
        "claim_id": "hostile", "cluster_id": "hostile", "revision_id": "r", "lane": "live", "language": "en",
        "sentence": HOSTILE, "evidence": HOSTILE[:60], "verdict": "new", "why": HOSTILE, "changes": [], "start": 0, "end": 60,
        "content": 0, "sentence_start": 0, "sentence_end": len(HOSTILE), "claimant": [HOSTILE], "cue": HOSTILE,
        "event_type": "OTHER", "actor": [HOSTILE], "target": [], "quantities": [], "places": [HOSTILE], "event_date": None,
        "modality": "asserted", "withdrawn_in": None, "compared_with": None, "score": 0.0, "backfill": False, "reason": "fact",
    }  # fmt: skip
    story = {"story_id": "hostile", "lane": "live", "language": "en", "title": HOSTILE, "articles": 1,
             "sources": [HOSTILE], "first_seen_at": seen.isoformat(), "last_seen_at": seen.isoformat()}  # fmt: skip
    article = told | {
        "revision_id": "r", "text": HOSTILE, "revision": 1, "outcome": "indexed", "origin": HOSTILE, "route": "text",
        "duplicate_of": None, "confidence": 1.0, "clean_partition": 0, "clean_offset": 0, "removed": [{"rule": "r", "line": 0, "text": HOSTILE}],
    }  # fmt: skip
    kinds = (("claims", claim), ("stories", story), ("articles", article))
    store = open_settings_store(site.settings)
    assert store.write([Document(kind, "hostile", 1, seen, body) for kind, body in kinds]) == []
    store.refresh()
    try:
        for path in (
            "/?story_id=hostile",
            "/stories?q=alert",
            "/stories/hostile",
            "/claims/hostile",
            "/articles/hostile",
        ):
            answer = site.get(path)
            assert answer.status == 200, (path, answer.text[:2000])
            page = lxml_html.fromstring(answer.text)
            assert [s.get("src") for s in page.cssselect("script")] == ["/static/page.js"], path
            assert not page.cssselect("b b"), path
            assert "alert(1)" in page.text_content(), path
            assert not page.xpath("//a[starts-with(@href, 'javascript')]"), path
            assert not {"\u202e", "\x1b"} & set(answer.text), path
        assert site.get("/claims/hostile.json").json["claim"]["sentence"] == HOSTILE
    finally:
        for kind, _ in kinds:
            store.forget(kind, "hostile")
        store.close()


def test_marks_are_kept(running):
    from claimwire.log import open_settings_log
    from console.queries.marking import read_marks, set_mark

    log = open_settings_log(running.settings)
    set_mark(log, "follow", "s1", datetime.now(UTC))
    set_mark(log, "mute", "s1", datetime.now(UTC))
    set_mark(log, "useful", "a1", datetime.now(UTC))
    assert {k: m.mark.value for k, m in read_marks(log).items()} == {"story/s1": "mute", "alert/a1": "useful"}
    set_mark(log, "clear", "s1", datetime.now(UTC))
    assert set(read_marks(log)) == {"alert/a1"}
    with pytest.raises(ConfigError, match="not one of follow"):
        set_mark(log, "like", "s1", datetime.now(UTC))
    log.close()


def test_a_token_where_others_see_the_page(site, tmp_path):
    with pytest.raises(ConfigError, match="set page_token_file too"):
        PageServer(replace(site.settings, page_bind="0.0.0.0"))
    with pytest.raises(ConfigError, match="choose another with --page-port"):
        PageServer(site.settings)
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    from tests.page.conftest import free_port

    guarded = replace(site.settings, page_bind="0.0.0.0", page_port=free_port(), page_token_file=str(file))
    for other in served(guarded):
        assert other.get("/").status == 401
        assert "Basic" in other.get("/").headers["www-authenticate"]
        for wrong in ("Bearer s3cre", "Basic " + base64.b64encode(b"any:wrong").decode(), "Basic !", "Bearer "):
            assert other.get("/", Authorization=wrong).status == 401
        assert other.get("/", Authorization="Bearer s3cret").status == 200
        basic = base64.b64encode(b"any:s3cret").decode()
        assert other.get("/stories", Authorization=f"Basic {basic}", Host="news.example").status == 200
        assert other.get("/healthz").status == other.get("/readyz").status == 200
    made = replace(guarded, page_token_file=str(tmp_path / "new" / "token"), page_port=free_port())
    for other in served(made):
        token = (tmp_path / "new" / "token").read_text().strip()
        assert len(token) >= 32
        assert (tmp_path / "new" / "token").stat().st_mode & 0o077 == 0
        assert other.get("/", Authorization=f"Bearer {token}").status == 200


def test_a_store_that_is_away_and_comes_back(site, tmp_path):
    """A port where nobody listens, then a server there: the page says so, and needs no restart."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    from tests.page.conftest import free_port

    port = free_port()
    away = replace(site.settings, store=f"elasticsearch://127.0.0.1:{port}", page_port=free_port())
    for other in served(away):
        answer = other.get("/")
        assert answer.status == 503
        assert "cannot be reached" in answer.text
        assert f"127.0.0.1:{port}" in answer.text
        assert answer.headers["refresh"] == answer.headers["retry-after"] == "5"
        assert "cannot be" not in other.get("/ledger").text
        assert other.get("/readyz").status == 503
        assert other.get("/claims.json").json["status"] == 503

        class Empty(BaseHTTPRequestHandler):
            """An Elasticsearch without indices, as far as searches see it."""

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                body = json.dumps({"hits": {"total": {"value": 0}, "hits": []}}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("x-elastic-product", "Elasticsearch")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_HEAD = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", port), Empty)
        Thread(target=server.serve_forever, daemon=True).start()
        assert other.get("/").status == 200
        server.shutdown()
        server.server_close()


def rules_form(site) -> str:
    return lxml_html.fromstring(site.get("/rules").text).cssselect("#trial input[name=csrf]")[0].get("value")


def test_the_page_of_rules_lists_the_words_of_every_field(site):
    text = site.get("/rules").text
    for words in (EventType, Verdict, Modality, QuantityRole):
        assert ", ".join(words) in text


@pytest.mark.parametrize(
    ("path", "message"),
    [("/alerts?severity=hihg", "did you mean high?"), ("/claims?event_type=FLOOD", "is not one of AGREE"),
     ("/claims.atom?modality=possible", "is not one of asserted"), ("/alerts.atom?verdict=News", "did you mean new?")],
)  # fmt: skip
def test_a_filter_that_nothing_fits_is_refused(site, path, message):
    answer = site.get(path)
    assert (answer.status, message in answer.text) == (400, True)


def test_rules_are_tried_on_the_page(site):
    csrf = rules_form(site)
    text = '[[rule]]\nname = "Contradictions"\nwhen = \'verdict == "contradiction"\'\nhold = "1h"\ngroup_by = ["story_id"]\n'
    form = {"csrf": csrf, "text": text, "since": "7d"}
    page = lxml_html.fromstring(site.get("/rules/try", urlencode(form).encode()).text)
    heading = page.cssselect("#trial h3")[0].text_content()
    count = site.get("/claims.json?verdict=contradiction").json["total"]
    assert heading.startswith(f"Contradictions: {count} alert")
    assert page.cssselect("textarea")[0].text_content().strip() == text.strip()
    for wrong, words in (
        ('[[rule]]\nname = "a"\nwhen = "verdikt"', "rules:3: when: no such field 'verdikt' (did you mean verdict?)"),
        ("[[rule]", "rules: syntax:"),
        ('[[channel]]\nname = "a"\nurl_file = "/etc/passwd"\n', None),
    ):
        answer = site.get("/rules/try", urlencode(form | {"text": wrong}).encode())
        assert answer.status == (400 if words else 200)
        assert "root:" not in answer.text
        if words:
            assert words in lxml_html.fromstring(answer.text).text_content()


def test_the_page_of_rules_counts_what_fired(site):
    data = site.get("/rules.json").json
    assert {r["name"]: r["alerts"] > 0 for r in data["rules"]} == {
        "New claims": True,
        "What changed": True,
        "Other changes": True,
    }
    assert len(data["latest"]) == 20


def test_a_feed_shows_its_latest_polls(site):
    feeds = site.get("/feeds.json").json["feeds"]
    assert all(feed["recent"][-1]["status"] == feed["status"] for feed in feeds)
    page = lxml_html.fromstring(site.get("/feeds").text)
    assert len(page.cssselect(".polls i")) == sum(len(feed["recent"]) for feed in feeds) > 20


def test_what_an_edit_changed_is_shown_word_by_word(running):
    """Two revisions of one article: both on its page, with what went and what came."""
    url = "https://paper.example/a"
    later = TEXT.replace("At least four people", "At least nine people").replace(
        "seven people were missing", "nobody was missing"
    )
    first = raw_article("a")
    second = raw_article(
        "b", later, article_id=first.article_id, url=url, revision_id="r-2", fetched_at=NOW + timedelta(hours=1)
    )
    publish(running.settings, raw_message(first))
    wait_for(lambda: running.get(f"/articles/{first.article_id}.json").json.get("article"))
    publish(running.settings, raw_message(second))
    page = wait_for(
        lambda: (told := running.get(f"/articles/{first.article_id}.json").json)["article"]["revision"] == 2 and told
    )
    assert [r["revision"] for r in page["revisions"]] == [1, 2]
    words = page["diffs"][0]["words"]
    assert ["gone", "four"] in words
    assert ["new", "nine"] in words
    assert any(kind == "new" and "nobody" in text for kind, text in words)
    shown = lxml_html.fromstring(running.get(f"/articles/{first.article_id}").text)
    assert next(d.text_content() for d in shown.cssselect(".diff del")) == "four"
    assert {line["state"] for line in page["outcomes"]} == {"indexed"}
    gone = next(c for c in page["claims"] if "nine" in c["evidence"])
    assert gone["changes"]


def wait_for(ask, seconds: float = 60.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := ask():
            return found
        time.sleep(0.1)
    raise TimeoutError


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("a b c", "a x c", [("same", "a"), ("gone", "b"), ("new", "x"), ("same", "c")]),
        ("a", "a b", [("same", "a"), ("new", "b")]),
        ("a b", "", [("gone", "a b")]),
        ("", "", []),
    ],
)
def test_a_word_diff(old, new, parts):
    assert word_diff(old, new) == parts


def test_a_long_text_that_stayed_is_cut():
    words = " ".join(map(str, range(500)))
    parts = word_diff(f"{words} old", f"{words} new")
    assert parts[0] == ("left out", "488 words")
    assert parts[1][1].split()[-1] == "499"
    assert parts[2:] == [("gone", "old"), ("new", "new")]


def test_a_probe_waits_for_no_page(site):
    """The ledger is being read, and the log is in the hands of a page: /readyz answers all the same."""
    from tests.page.conftest import Site, free_port

    server = PageServer(replace(site.settings, page_port=free_port()))
    server.start()
    other = Site(server._settings)
    other.await_ready()
    backends = server._app.state.backends
    with backends.ledger(), backends.log(), backends.store():
        began = time.monotonic()
        assert other.get("/readyz").status == 200
        assert time.monotonic() - began < 3
    server.close()
