"""Grouping of a sentence's clauses into propositions, each a main, coordinated or reported clause with its dependents."""

from claimwire.records.vocabulary import EventType, QuantityRole
from processors.claims.attribution.reporting import Attributions
from processors.claims.events.quantities import quantities_of
from processors.claims.events.types import event_scores, event_type_of
from processors.claims.model import (
    ADVERBIAL,
    CONTENT,
    COORDINATE,
    INFINITIVE,
    MAIN,
    NOBODY,
    RELATIVE,
    Attribution,
    Clause,
    Proposition,
    Token,
)
from processors.claims.syntax.lookahead import cue_of
from processors.claims.syntax.tokenizer import NOMINAL

MAX_SPAN = 700
SIDE_SCORE, APART_SCORE = 2.4, 3.0
JOINING = frozenset({",", ":", ";", "-", "CC"})
CONDITIONS = frozenset("if unless whether when once until as".split())
# Types that form one event in one sentence: "killed 150 men and destroyed 12 vehicles".
FAMILIES = (
    frozenset({EventType.ASSAULT, EventType.CASUALTY, EventType.DAMAGE, EventType.CONTROL}),
    frozenset({EventType.DISASTER, EventType.CASUALTY, EventType.HEALTH, EventType.DAMAGE}),
    frozenset({EventType.LEGAL, EventType.COERCE, EventType.SANCTION, EventType.CONTROL}),
)


def propositions_of(tokens: list[Token], said: Attributions) -> list[Proposition]:
    """Group a sentence's clauses: each main, coordinated or reported clause with its dependents."""
    units: list[Proposition] = []
    owner: dict[int, int] = {}
    for clause in said.clauses:
        if said.is_frame(clause):
            continue
        above = owner.get(id(clause.parent)) if clause.parent is not None else None
        if above is None and _is_dangling(tokens, clause, said):
            continue
        before = owner.get(id(clause.shared)) if clause.kind == COORDINATE and clause.shared is not None else None
        if above is not None and not _stands_alone(tokens, clause, said, units[above]):
            at = above
        elif before == len(units) - 1 and _goes_on(tokens, clause, said, units[-1]):
            at = before
        elif units and (
            _is_more_of_view(tokens, clause, said, units[-1]) or _explains(tokens, clause, said, units[-1])
        ):
            at = len(units) - 1
        else:
            at = len(units)
        before_it, by = (
            (units[at].clauses, units[at].said) if at < len(units) else ((), _said_by(tokens, clause, said, units))
        )
        units[at:] = [Proposition.of((*before_it, clause), by), *units[at + 1 :]]
        owner[id(clause)] = at
    return units


def _said_by(tokens: list[Token], clause: Clause, said: Attributions, units: list[Proposition]) -> Attribution:
    """Return the attribution of a clause that begins a unit."""
    own = said.of(clause)
    if clause.kind == RELATIVE and _tells_itself(tokens, clause, said):
        # The outlet's words about the one who demands are no part of the demand.
        own = NOBODY
    return units[-1].said if clause.marker == "with" and units and own is NOBODY else own


def _tells_itself(tokens: list[Token], clause: Clause, said: Attributions) -> bool:
    """Return whether a relative clause has its claimant from the content of a cue: "calls on both to"."""
    parent = clause.parent
    if parent is None or parent.verb is None or said.of(clause) != said.of(parent):
        return False
    return cue_of(tokens, parent.verb) is not None


def _is_dangling(tokens: list[Token], clause: Clause, said: Attributions) -> bool:
    """Return whether a side clause of a frame or opening makes no claim: unattributed, and of low score."""
    if clause.kind == MAIN and clause.first == 0 and clause.verb is not None and not clause.subject():
        # The next clause has the subject of "Speaking at a fair in Porto, the singer said".
        is_before = clause.last + 1 < len(tokens) and tokens[clause.last + 1].tag == ","
        return is_before and clause.verb.is_participle and tokens[clause.verb.main].tag == "VBG"
    if clause.kind in (RELATIVE, INFINITIVE):
        return clause.parent is not None and said.of(clause) is NOBODY
    return clause.kind == ADVERBIAL and (clause.marker in CONDITIONS or type_and_score(tokens, clause)[1] < SIDE_SCORE)


def _goes_on(tokens: list[Token], clause: Clause, said: Attributions, before: Proposition) -> bool:
    """Return whether a coordinated verb with the same subject reports more of the same event."""
    if (
        _is_own_frame(clause, said)
        or said.of(clause) != before.said
        or (
            before.head.verb is not None
            and clause.verb is not None
            and (before.head.verb.is_negated, before.head.verb.modal) != (clause.verb.is_negated, clause.verb.modal)
        )
    ):
        return False
    first, _ = type_and_score(tokens, before.head)
    second, weight = type_and_score(tokens, clause)
    return first == second or not weight or any(first in f and second in f for f in FAMILIES)


def _is_more_of_view(tokens: list[Token], clause: Clause, said: Attributions, before: Proposition) -> bool:
    """Return whether a clause continues a view without an event: "it breaks you, and it opens your eyes"."""
    verb, last = clause.verb, before.head.verb
    if clause.kind not in (MAIN, COORDINATE) or verb is None or last is None or _is_own_frame(clause, said):
        return False
    is_of_same = said.of(clause) is not NOBODY and said.of(clause) == before.said
    is_alike = (last.is_negated, last.modal) == (verb.is_negated, verb.modal)
    if not is_of_same or not is_alike or "VBD" in (tokens[verb.first].tag, tokens[last.first].tag):
        return False
    return not (type_and_score(tokens, clause)[1] or type_and_score(tokens, before.head)[1] or _counts(tokens, clause))


def _explains(tokens: list[Token], clause: Clause, said: Attributions, before: Proposition) -> bool:
    """Return whether a clause after a colon details the event: "A second boat sank: the Marlin went down at noon"."""
    is_own = clause.kind != MAIN or not clause.first or tokens[clause.first - 1].text != ":"
    if is_own or clause.verb is None or before.head.verb is None or _is_own_frame(clause, said):
        return False
    is_same = type_and_score(tokens, clause)[0] == type_and_score(tokens, before.head)[0]
    return is_same and said.of(clause) == before.said


def _is_own_frame(clause: Clause, said: Attributions) -> bool:
    """Return whether the reporting verb is part of its content: "... and put its own losses at five"."""
    return said.of(clause).frame is clause


def _stands_alone(tokens: list[Token], clause: Clause, said: Attributions, above: Proposition) -> bool:
    if clause.verb is None or clause.kind == INFINITIVE:
        return False
    if said.of(clause) != above.said:
        return True
    if clause.kind in (MAIN, COORDINATE):
        return True
    if clause.kind == CONTENT and tokens[clause.first - 2].tag not in NOMINAL:
        return False
    if clause.kind == CONTENT or (clause.kind == RELATIVE and any(not p.prep for p in clause.left)):
        kind, score = type_and_score(tokens, clause)
        return score >= APART_SCORE and kind != type_and_score(tokens, above.head)[0]
    if clause.kind != ADVERBIAL or not clause.left:
        return False
    if clause.marker in ("as", "after") and tokens[-1].tag != ".":
        # "Council closes pier as court convicts skipper": a headline gives two events.
        return True
    if clause.marker == "as" and tokens[clause.first - 1].tag != ",":
        return False
    if clause.marker != "as" and clause.marker in CONDITIONS:
        return False
    return type_and_score(tokens, clause)[1] >= SIDE_SCORE or _counts(tokens, clause)


def _counts(tokens: list[Token], clause: Clause) -> bool:
    """Return whether a side clause has a figure that is no duration: "after customers pulled out $210 million"."""
    return clause.marker not in ("as", "since") and any(
        n.quantity.role != QuantityRole.DURATION
        for n in quantities_of(tokens[: clause.last + 1], clause.first, clause.last)
    )


def type_and_score(tokens: list[Token], clause: Clause) -> tuple[EventType, float]:
    """Return the event type of one clause by itself, and its score."""
    return event_type_of(event_scores(tokens, clause, clause.first, max(clause.first, clause.last)))


def span_of(text: str, tokens: list[Token], unit: Proposition) -> tuple[int, int]:
    """Return the offsets of the unit's words, without the words and marks that only join it to others."""
    end = len(tokens) - 1
    first, last = min(unit.first, end), min(unit.last, end)
    while first < last and (tokens[first].tag in JOINING or tokens[first].low == "that"):
        first += 1
    while last > first and tokens[last].tag in JOINING:
        last -= 1
    if first and tokens[first - 1].low == "not":
        first -= 1
    start, end = tokens[first].start, tokens[last].end
    return start, min(end, start + MAX_SPAN)


def left_over_of(text: str, tokens: list[Token], start: int, end: int, units: list[Proposition]) -> str:
    """Return the words that belong to all claims of a sentence: its opening up to the first comma, and attributions."""
    kept = text[start:end]
    comma = kept.find(",")
    opening = kept[:comma] if 0 < comma < 60 else ""
    for unit in units:
        a, z = span_of(text, tokens, unit)
        kept = kept[: a - start] + " " * (z - a) + kept[z - start :]
    return f"{opening} {kept}"
