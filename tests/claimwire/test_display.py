"""Claims as people read them: denials as denials, changes in plain words, a word for every member of each vocabulary."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from claimwire.records.claims import Quantity
from claimwire.records.sightings import Change
from claimwire.records.vocabulary import (
    ChangedField,
    ChangeKind,
    Modality,
    Operator,
    QuantityRole,
    ReportReason,
    Verdict,
)
from claimwire.text.display import (
    Shown,
    change_text,
    claim_line,
    claimant_words,
    is_reworded,
    mark_of,
    quantity_text,
    reason_words,
    shown,
    story_words,
    who_says,
    why,
)
from claimwire.text.numbers import number_text
from claimwire.text.words import TABLES, field_words, unit_words, value_words, words_of

MONDAY = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)


def claim(
    evidence: str, who: str = "", cue: str | None = None, modality: Modality = Modality.ASSERTED, **more
) -> Shown:
    named = {"claimant": (who,) if who else ("narrator",), "claimant_text": who, "cue": cue, "modality": modality}
    base = {"evidence": evidence, "sentence": evidence, "source": "Harbour Post", "published_at": MONDAY}
    return Shown(**(base | named | more))


DENIED, PLANNED, REQUESTED, UNCERTAIN = Modality.DENIED, Modality.PLANNED, Modality.REQUESTED, Modality.UNCERTAIN


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        # Only what is denied: the line says that it is, and who does.
        (claim("strikers were beaten", "Petrov", "denied", DENIED), "Petrov denies that strikers were beaten"),
        (claim("the valve was open", "the mayor", "rejects", DENIED), "The mayor rejects that the valve was open"),
        (claim("The valve was open", "Petrov", "denied", DENIED), "Petrov denies that the valve was open"),
        (claim("Sofia paid the fine", "Petrov", "denies", DENIED), "Petrov denies that Sofia paid the fine"),
        (claim("no one was warned", "Petrov", "denied", DENIED), "Petrov denies that no one was warned"),
        (claim("a guard slept", "police", "denied", DENIED), "Police deny that a guard slept"),
        (
            claim("a guard slept", "Petrov and Ilin", "denied", DENIED, claimant=("Petrov", "Ilin")),
            "Petrov and Ilin deny that a guard slept",
        ),
        (
            claim("a guard slept", "Office of Roads and Ports", "denied", DENIED),
            "Office of Roads and Ports denies that a guard slept",
        ),
        (
            claim(
                "the plan to close the port",
                "Petrov",
                "rejected",
                DENIED,
                sentence="Petrov rejected the plan to close the port.",
            ),
            "Petrov rejects: the plan to close the port",
        ),
        (
            claim("he hid a ledger", "Petrov", "denied", DENIED, sentence="Petrov denied claims he hid a ledger."),
            "Petrov denies: he hid a ledger",
        ),
        (
            claim(
                "he hid a ledger", "Petrov", "denied", DENIED, sentence="Petrov denied on Friday that he hid a ledger."
            ),
            "Petrov denies that he hid a ledger",
        ),
        (
            claim("the reports of a leak", "Petrov", "denied", DENIED, sentence="Petrov denied the reports of a leak."),
            "Petrov denies: the reports of a leak",
        ),
        (claim("he barely knew the man", "", None, DENIED), "He barely knew the man"),
        (claim("40 boats sank", "harbour office", "withdrew", DENIED), "Harbour office takes back that 40 boats sank"),
        # The words deny by themselves.
        (claim("Petrov denied any wrongdoing", "Petrov", "denied", DENIED), "Petrov denied any wrongdoing"),
        (claim("no boat was lost", "Petrov", "said", DENIED), "No boat was lost"),
        (claim("the army failed to advance", "", None, DENIED), "The army failed to advance"),
        (claim("the gates weren’t opened", "", None, DENIED), "The gates weren’t opened"),
        # Nothing says so: better said twice than not.
        (claim("the gates opened", "", None, DENIED), "Denied: The gates opened"),
        (claim("the gates opened", "Petrov", "told", DENIED), "Denied: The gates opened"),
        (claim("the bridge opens in May", "", None, PLANNED), "Expected: The bridge opens in May"),
        (claim("he has opened the bridge", "", None, PLANNED), "He has opened the bridge"),
        (claim("hopes of a truce", "", None, REQUESTED), "Hopes of a truce"),
        (claim("the bridge will open in May", "", None, PLANNED), "The bridge will open in May"),
        (claim("a new inquiry", "union", "demands", REQUESTED), "Demanded: A new inquiry"),
        (claim("the union demands an inquiry", "union", "demands", REQUESTED), "The union demands an inquiry"),
        (claim("the cable was cut by a ship", "", None, UNCERTAIN), "Unconfirmed: The cable was cut by a ship"),
        (claim("the cable may have been cut", "", None, UNCERTAIN), "The cable may have been cut"),
        (claim("the toll is nine"), "The toll is nine"),
        (claim("iCargo files for bankruptcy"), "iCargo files for bankruptcy"),
        # An admission is no denial of what it says.
        (
            claim("it had opened a gate", "Norte Power", "admitted", verdict=Verdict.RETRACTION),
            "Norte Power now says: it had opened a gate",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_says_no_more_than_its_claim(found, wanted):
    assert claim_line(found) == wanted


def test_the_words_of_the_claim_are_known_from_others():
    assert not is_reworded(claim("the toll is nine"))
    assert is_reworded(claim("strikers were beaten", "Petrov", "denied", DENIED))


def test_the_claimant_is_named_in_the_words_of_the_text_and_an_outlet_is_none():
    named = claim("nine died", "interior ministry", "said", claimant=("Norland Ministry of Interior",))
    assert claimant_words(named) == "interior ministry"
    assert who_says(named) == "interior ministry (said) · Harbour Post"
    assert who_says(claim("nine died")) == "Harbour Post"
    assert who_says(claim("nine died", "water office", "according to")) == "water office · Harbour Post"
    unknown = claim("nine died", cue="said", claimant=(), verdict=Verdict.NEW)
    assert who_says(unknown) == "speaker not known (said) · Harbour Post"
    older = claim("nine died", claimant=("Mayor", "Governor"), claimant_text="")
    assert claimant_words(older) == "Mayor and Governor"


def change(**fields) -> Change:
    base = {
        "field": ChangedField.QUANTITY, "old": "9", "new": "11", "role": QuantityRole.KILLED, "unit": "person",
        "old_claimant": ("Fire Service",), "old_claimant_text": "fire brigade", "old_source": "Fjord Bulletin",
        "old_at": MONDAY - timedelta(days=3),
    }  # fmt: skip
    return Change(**(base | fields))


NARRATED = {"old_claimant": ("narrator",), "old_claimant_text": ""}


@pytest.mark.parametrize(
    ("fields", "evidence", "who", "wanted"),
    [
        ({}, "Eleven died", "interior ministry", "Dead 9 → 11, interior ministry (was: fire brigade, Friday)"),
        (NARRATED, "Eleven died", "", "Dead 9 → 11 (was: Fjord Bulletin, Friday)"),
        ({"old_at": MONDAY - timedelta(hours=2)}, "", "", "Dead 9 → 11 (was: fire brigade, 07:30 UTC)"),
        ({"old_at": datetime(2026, 3, 2, tzinfo=UTC)}, "", "", "Dead 9 → 11 (was: fire brigade, 2 March 2026)"),
        ({"old_at": datetime(2026, 11, 16, tzinfo=UTC)}, "", "", "Dead 9 → 11 (was: fire brigade, the same day)"),
        (
            {"old_article": "a", "new_article": "a", "kind": ChangeKind.DISPUTE}, "", "army",
            "Dead 11, army (fire brigade, in the same article: 9)",
        ),
        ({"old_at": None, "old_source": "", **NARRATED}, "", "", "Dead 9 → 11 (was: an earlier report)"),
        ({"unit": "soldier"}, "", "", "Soldiers dead 9 → 11 (was: fire brigade, Friday)"),
        (
            {"role": QuantityRole.DESTROYED, "unit": "house"}, "", "",
            "Houses destroyed 9 → 11 (was: fire brigade, Friday)",
        ),
        (
            {"role": QuantityRole.OTHER, "unit": "school", "old": "3", "new": "5"}, "five schools were now closed", "",
            "Schools closed 3 → 5 (was: fire brigade, Friday)",
        ),
        ({"role": QuantityRole.OTHER, "unit": "ferry"}, "eleven ferries wait", "", "Ferries 9 → 11 (was: fire brigade, Friday)"),
        ({"role": QuantityRole.OTHER, "unit": ""}, "", "", "Number 9 → 11 (was: fire brigade, Friday)"),
        ({"role": QuantityRole.OTHER, "unit": "percent"}, "", "", "9% → 11% (was: fire brigade, Friday)"),
        ({"role": QuantityRole.TURNOUT, "unit": "percent"}, "", "", "Turnout 9% → 11% (was: fire brigade, Friday)"),
        ({"role": QuantityRole.MONEY, "unit": "eur"}, "", "", "Amount in euros 9 → 11 (was: fire brigade, Friday)"),
        ({"role": QuantityRole.INFECTED, "unit": "case"}, "", "", "Cases 9 → 11 (was: fire brigade, Friday)"),
        (
            {"kind": ChangeKind.DISPUTE, "old": "11", "new": "9"}, "", "army",
            "Dead 9, army (fire brigade, Friday: 11)",
        ),
        (
            {"field": ChangedField.STATEMENT, "kind": ChangeKind.DISPUTE, "old": "asserted", "new": "denied"}, "", "army",
            "Disputes what was said by fire brigade, Friday",
        ),
        (
            {"field": ChangedField.STATEMENT, "kind": ChangeKind.RETRACTION, "old": "denied", "new": "asserted"}, "", "army",
            "Takes back what was said by fire brigade, Friday",
        ),
        (
            {"field": ChangedField.PLAN, "kind": ChangeKind.CALLED_OFF, "old": "2026-11-20", "new": ""}, "", "",
            "Called off (planned for 20 November 2026: fire brigade, Friday)",
        ),
        (
            {"field": ChangedField.PLAN, "kind": ChangeKind.CALLED_OFF, "old": "", "new": "2026-11-24"}, "", "",
            "Put off until 24 November 2026 (planned: fire brigade, Friday)",
        ),
        (
            {"field": ChangedField.PLAN, "old": "planned", "new": "happened"}, "", "",
            "Has now happened (planned: fire brigade, Friday)",
        ),
        ({"field": ChangedField.MODALITY, "old": "planned", "new": "asserted"}, "", "", "Changed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_change_in_one_line(fields, evidence, who, wanted):
    assert change_text(change(**fields), claim(evidence, who)) == wanted


def test_marks_and_reasons_are_plain_words():
    assert mark_of(claim("a", verdict=Verdict.CONTRADICTION)) == "Disputed"
    assert mark_of(claim("a", verdict=Verdict.RETRACTION)) == "Took back"
    called_off = change(field=ChangedField.PLAN, kind=ChangeKind.CALLED_OFF)
    assert mark_of(claim("a", verdict=Verdict.UPDATE, changes=(called_off,))) == "Called off"
    assert mark_of(claim("a", verdict=Verdict("said_by_a_later_version"))) == "Said by a later version"
    assert mark_of(claim("a")) == "Article"
    assert why(claim("a", verdict=Verdict.NEW)) == "not said before in this story"
    assert why(claim("a", verdict=Verdict.UPDATE, changes=(change(),))).startswith("Dead 9 → 11")
    assert reason_words(claim("a", reported=False, reason=ReportReason.COLOUR)) == "atmosphere"
    assert reason_words(claim("a", reason=ReportReason.LEAD)) == ""
    assert story_words(claim("a", title="Its headline", story_title="The story")) == "The story"
    assert story_words(claim("a", title="Its headline")) == "Its headline"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ((9, "person", "killed"), "9 dead"),
        ((1_234_567, "person", "displaced"), "1,234,567 forced from home"),
        ((3, "house", "destroyed"), "3 houses destroyed"),
        ((1, "school", "other"), "1 school"),
        ((2_500_000, "eur", "money"), "2,500,000 euros"),
        ((300, "pkr", "money"), "300 PKR"),
        ((58, "percent", "turnout"), "58% turnout"),
        ((150, "soldier", "killed"), "150 soldiers dead"),
    ],
)
def test_numbers_with_what_they_count(fields, wanted):
    value, unit, role = fields
    assert quantity_text(Quantity(value=value, unit=unit, role=QuantityRole(role))) == wanted


def test_how_exact_a_number_is():
    def of(op: str, high: float | None = None) -> str:
        return quantity_text(
            Quantity(value=50, unit="person", role=QuantityRole.KILLED, op=Operator(op), value_max=high)
        )

    assert [of("min"), of("max"), of("approx"), of("range", 60)] == [
        "at least 50 dead", "up to 50 dead", "about 50 dead", "50–60 dead",
    ]  # fmt: skip


def test_numbers_keep_all_digits():
    values = (1_234_567.0, 56.5, 1e21, 0.25, 7.0, 12_345_678_901.0)
    assert [number_text(v) for v in values] == [
        "1,234,567", "56.5", "1,000,000,000,000,000,000,000", "0.25", "7", "12,345,678,901",
    ]  # fmt: skip
    assert "inf" not in number_text(float("inf"))


def test_every_word_that_a_person_may_read_has_display_words():
    for kind, table in TABLES.items():
        assert set(table) == set(kind), kind
        for word in kind:
            # A plain number and a range need none.
            assert words_of(word) or word in (Operator.EQ, Operator.RANGE), word
            assert "_" not in words_of(word), word
            assert words_of(word) == words_of(word).lower() or "robots.txt" in words_of(word), word
    assert words_of(Verdict("said_later")) == "said later"


def test_display_words_of_one_vocabulary_differ():
    for kind, table in TABLES.items():
        if kind is not Operator:
            assert len(set(table.values())) == len(table), kind


def test_fields_and_units():
    assert field_words("event_type") == "kind of event"
    assert value_words("event_type", "CASUALTY") == "casualties"
    assert value_words("verdict", "said_later") == "said later"
    assert value_words("source", "Harbour_Post") == "Harbour_Post"
    assert [unit_words(u) for u in ("person", "ferry", "box", "police_officer", "aircraft")] == [
        "people", "ferries", "boxes", "police officers", "aircraft",
    ]  # fmt: skip


def test_a_document_of_the_store_is_shown_like_its_record():
    found = claim("strikers were beaten", "Petrov", "denied", DENIED, changes=(change(),))
    assert shown(msgspec.to_builtins(found)) == found
