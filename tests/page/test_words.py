"""Words that a reader of the demo meets on the page, in Atom, in alerts and on the terminal: plain words, stories, denials."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from lxml import html as lxml_html

from claimwire import topics
from claimwire.log import open_settings_log
from claimwire.log.reading import readable
from claimwire.records.alerts import Alert
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import TOLLS, ChangeKind, EventType, Modality, QuantityRole, Verdict
from claimwire.text.display import SHOWS, claim_line, mark_of, shown
from claimwire.text.words import NARRATOR, ROLES
from processors.rules import load_rules
from sinks.notify.channels import webhook_body
from sinks.notify.notifications import Notification
from tests.console.command import claimwire
from tests.page.conftest import Site

ATOM = {"a": "http://www.w3.org/2005/Atom"}
# Words of the code, and of prose that no reader would use.
INTERNAL = re.compile(
    rf"\b(?:{'|'.join(EventType)}|modality|event_type|asserted|{NARRATOR}|verdict|cluster_id|not_news|called_off"
    r"|contradiction|matched by|similar enough|sightings?|salience|none ->)\b"
    r"|\b(?:other|killed|context|votes): |\(best \d|\bbest 0\.|\d -> \d|␞",
)


def words_on(site: Site, path: str) -> str:
    """The text of a page's content, with what is shown on hovering; without code and forms for rules."""
    main = lxml_html.fromstring(site.get(path).text).cssselect("main")[0]
    for element in main.cssselect("code, textarea, option, #trial details"):
        element.drop_tree()
    titles = [str(title) for title in main.xpath("//*[not(self::a[@class='in'])]/@title | //@aria-label")]
    return " ".join([main.text_content(), *titles])


def assert_plain(text: str) -> None:
    found = INTERNAL.search(text)
    assert found is None, text[max(0, found.start() - 80) : found.end() + 80]


@pytest.fixture(scope="module")
def claims(site) -> list[Sighting]:
    """The claims of the demo's run."""
    log = open_settings_log(site.settings)
    found = [s for p in range(topics.CLAIMS.partitions) for _, s in readable(log.read(topics.CLAIMS, p), Sighting)]
    log.close()
    return found


@pytest.fixture(scope="module")
def alerts(site) -> list[Alert]:
    """The alerts of the demo's run."""
    log = open_settings_log(site.settings)
    found = [a for p in range(topics.ALERTS.partitions) for _, a in readable(log.read(topics.ALERTS, p), Alert)]
    log.close()
    return found


@pytest.fixture(scope="module")
def terminal(demo) -> str:
    """Everything that `demo`, `watch --all`, `search` and `rules test` print."""
    printed = [(demo / "summary").read_text(), claimwire("watch", "--all", "--since", "2d", "--for", "1", cwd=demo)]
    printed += [
        claimwire("search", "--kind", kind, "--limit", "60", cwd=demo) for kind in ("claims", "alerts", "stories")
    ]
    return "\n".join([*printed, claimwire("rules", "test", "--since", "2d", cwd=demo)])


def test_no_word_of_the_code_is_on_a_page(site, claims):
    paths = [
        "/",
        "/stories",
        "/alerts",
        "/rules",
        "/feeds",
        "/ledger",
        "/?modality=denied&verdict=update&event_type=CASUALTY",
    ]
    paths += [f"/stories/{ident}" for ident in {s.story_id for s in claims}]
    chosen = {mark_of(shown(s)): s for s in claims}.values()
    paths += [f"/{kind}" for s in chosen for kind in (f"claims/{s.claim_id}", f"articles/{s.article_id}")]
    for path in paths:
        assert_plain(words_on(site, path))


def test_no_word_of_the_code_is_in_a_feed_an_alert_or_on_the_terminal(site, alerts, terminal):
    assert_plain(terminal)
    for path in ("/claims.atom", "/claims.atom?verdict=contradiction", "/alerts.atom"):
        feed = ET.fromstring(site.get(path).text.encode())
        texts = [e.text or "" for name in ("title", "summary", "name") for e in feed.iterfind(f".//a:{name}", ATOM)]
        assert_plain(" ".join([*texts, *(e.get("term", "") for e in feed.iterfind(".//a:category", ATOM))]))
    for alert in alerts:
        body = json.loads(webhook_body(Notification("n", "hook", alert.rule, alert.severity, (alert,))))
        assert_plain(f"{body['title']} {body['text']} {body['alerts'][0]['line']} {alert.why}")


def test_no_quaint_word_is_in_the_templates():
    for path in Path("console/web/templates").glob("*.html"):
        text = re.sub(r"{[%{].*?[%}]}", "", path.read_text("utf-8"))
        assert not re.search(r"\b(?:told|tells?|taken out|gone dark|unsaid)\b", text), path


def test_every_line_names_its_story(site, alerts, terminal, demo):
    watched = claimwire("watch", "--all", "--since", "2d", "--for", "1", cwd=demo)
    marked = re.findall(r"^(?:New|Update|Said before|Disputed|Took back|Called off) ", watched, re.MULTILINE)
    assert len(marked) > 200
    assert len(re.findall(r" · story: \S", watched)) == len(marked)
    for path in ("/claims.atom", "/alerts.atom"):
        entries = ET.fromstring(site.get(path).text.encode()).findall("a:entry", ATOM)
        assert entries
        texts = [e.findtext("a:summary", namespaces=ATOM) for e in entries]
        assert [text for text in texts if "; story: " not in text] == []
    rows = lxml_html.fromstring(site.get("/alerts").text).cssselect("li.claim")
    assert rows
    assert all(row.cssselect("a[href^='/stories/']") for row in rows)
    assert [alert.evidence for alert in alerts if not alert.story_title] == []


def test_a_denial_reads_as_one_in_every_channel(site, claims, alerts, demo):
    denied = [s for s in claims if s.claim.modality is Modality.DENIED]
    assert len(denied) > 5
    lines = {s.claim_id: claim_line(shown(s)) for s in denied}
    assert any(" denies that " in line for line in lines.values())
    assert all(SHOWS[Modality.DENIED].search(line) or line.startswith("Denied: ") for line in lines.values())
    printed = " ".join(
        claimwire("watch", "--all", "--modality", "denied", "--since", "2d", "--for", "1", cwd=demo).split()
    )
    exported = [json.loads(line) for line in claimwire("export", "--filter", "modality=denied", cwd=demo).splitlines()]
    assert {row["claim_id"]: row["line"] for row in exported} == lines
    for sighting in denied:
        line = lines[sighting.claim_id]
        assert " ".join(line.split())[:250] in printed
        page = lxml_html.fromstring(site.get(f"/claims/{sighting.claim_id}").text)
        assert SHOWS[Modality.DENIED].search(page.cssselect("h1")[0].text_content())
    for alert in (a for a in alerts if a.claim_id in lines):
        body = json.loads(webhook_body(Notification("n", "hook", alert.rule, alert.severity, (alert,))))
        assert body["alerts"][0]["modality"] == "denied"
        assert body["alerts"][0]["line"] == lines[alert.claim_id]


def test_an_outlet_is_no_claimant_and_no_claimant_is_invented(claims):
    for sighting in claims:
        found = shown(sighting)
        if NARRATOR in sighting.claim.claimant:
            assert found.claimant_text == ""
        elif found.claimant_text:
            assert len(found.claimant_text) < 100
    assert sum(bool(s.claim.claimant_text) for s in claims) > 100


def test_only_disputes_retractions_and_tolls_are_urgent(alerts):
    for alert in alerts:
        is_toll = any(c.kind is ChangeKind.UPDATE and c.role in TOLLS for c in alert.changes)
        is_urgent = alert.verdict in (Verdict.CONTRADICTION, Verdict.RETRACTION) or is_toll
        assert (alert.severity == "high") is is_urgent, alert.evidence
    assert {a.severity for a in alerts} == {"normal", "high"}


def test_the_rules_name_the_tolls():
    text = Path("seeds/rules.toml").read_text("utf-8")
    assert {role for role in QuantityRole if f'"{role}"' in text} == TOLLS
    assert all(ROLES[role] for role in TOLLS)
    assert [r.severity for r in load_rules("seeds/rules.toml")] == ["normal", "high", "normal"]
