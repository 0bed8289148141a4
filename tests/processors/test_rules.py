"""Rules: what fires, and a clear line for each mistake."""

import msgspec
import pytest

from claimwire.errors import ConfigError
from claimwire.ids import digest
from claimwire.records.articles import CleanArticle
from claimwire.records.claims import Claim, Quantity
from claimwire.records.sightings import Article, Sighting
from claimwire.records.vocabulary import EventType, Modality, QuantityRole, ReportReason, Verdict
from console.resources import resolved
from processors.claims.events.role_words import outcome_of
from processors.claims.lexicon import event_triggers
from processors.rules import article_alerts, claim_alerts, load_rules
from processors.rules.expressions import compile_when
from processors.rules.fields import countries_of, country_words
from tests.records import NOW


def sighting(**fields) -> Sighting:
    claim = Claim(
        claim_id="c", start=0, end=5, content=0, sentence_start=0, sentence_end=5, claimant=("Ministry",), cue="said",
        event_type="CASUALTY", quantities=(Quantity(value=9, unit="person", role="killed"),), places=("Ganja",),
    )  # fmt: skip
    base = {
        "claim_id": "c", "cluster_id": "k", "story_id": "s", "article_id": "a", "revision_id": "r", "url": None,
        "source": "Paper", "lane": "live", "language": "en", "fetched_at": NOW, "first_seen_at": NOW,
        "published_at": NOW, "title": "Flood", "sentence": "Nine died in the flooding.", "evidence": "Nine", "claim": claim,
        "verdict": Verdict.NEW, "why": "",
    }  # fmt: skip
    return Sighting(**(base | fields))


@pytest.mark.parametrize(
    ("when", "fires"),
    [
        ('verdict == "new"', True),
        ('verdict != "new"', False),
        ('verdict in ["update", "new"] and source == "Paper"', True),
        ('not (event_type == "CASUALTY")', False),
        ("quantity.value >= 9 and quantity.role == 'killed'", True),
        ("quantity.value > 9", False),
        ('"Ganja" in places or claimant == "Nobody"', True),
        ('"Baku" in places', False),
        ('source not in ["Paper", "Other"]', False),
        ("change.value > 0", False),
        ("score < -1", False),
        ("true", True),
        ("false or adds_origin", True),
        ("adds_origin == false", False),
        ("origin_count >= 2", False),
        ('place.country == "AZE" and "Azerbaijan" in place.country and place.country != "AZ"', False),
        ('place.country in ["AZE", "FRA"]', True),
    ],
)
def test_expressions(when, fires):
    assert compile_when(when)(sighting()) is fires


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ('verdic == "new"', "no such field 'verdic' (did you mean verdict?)"),
        ('verdict == "neu"', "verdict 'neu' is not one of"),
        (
            'modality == "possible"',
            "modality 'possible' is not one of asserted, denied, planned, requested, uncertain (did you mean uncertain?)",
        ),
        ('event_type == "FLOOD"', "STATEMENT (did you mean DISASTER?)"),
        ('quantity.role == "dead"', "duration (did you mean killed?)"),
        ('"dead" in quantity.role', "quantity.role 'dead' is not one of killed, injured"),
        ('event_type in ["CASUALTY", "CASUALTI"]', "event_type 'CASUALTI' is not one of"),
        ('not (source == "x" or event_type not in ["casualty"])', "(did you mean CASUALTY?)"),
        ('modality != "plannd"', "(did you mean planned?)"),
        ('verdict != "News"', "(did you mean new?)"),
        ('change.role == "context"', "change.role 'context' is not one of killed"),
        (
            'change.field == "value"',
            "change.field 'value' is not one of quantity, plan, statement, modality, event_date",
        ),
        (
            'place.country == "chile"',
            "'chile' is not the name or an ISO 3166 code of its country (did you mean Chile?)",
        ),
        ('place.country in ["FRA", "UK"]', "(did you mean United Kingdom?)"),
        ('language == "english"', "language 'english' is not a two-letter ISO 639-1 code"),
        ('lane == "life"', "lane 'life' is not live, or the month"),
        ("verdict == 3", "verdict is a text, 3 is not"),
        ('quantity.value > "x"', "quantity.value is a number, 'x' is not"),
        ('source > "a"', "source is a text: compare it with"),
        ("source", "expected a comparison"),
        ("adds_origin == 1", "adds_origin is a truth, 1 is not"),
        ("origin_count == true", "origin_count is a number, True is not"),
        ("is_new_story", "no such field 'is_new_story' (rules with on = \"article\" have it)"),
        ("__import__('os')", "expected a comparison"),
        ('source == __import__("os")', "expected a text or a number"),
        ("1 ==", "cannot be parsed"),
        ("a < b < c", "expected a comparison"),
        ('source is "x"', "operator in"),
        ("(" * 500, "cannot be parsed"),
    ],
)
def test_mistakes_in_expressions(when, problem):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        compile_when(when)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "when",
    [
        *(f'event_type == "{word}"' for word in EventType),
        *(f'modality != "{word}"' for word in Modality),
        *(f'"{word}" in quantity.role' for word in QuantityRole),
        'place.country in ["East Timor", "CL", "CHL", "Chile", "Turkey"]',
        'language in ["und", "az"] and lane in ["live", "2026-11"]',
    ],
)
def test_every_word_of_a_vocabulary_may_be_asked_for(when):
    assert compile_when(when)(sighting()) in (True, False)


def test_no_claim_of_the_pipeline_has_a_word_that_rules_refuse():
    """The words of the lexicons, from which types and roles come, are those of the vocabularies."""
    assert {kind for pairs in event_triggers().values() for kind, _ in pairs} <= set(EventType)
    assert {outcome_of(word) for word in ("dead", "arrested", "votes")} <= set(QuantityRole)
    assert countries_of(("Valdivia", "Baku", "Prague", "Nicosia")) != ()
    assert set(countries_of(("Valdivia", "Baku", "Prague", "Ankara", "Gaza"))) <= country_words()


def rules(tmp_path, text: str):
    file = tmp_path / "rules.toml"
    file.write_text(text)
    return load_rules(str(file))


def test_words_and_patterns(tmp_path):
    loaded = rules(
        tmp_path,
        '[[rule]]\nname = "a"\nmatch = { any = ["flood*"] }\n[[rule]]\nname = "b"\nmatch = { regex = "dam|quake" }\n',
    )
    assert [a.rule for a in claim_alerts(loaded, sighting())] == ["a"]


def test_backfill_and_withdrawn_claims_alert_nobody(tmp_path):
    loaded = rules(tmp_path, '[[rule]]\nname = "a"\n')
    assert len(claim_alerts(loaded, sighting())) == 1
    assert claim_alerts(loaded, sighting(backfill=True)) == []
    assert claim_alerts(loaded, sighting(withdrawn_in="r2")) == []


def test_only_reported_claims_fire_and_repeats_that_bring_the_wanted_origin(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('[[rule]]\nname = "one"\n[[rule]]\nname = "two"\nindependent_origins = 2\n')
    kept = {"reported": False, "reason": ReportReason.REPEAT, "verdict": Verdict.REPEAT}
    found = {
        "reported": sighting(),
        "repeat": sighting(**kept),
        "second": sighting(**kept, origin_count=2),
        "opinion": sighting(**kept | {"reason": ReportReason.OPINION}, origin_count=2),
    }
    fired = {name: [a.rule for a in claim_alerts(load_rules(path), s)] for name, s in found.items()}
    assert fired == {"reported": ["one"], "repeat": [], "second": ["two"], "opinion": []}


def test_alert_id_follows_rule_group_cluster_and_change(tmp_path):
    loaded = rules(tmp_path, '[[rule]]\nname = "a"\n')
    ids = [claim_alerts(loaded, s)[0].alert_id for s in (sighting(), sighting(claim_id="d"), sighting(cluster_id="z"))]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[rule]]\nname = "a"\nwhenn = "true"', "rules.toml:3: whenn: no such key (did you mean when?)"),
        ('[[rule]]\nname = "a"\n\n[[rule]]\nname = "b"\nwhen = "x == 1"', "rules.toml:6: when: no such field 'x'"),
        ('[[rule]]\nwhen = "true"', "rules.toml:1: name: is missing; expected a name"),
        (
            '[[rule]]\nname = "a"\nseverity = "loud"',
            "rules.toml:3: severity: expected one of low, normal, high, got 'loud'",
        ),
        ('[[rule]]\nname = "a"\nnotify = ["pager"]', "rules.toml:3: notify: 'pager' is not one of console"),
        (
            '[[rule]]\nname = "a"\ngroup_by = "story_id"',
            "rules.toml:3: group_by: expected a list of texts, got 'story_id'",
        ),
        ('[[rule]]\nname = "a"\nmatch = { regex = "(" }', "rules.toml:3: match: regex:"),
        ('[[rule]]\nname = "a"\nmatch = { al = ["x"] }', "rules.toml:3: match: expected"),
        ('[[rule]]\nname = "a"\n[[rule]]\nname = "a"', "rules.toml:4: name: duplicate name 'a'"),
        ('[rule]\nname = "a"', "rules.toml:1: rule: write [[rule]]"),
        ("[[rules]]", "rules.toml:1: rules: no such key (only [[rule]], [[channel]], [[example]])"),
        ('[[rule]]\nname = "a"\nhold = "soon"', 'rules.toml:3: hold: expected a duration like "90s"'),
        ('[[rule]]\nname = "a"\ndigest = "0h"', "rules.toml:3: digest: expected a duration like"),
        ('[[rule]]\nname = "a"\nat_most_every = 30', "rules.toml:3: at_most_every: expected a duration like"),
        ('[[rule]]\nname = "a"\nquiet_hours = "22-6"', "rules.toml:3: quiet_hours: expected a time range like"),
        (
            '[[rule]]\nname = "a"\nquiet_hours = "22:00-06:00 Paris"',
            "rules.toml:3: quiet_hours: unknown time zone 'Paris'",
        ),
        (
            '[[rule]]\nname = "a"\nindependent_origins = 0',
            "rules.toml:3: independent_origins: expected a number from 1 to 100, got 0",
        ),
        (
            '[[rule]]\nname = "a"\non = "article"\nindependent_origins = 2',
            "rules.toml:4: independent_origins: only claims",
        ),
        (
            '[[rule]]\nname = "a"\non = "article"\ngroup_by = ["cluster_id"]',
            "rules.toml:4: group_by: 'cluster_id' is not",
        ),
        ('[[rule]]\nname = "a"\n[[channel]]\nname = "b"', "rules.toml:3: url_file: name a file with the address"),
        (
            '[[channel]]\nkind = "webhook"\nname = "b"\nurl = "https://a.example"',
            "rules.toml:1: secret_file: a webhook is signed",
        ),
        (
            '[[channel]]\nname = "b"\nurl = "x"\n[[channel]]\nname = "b"\nurl = "y"',
            "rules.toml:5: name: duplicate name 'b'",
        ),
        (
            '[[channel]]\nname = "b"\nkind = "pigeon"',
            "rules.toml:3: kind: expected one of console, webhook, apprise, got 'pigeon'",
        ),
        (
            '[[rule]]\nname = "a"\n\nwhen = \'modality == "possible"\'',
            "rules.toml:4: when: modality 'possible' is not one of",
        ),
        ("[[rule]\n", "rules.toml:1: syntax:"),
        ('[[rule]]\nname = "a"\non = "page"', "rules.toml:3: on: expected one of claim, article, got 'page'"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path, text, message):
    with pytest.raises(ConfigError) as caught:
        rules(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_threshold_fires_once_on_the_sighting_that_reaches_it(tmp_path):
    loaded = rules(tmp_path, '[[rule]]\nname = "a"\nindependent_origins = 2\n')
    seen = [(1, True), (1, False), (2, True), (2, False), (3, True)]
    fired = [claim_alerts(loaded, sighting(origin_count=n, adds_origin=adds)) for n, adds in seen]
    assert [len(alerts) for alerts in fired] == [0, 0, 1, 0, 0]
    assert fired[2][0].why.startswith("2 independent origins report it")


def article(**fields) -> Article:
    clean = CleanArticle(
        article_id="a", revision_id="r", url=None, source="Presse", lane="live", language="fr", fetched_at=NOW,
        first_seen_at=NOW, published_at=NOW, published_estimated=False, title="Crue", text="Crue\n\nLe barrage a cédé.",
        blocks=(), removed=(), claims=(),
    )  # fmt: skip
    clean_fields = {k: fields.pop(k) for k in list(fields) if k in CleanArticle.__struct_fields__}
    base = Article(
        clean=msgspec.structs.replace(clean, **clean_fields), story_id=digest("story", "a"), duplicate_of=None,
        origin="Presse", revision=1, sightings=(), clean_partition=0, clean_offset=0,
    )  # fmt: skip
    return msgspec.structs.replace(base, **fields)


@pytest.mark.parametrize(
    ("spec", "fields", "fires"),
    [
        ("when = 'is_new_story and language == \"fr\"'", {}, True),
        ("when = 'is_new_story'", {"story_id": "other"}, False),
        ("when = 'is_new_story'", {"revision": 2}, False),
        ('match = { any = ["barrage"] }', {}, True),
        ('match = { any = ["CÉD*"] }', {}, True),
        ('match = { regex = "digue" }', {}, False),
        ("when = 'is_withdrawn'", {"withdrawn_at": NOW}, True),
        ("when = 'not is_duplicate and not is_copy and claims == 0 and origin == \"Presse\"'", {}, True),
        ("", {"backfill": True}, False),
    ],
)
def test_rules_on_articles_of_any_language(tmp_path, spec, fields, fires):
    loaded = rules(tmp_path, f'[[rule]]\nname = "a"\non = "article"\n{spec}\n')
    found = article_alerts(loaded, article(**fields))
    assert len(found) == fires
    assert claim_alerts(loaded, sighting()) == []
    for alert in found:
        assert (alert.verdict, alert.claim_id, alert.evidence) == (None, "", "Crue")
        assert alert.why


def test_an_article_alerts_once_over_its_revisions(tmp_path):
    loaded = rules(tmp_path, '[[rule]]\nname = "a"\non = "article"\n')
    ids = [article_alerts(loaded, article(revision=n))[0].alert_id for n in (1, 2)]
    gone = article_alerts(loaded, article(revision=3, withdrawn_at=NOW))[0].alert_id
    assert ids[0] == ids[1] != gone


def test_patterns_take_linear_time(tmp_path):
    loaded = rules(tmp_path, '[[rule]]\nname = "a"\nmatch = { regex = "(a+)+$" }\n')
    assert claim_alerts(loaded, sighting(sentence="a" * 50_000 + "!")) == []


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_rules(str(tmp_path / "none.toml"))


def test_the_rules_that_come_with_the_program():
    assert [r.name for r in load_rules(resolved("seeds/rules.toml"))] == ["New claims", "What changed", "Other changes"]
