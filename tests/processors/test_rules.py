"""Rules: what fires, and a clear line for each mistake."""

import pytest

from claimwire.errors import ConfigError
from claimwire.records import Claim, Quantity, Sighting, Verdict
from console.resources import resolved
from processors.rules import alerts_of, compile_when, load_rules
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
    ],
)
def test_expressions(when, fires):
    assert compile_when(when)(sighting()) is fires


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ('verdic == "new"', "no such field 'verdic' (did you mean verdict?)"),
        ('verdict == "neu"', "verdict 'neu' is not one of"),
        ("verdict == 3", "verdict is a text, 3 is not"),
        ('quantity.value > "x"', "quantity.value is a number, 'x' is not"),
        ('source > "a"', "source is a text: compare it with"),
        ("source", "expected a comparison"),
        ("__import__('os')", "expected a comparison"),
        ('source == __import__("os")', "expected a text or a number"),
        ("1 ==", "cannot be read"),
        ("a < b < c", "expected a comparison"),
        ('source is "x"', "operator in"),
        ("(" * 500, "cannot be read"),
    ],
)
def test_mistakes_in_expressions(when, problem):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        compile_when(when)
    assert problem in str(caught.value)


def rules(tmp_path, text: str):
    file = tmp_path / "rules.toml"
    file.write_text(text)
    return load_rules(str(file))


def test_words_and_patterns(tmp_path):
    loaded = rules(
        tmp_path,
        '[[rule]]\nname = "a"\nmatch = { any = ["flood*"] }\n[[rule]]\nname = "b"\nmatch = { regex = "dam|quake" }\n',
    )
    assert [a.rule for a in alerts_of(loaded, sighting())] == ["a"]


def test_backfill_and_withdrawn_claims_alert_nobody(tmp_path):
    loaded = rules(tmp_path, '[[rule]]\nname = "a"\n')
    assert len(alerts_of(loaded, sighting())) == 1
    assert alerts_of(loaded, sighting(backfill=True)) == []
    assert alerts_of(loaded, sighting(withdrawn_in="r2")) == []


def test_alert_id_follows_rule_group_cluster_and_change(tmp_path):
    loaded = rules(tmp_path, '[[rule]]\nname = "a"\n')
    ids = [alerts_of(loaded, s)[0].alert_id for s in (sighting(), sighting(claim_id="d"), sighting(cluster_id="z"))]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[rule]]\nname = "a"\nwhenn = "true"', "rules.toml:3: whenn: no such key (did you mean when?)"),
        ('[[rule]]\nname = "a"\n\n[[rule]]\nname = "b"\nwhen = "x == 1"', "rules.toml:6: when: no such field 'x'"),
        ('[[rule]]\nwhen = "true"', "rules.toml:1: name: a rule needs a name"),
        ('[[rule]]\nname = "a"\nseverity = "loud"', "rules.toml:3: severity: 'loud' is not one of low, normal, high"),
        ('[[rule]]\nname = "a"\nnotify = ["pager"]', "rules.toml:3: notify: 'pager' is not one of console"),
        ('[[rule]]\nname = "a"\ngroup_by = "story_id"', "rules.toml:3: group_by: 'story_id' is not one of"),
        ('[[rule]]\nname = "a"\nmatch = { regex = "(" }', "rules.toml:3: match: regex:"),
        ('[[rule]]\nname = "a"\nmatch = { al = ["x"] }', "rules.toml:3: match: expected"),
        ('[[rule]]\nname = "a"\n[[rule]]\nname = "a"', "rules.toml:4: name: 'a' is there twice"),
        ('[rule]\nname = "a"', "rules.toml:1: rule: write [[rule]]"),
        ("[[rules]]", "rules.toml:1: rules: no such key"),
        ("[[rule]\n", "rules.toml:1: syntax:"),
        ('[[rule]]\nname = "a"\non = "page"', "rules.toml:3: on: 'page' is not claim"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path, text, message):
    with pytest.raises(ConfigError) as caught:
        rules(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_rules(str(tmp_path / "none.toml"))


def test_the_rules_that_come_with_the_program():
    assert [r.name for r in load_rules(resolved("seeds/rules.toml"))] == ["New claims", "What changed"]
