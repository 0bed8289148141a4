"""`claimwire rules` and `claimwire marks`: mistakes with their place, examples, and history by the live code."""

import json

import pytest

from claimwire.config.settings import Settings
from claimwire.records.vocabulary import EventType, Modality, QuantityRole, Verdict
from claimwire.store.drivers import open_settings_store
from tests.console.command import claimwire

RULE = '[[rule]]\nname = "a"\nwhen = \'verdict == "new"\'\n'


def test_the_rules_that_come_with_the_program_do_as_their_examples_say(tmp_path):
    out = claimwire("rules", "check", cwd=tmp_path)
    assert "3 rules, 1 channels, 32 examples, 0 of them wrong" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{RULE}[[example]]\nrule = 'b'\n", "rules.toml:5: rule: no rule is called 'b'"),
        (f"{RULE}[[example]]\nrule = 'a'\nfires = 'no.jsonl'\n", "rules.toml:6: fires: no.jsonl: No such file"),
        (f"{RULE}[[example]]\nrule = 'a'\nfires = 'bad.jsonl'\n", "bad.jsonl:2: fires: Sighting: "),
        (f"{RULE}[[example]]\nrule = 'a'\nfire = 'x'\n", "rules.toml:6: fire: no such key (did you mean fires?)"),
        (
            "[[rule]]\nname = 'a'\nwhen = 'event_type == \"FLOOD\"'\n",
            "rules.toml:3: when: event_type 'FLOOD' is not one of AGREE, ",
        ),
        (f'{RULE}notify = ["desk"]\n', "rules.toml:4: notify: 'desk' is not one of console"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, text, message):
    (tmp_path / "rules.toml").write_text(text)
    (tmp_path / "bad.jsonl").write_text("\n{}\n")
    assert message in claimwire("rules", "check", "rules.toml", cwd=tmp_path, status=2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("watch", "--event-type", "FLOOD"), "event_type: 'FLOOD' is not one of AGREE"),
        (("watch", "--language", "english"), "language: 'english' is not a two-letter ISO 639-1 code"),
        (("watch", "--modality", "plannd"), "uncertain (did you mean planned?)"),
        (
            ("search", "x", "--kind", "claims", "--filter", "modality=possible"),
            "modality: 'possible' is not one of asserted",
        ),
        (("search", "x", "--kind", "alerts", "--filter", "severity=hihg"), "low, normal, high (did you mean high?)"),
        (("export", "claims", "--filter", "verdict=News"), "(did you mean new?)"),
    ],
)
def test_a_filter_that_nothing_fits_is_refused(tmp_path, words, message):
    assert message in claimwire(*words, cwd=tmp_path, status=2)


def test_help_lists_the_words_of_every_field(tmp_path):
    out = " ".join(claimwire("rules", "--help", cwd=tmp_path).split())
    for words in (EventType, Verdict, Modality, QuantityRole):
        assert " ".join(words) in out
    assert "possible" not in out


def test_examples_that_do_not_do_as_they_say(tmp_path):
    from console.resources import seeds_dir

    example = f"[[example]]\nrule = 'a'\nfires = '{seeds_dir()}/examples/changed.jsonl'\n"
    (tmp_path / "rules.toml").write_text(RULE + example + example.replace("fires", "silent"))
    out = claimwire("rules", "check", "rules.toml", cwd=tmp_path, status=1)
    assert out.count("changed.jsonl:1: a: does not fire on: ") == 1
    assert "12 examples, 6 of them wrong" in out
    told = json.loads(claimwire("rules", "check", "rules.toml", "--json", cwd=tmp_path, status=1))
    assert len(told["wrong"]) == 6


def test_channels_are_opened_where_that_is_asked_for(tmp_path):
    (tmp_path / "rules.toml").write_text(f'{RULE}[[channel]]\nname = "desk"\nurl_file = "desk"\n')
    claimwire("rules", "check", "rules.toml", cwd=tmp_path)
    out = claimwire("rules", "check", "rules.toml", "--channels", cwd=tmp_path, status=2)
    assert "desk:0: url_file: No such file" in out
    (tmp_path / "desk").write_text("json://127.0.0.1:9/x")
    claimwire("rules", "check", "rules.toml", "--channels", cwd=tmp_path)


def test_history_gives_the_alerts_that_were_told(demo):
    """The live code over the index raises what the run raised, alert by alert."""
    told = json.loads(claimwire("rules", "test", "--since", "2d", "--json", cwd=demo))
    tried = {alert["alert_id"] for of in told.values() for message in of["told"] for alert in message["alerts"]}
    store = open_settings_store(Settings(store=f"sqlite:///{demo / 'data' / 'search.db'}"))
    assert tried == {ident for ident, _ in store.scan("alerts")}
    store.close()
    assert sum(sum(of["by_day"].values()) for of in told.values()) == len(tried)


def test_a_rule_is_tried_before_it_is_in_force(copy):
    text = (
        '[[rule]]\nname = "held"\nhold = "1d"\ngroup_by = ["story_id"]\n'
        '[[rule]]\nname = "two"\nindependent_origins = 2\n'
        '[[rule]]\nname = "articles"\non = "article"\nwhen = "is_new_story"\n'
        '[[rule]]\nname = "chile"\nwhen = \'place.country == "CHL" and quantity.value >= 4\'\n'
    )
    (copy / "rules.toml").write_text(text)
    told = json.loads(claimwire("rules", "test", "rules.toml", "--since", "2d", "--json", cwd=copy))
    assert told["held"]["messages"] < 10 < told["held"]["alerts"]
    assert told["held"]["put_off"]["held"] == told["held"]["messages"]
    assert 5 < told["two"]["alerts"] < 60
    assert told["articles"]["alerts"] == 7
    evidence = [a["evidence"] for m in told["chile"]["told"] for a in m["alerts"]]
    assert evidence
    story = told["held"]["told"][0]["alerts"][0]["story_id"]
    claimwire("marks", "mute", story, cwd=copy)
    muted = json.loads(claimwire("rules", "test", "rules.toml", "--rule", "held", "--json", cwd=copy))
    assert muted["held"]["put_off"]["muted"] > 0
    assert muted["held"]["messages"] == told["held"]["messages"] - 1
    table = claimwire("rules", "test", "rules.toml", "--limit", "1", cwd=copy)
    assert "more messages of two" in table


def test_marks_are_listed_and_taken_away(tmp_path):
    claimwire("marks", "follow", "s1", cwd=tmp_path)
    claimwire("marks", "useful", "a1", cwd=tmp_path)
    assert [m["mark"] for m in json.loads(claimwire("marks", "--json", cwd=tmp_path))] == ["follow", "useful"]
    assert "s1" not in claimwire("marks", "clear", "s1", cwd=tmp_path)
    assert "give an ID" in claimwire("marks", "mute", cwd=tmp_path, status=2)


def test_watch_takes_the_filters_of_the_page(demo):
    out = claimwire(
        "watch", "--all", "--since", "2d", "--for", "0.2", "--place", "Valdivia", "--text", '"were killed"', cwd=demo
    )
    assert out.count("Valdivia") >= 1
    two = [
        claimwire("watch", "--since", "2d", "--for", "0.2", "--json", "--source", s, cwd=demo).count("\n")
        for s in ("Open Gazette", "Harbour Post")
    ]
    both = claimwire(
        "watch",
        "--since",
        "48",
        "--for",
        "0.2",
        "--json",
        "--source",
        "Open Gazette",
        "--source",
        "Harbour Post",
        cwd=demo,
    )
    assert both.count("\n") == sum(two) > 20
    assert "neither like 24h" in claimwire("watch", "--since", "yesterday", cwd=demo, status=2)
