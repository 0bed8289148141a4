"""Changes are reported only between comparable counts, plans and statements; every cue has its example and counter-example."""

import sqlite3
from datetime import timedelta

import msgspec
import pytest

from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from claimwire.records.vocabulary import ChangeKind, Modality, QuantityRole, Verdict
from claimwire.text.numbers import number_text
from processors.analysis import analyse
from processors.match.clusters import features_of
from processors.match.matcher import Matcher
from processors.match.verdicts import Earlier, cues, decide
from processors.match.verdicts.counts import Scope, figures_in, is_age, is_stated, scope_of
from processors.match.verdicts.cues import Kind
from processors.match.verdicts.statements import scene_of, statement_of
from tests.records import NOW, raw_article, raw_message

FIRE = "Fire at Porto Salvo market\nA fire at the covered market of Porto Salvo killed {} people on Friday, {} said.\n"


@pytest.mark.parametrize("cue", cues.cues(), ids=lambda c: f"{c.kind}/{c.id}")
def test_a_cue_matches_its_example_and_not_its_counter_example(cue):
    assert cue.pattern.search(cue.example)
    assert not cue.pattern.search(cue.counter)
    assert cue.lower.search(cue.example.lower())
    assert not cue.lower.search(cue.counter.lower())


def test_every_role_cue_is_a_role_and_every_kind_has_a_cue():
    assert {c.id for c in cues.of_kind(Kind.ROLE)} <= set(QuantityRole)
    assert all(cues.of_kind(kind) for kind in Kind)


@pytest.mark.parametrize(
    ("role", "before", "after", "wanted"),
    [
        ("killed", "", "people were killed", True),
        ("killed", "the number of dead rose to", "", True),
        ("killed", "", "victims were taken away", False),
        ("injured", "", "dead and", False),
        ("killed", "", "were hurt", False),
        ("other", "", "boats", True),
    ],
)
def test_a_role_needs_its_word_near_the_number(role, before, after, wanted):
    assert is_stated(QuantityRole(role), before, after) is wanted


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("the toll is now", ", including two children", Scope.TOTAL),
        ("nine died, including", "children", Scope.PART),
        ("", "more bodies were found", Scope.MORE),
        ("another", "were missing", Scope.MORE),
        ("more than", "people died", Scope.TOTAL),
    ],
)
def test_scopes(before, after, wanted):
    assert scope_of(before, after, f"{before} {after}") is wanted


def test_a_statistic_is_wider_than_an_event():
    assert scope_of("", "people have drowned", "212 people have drowned this year") is Scope.WIDE


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("a man of", ", was held", True),
        ("aged", ", died", True),
        ("a ", "-year-old boy", True),
        ("killed", " people", False),
    ],
)
def test_ages_are_no_counts(before, after, wanted):
    assert is_age(before, after) is wanted


def test_numbers_are_found_and_written_with_all_digits():
    assert [v for _, _, v in figures_in("Twelve of 7,400 homes, 2.5 million euros, shaft A-7")] == [12, 7400, 2_500_000]
    assert [number_text(v) for v in (1_234_567.0, 56.5, 1e21, 0.25)] == [
        "1,234,567", "56.5", "1,000,000,000,000,000,000,000", "0.25",
    ]  # fmt: skip


@pytest.fixture
def matcher():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield Matcher(connection)
    connection.close()


def changes_of(matcher: Matcher, *texts: str) -> list[tuple[Verdict, ChangeKind, str, str]]:
    """The changes that the last of these articles brings, each of another source and an hour later."""
    found: list[Sighting] = []
    for n, text in enumerate(texts):
        at = NOW + timedelta(hours=n)
        raw = raw_article(f"a{n}-{id(matcher)}", text, source=f"S{n}", fetched_at=at, first_seen_at=at, published_at=at)
        clean = decode(analyse(raw_message(raw))[0].value, CleanArticle)
        records = matcher.process(clean, 0, n)
        found = list(next(r for r in records if isinstance(r, Article)).sightings)
    return [(s.verdict, c.kind, c.old, c.new) for s in found for c in s.changes]


def test_a_later_higher_toll_updates_and_says_whose(matcher):
    assert (Verdict.UPDATE, ChangeKind.UPDATE, "4", "9") in changes_of(
        matcher, FIRE.format("four", "the fire brigade"), FIRE.format("nine", "the fire brigade")
    )


def test_one_article_changes_nothing_that_it_says_itself(matcher):
    text = FIRE.format("four", "the fire brigade") + "The toll rose to nine, the fire brigade said.\n"
    assert changes_of(matcher, text) == []


def test_a_lower_toll_without_a_cue_is_silent(matcher):
    texts = FIRE.format("nine", "the fire brigade"), FIRE.format("four", "the fire brigade")
    assert changes_of(matcher, *texts) == []


def test_a_corrected_toll_updates(matcher):
    corrected = "Fire at Porto Salvo market\nThe fire brigade corrected the toll of the fire at the covered market of Porto Salvo to four dead.\n"
    assert ("9", "4") in {
        (old, new) for _, _, old, new in changes_of(matcher, FIRE.format("nine", "the fire brigade"), corrected)
    }


def test_another_day_or_place_is_another_event(matcher):
    later = FIRE.format("nine", "the fire brigade").replace("Porto Salvo", "Vila Longa")
    assert changes_of(matcher, FIRE.format("four", "the fire brigade"), later) == []


def test_a_slip_of_a_digit_does_not_poison(matcher):
    brigade = "the fire brigade"
    five, slip, six = (FIRE.format(n, brigade) for n in ("five", "500", "six"))
    assert changes_of(matcher, five, slip) == []
    assert [(old, new) for _, _, old, new in changes_of(matcher, five, slip, six)] == [("5", "6")]


def test_an_outlier_that_a_second_origin_confirms_is_an_update(matcher):
    five, first = FIRE.format("five", "the fire brigade"), FIRE.format("60", "the fire brigade")
    second = "Mayor mourns market dead\nMayor Rita Sousa of Porto Salvo said on Friday that 60 people were killed in the fire at the covered market.\n"
    assert ("5", "60") in {(old, new) for _, _, old, new in changes_of(matcher, five, first, second)}


def test_a_number_without_a_role_changes_no_other(matcher):
    text = "Fire at Porto Salvo market\nThe fire at the covered market of Porto Salvo on Friday burned {} hours, the fire brigade said.\n"
    text += "The fire at the covered market of Porto Salvo on Friday was {} kilometres from the port, the fire brigade said.\n"
    assert changes_of(matcher, text.format(4, 10), text.format(4, 55)) == []


@pytest.mark.parametrize(("day", "wanted"), [("In February, a", 0), ("A", 1)])
def test_the_toll_of_an_older_event_is_no_update(matcher, day, wanted):
    text = "Fire at Porto Salvo market\n{} fire at the covered market of Porto Salvo killed {} people, the fire brigade said.\n"
    assert len(changes_of(matcher, text.format("A", "four"), text.format(day, "nine"))) == wanted


@pytest.mark.parametrize(("year", "wanted"), [("2019", []), ("2026", ["happened"])])
def test_a_plan_has_not_happened_in_a_year_before(matcher, year, wanted):
    plan = (
        "Prize of Porto Salvo\nRita Sousa will meet the union of Porto Salvo on 20 November 2026, the town hall said.\n"
    )
    done = plan.replace("will meet", "met").replace("2026", year)
    assert [new for _, _, _, new in changes_of(matcher, plan, done)] == wanted


def test_none_to_a_number_is_no_change(matcher):
    first = "Fire at Porto Salvo market\nA fire broke out at the covered market of Porto Salvo on Friday, the fire brigade said.\n"
    assert changes_of(matcher, first, FIRE.format("four", "the fire brigade")) == []


def test_the_lead_of_one_candidate_is_not_that_of_another(matcher):
    won = "Ines Alba won the vote for mayor of Porto Salvo by 112 votes on Sunday, the electoral commission said.\n"
    leads = (
        "Rui Costa leads the recount of the vote for mayor of Porto Salvo by 37 votes, the electoral commission said.\n"
    )
    assert changes_of(matcher, f"Alba wins Porto Salvo vote\n{won}", f"Costa leads Porto Salvo recount\n{leads}") == []


RAIL = "Freight train derails near Torvald\nA freight train with nine wagons derailed near Torvald on Sunday, the fire brigade said.\n"
SIGNAL = (
    RAIL
    + "Three workers were injured in the derailment, hospital director Marta Olsen said.\nThe driver said that a signal had failed.\n"
)
SPEED = "Operator on Torvald derailment\nThe train was travelling at 92 kilometres an hour, operator Nordbane said.\n"


@pytest.mark.parametrize(
    ("denied", "kinds"), [("a signal had failed", [ChangeKind.DISPUTE]), ("its office was searched", [])]
)
def test_a_denial_is_of_the_claim_whose_words_it_has(matcher, denied, kinds):
    text = f"Railway on derailment near Torvald\nNordbane denied that {denied} before the derailment near Torvald.\n"
    assert [kind for _, kind, _, _ in changes_of(matcher, SIGNAL, text)] == kinds


def test_a_denial_of_before_disputes_nothing(matcher):
    former = "Railway on derailment near Torvald\nNordbane had denied for days that a signal had failed before the derailment.\n"
    assert changes_of(matcher, SIGNAL, former) == []


def test_an_admission_takes_back_a_denial_that_has_no_name(matcher):
    denied = "Dam of Torvald\nThe power company Nordkraft denied that a gate of its dam was opened on Saturday night.\n"
    admitted = "Dam of Torvald\nNordkraft admitted on Tuesday that one gate of its dam had been opened for an hour on Saturday night.\n"
    assert [kind for _, kind, _, _ in changes_of(matcher, denied, admitted)] == [ChangeKind.RETRACTION]


@pytest.mark.parametrize(
    ("end", "wanted"), [("", []), (", contradicting the operator", [(ChangeKind.DISPUTE, "92", "104")])]
)
def test_a_measure_is_disputed_only_where_the_sentence_says_so(matcher, end, wanted):
    shows = (
        "The recorder shows that the train was travelling at 104 kilometres an hour, prosecutor Jan Vik said on Tuesday"
    )
    found = changes_of(matcher, SPEED, f"Recorder of Torvald train\n{shows}{end}.\n")
    assert [(kind, old, new) for _, kind, old, new in found] == wanted


def test_a_claimant_corrects_a_number_that_another_gave_before(matcher):
    shows = "Recorder of Torvald train\nThe train was travelling at 71 kilometres an hour, prosecutor Jan Vik said.\n"
    mended = (
        "Operator on Torvald derailment\nThe train was travelling at 71 kilometres an hour, not 92, Nordbane said.\n"
    )
    found = changes_of(matcher, SPEED, shows, mended)
    assert [(kind, old, new) for _, kind, old, new in found] == [(ChangeKind.UPDATE, "92", "71")]


@pytest.mark.parametrize(("said", "verdict"), [(Modality.REQUESTED, Verdict.NEW), (Modality.ASSERTED, Verdict.REPEAT)])
def test_a_fact_is_no_repeat_of_a_demand(said, verdict):
    text = "The court of Porto Salvo ordered a recount of the election on Monday."
    clean = decode(analyse(raw_message(raw_article("a", f"News\n{text}\n")))[0].value, CleanArticle)
    claim = next(c for c in clean.claims if c.modality is Modality.ASSERTED)
    features = features_of(claim, text, "en")
    mine = statement_of(claim, text, features, clean, "A", scene_of(clean))
    other = msgspec.structs.replace(mine, modality=said, article_id="b")
    assert decide(mine, Earlier([other], lambda _: [], words=0.9)).verdict is verdict
