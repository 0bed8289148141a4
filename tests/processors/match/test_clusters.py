"""One proposition or two: a number is shared where it counts the same thing, and victims of one happening are one toll."""

import pytest

from claimwire.records.claims import Claim, Quantity
from claimwire.records.vocabulary import EventType, Modality, Operator, QuantityRole
from processors.match.clusters import Features, comparisons, features_of, is_same_wording, log_odds, probability


def counted(role: QuantityRole, value: float) -> Claim:
    """A claim of a disease, or of a toll, with one number of people."""
    return Claim(
        claim_id="", start=0, end=0, content=0, sentence_start=0, sentence_end=0, claimant=(), cue=None,
        event_type=EventType.HEALTH, actor=(), target=(), places=(), modality=Modality.ASSERTED,
        quantities=(Quantity(value=value, unit="person", role=role, op=Operator.EQ),),
    )  # fmt: skip


def parts_of(first: tuple[QuantityRole, float], second: tuple[QuantityRole, float]) -> dict[str, float]:
    """The comparisons of two claims that have nothing but their numbers."""
    a, b = (features_of(counted(role, value), "", "en") for role, value in (first, second))
    return comparisons(a, b)


def test_one_figure_that_counts_two_things_is_not_shared() -> None:
    parts = parts_of((QuantityRole.INFECTED, 2.0), (QuantityRole.AFFECTED, 2.0))
    assert "value" not in parts
    assert parts["other role"] == 1.0
    assert "value" in parts_of((QuantityRole.INFECTED, 2.0), (QuantityRole.INFECTED, 2.0))
    assert "value" in parts_of((QuantityRole.INFECTED, 2.0), (QuantityRole.OTHER, 2.0))


@pytest.mark.parametrize(
    ("role", "is_toll"),
    [(QuantityRole.MISSING, True), (QuantityRole.INJURED, True), (QuantityRole.INFECTED, False), (QuantityRole.AFFECTED, False)],
)  # fmt: skip
def test_only_the_victims_of_a_happening_are_one_toll(role: QuantityRole, is_toll: bool) -> None:
    parts = parts_of((QuantityRole.KILLED, 9.0), (role, 12.0))
    assert ("toll" in parts) is is_toll
    assert ("other role" in parts) is not is_toll
    assert (probability(log_odds(parts)) > 0.2) is is_toll


def said(evidence: str, *claimant: str) -> Features:
    """The features of a statement with these words."""
    claim = Claim(
        claim_id="", start=0, end=len(evidence), content=0, sentence_start=0, sentence_end=len(evidence),
        claimant=claimant, cue=None, event_type=EventType.STATEMENT, actor=(), target=(), places=(),
        modality=Modality.ASSERTED, quantities=(),
    )  # fmt: skip
    return features_of(claim, evidence, "en")


SHORT = "the second turbine is unlikely to rotate again"
LONG = f"{SHORT} before the reservoir has been drained and its concrete inspected, Orla Brandt of the dam authority"


def test_a_statement_quoted_in_part_is_the_same_for_one_claimant_only() -> None:
    parts = comparisons(said(SHORT, "Orla Brandt"), said(LONG, "Orla Brandt"))
    assert parts["words"] == pytest.approx(1.0, abs=0.01)
    assert is_same_wording(parts)
    for other in ("Tomas Vik", "narrator"):
        parts = comparisons(said(SHORT, other), said(LONG, "Orla Brandt"))
        assert 0.2 < parts["words"] < 0.8
        assert not is_same_wording(parts)


def test_few_words_in_common_do_not_make_one_statement_a_part_of_another() -> None:
    parts = comparisons(said("the turbine is unlikely", "Orla Brandt"), said(LONG, "Orla Brandt"))
    assert parts["words"] < 0.6


def test_the_name_of_the_claimant_is_no_word_of_the_statement() -> None:
    assert "brandt" not in said(LONG, "Orla Brandt").words
    assert "brandt" in said(LONG, "Tomas Vik").words
