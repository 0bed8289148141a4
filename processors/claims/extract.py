"""The whole way from a clean text to its claims: sentences, clauses, attribution, event, roles, numbers, places, dates.

Every claim's offsets reproduce its words: `text[claim.start:claim.end]` is the evidence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from claimwire.ids import claim_id
from claimwire.records import Block, BlockType, Claim
from processors.claims import gazetteer
from processors.claims.attribution import NARRATOR, Attribution, Attributions
from processors.claims.clauses import INFINITIVE, Clause, clauses_of
from processors.claims.context import COUNTRY, GROUP, PERSON, PLACE, Context
from processors.claims.dates import event_date_of
from processors.claims.entities import entities_of, entity_of, resolve
from processors.claims.events import event_scores, event_type_of, modality_of, triggers_of
from processors.claims.naming import PLACE_PREPOSITIONS
from processors.claims.phrases import NounPhrase, items_of
from processors.claims.quantities import HARM, quantities_of
from processors.claims.roles import roles_of
from processors.claims.sentences import sentences
from processors.claims.tags import Token, tokens_of
from processors.claims.units import MAX_SPAN, SIDE_SCORE, Unit, left_over_of, span_of, type_and_score, units_of

MAX_CLAIMS = 200
LEAST_SCORE = 1.4
READ = frozenset({BlockType.TITLE, BlockType.PARAGRAPH, BlockType.QUOTE, BlockType.LIST})
DATELINE = re.compile(
    r"(?:[A-ZÀ-Þ][A-ZÀ-Þ’'. /-]{2,40}(?:, [^()–—-]{2,40})?|[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+)?, \d{1,2} \w+(?: \d{4})?|[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+)?(?=\s?\())"
    r"\s?(?:\([^)]{2,40}\)\s?)?(?:\s[-–—]|\.[-–—])\s(?:[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)?: )?|\d{1,2}[.:]\d\d\s(?=[A-Z])|[•●▪*]\s"
)
OFFICIAL = re.compile(r"(?i)\b(?:police|ministry|prosecutors?|army|authorities|armed forces)\b")
QUESTION = re.compile(r"\?[”\"]?$")


def claims_of(article_id: str, text: str, blocks: Sequence[Block], published: date) -> tuple[Claim, ...]:
    """The claims of an English text, at most MAX_CLAIMS, in order. Pure: the same text gives the same claims."""
    context = Context()
    claims: list[Claim] = []
    ordinals: dict[str, int] = {}
    parsed = [
        (b, a, z, tokens_of(text, _after_dateline(text, a, z), z))
        for b in blocks
        if b.type in READ
        for a, z in sentences(text, b.start, b.end)
    ]
    _preview(parsed, context)
    speaker = Speaker()
    last: Block | None = None
    for block, start, end, tokens in parsed:
        # A quotation that goes on in a new paragraph opens its marks again.
        speaker.is_open = speaker.is_open and block is last
        last = block
        for claim in _of_sentence(text, start, end, tokens, block, published, context, speaker):
            key = " ".join(text[claim.start : claim.end].lower().split())
            ordinals[key] = ordinals.get(key, -1) + 1
            claims.append(msgspec.structs.replace(claim, claim_id=claim_id(article_id, key, ordinals[key])))
            if len(claims) == MAX_CLAIMS:
                return tuple(claims)
    return tuple(claims)


def _after_dateline(text: str, start: int, end: int) -> int:
    """Where a sentence begins behind "ASUNCION, July 8 (Agency) -" or a live blog's "09.52"."""
    found = DATELINE.match(text, start, end)
    return found.end() if found else start


@dataclass
class Speaker:
    """Whose quotation is open: a sentence in quotation marks without a speaker of its own goes on with it."""

    claimant: tuple[str, ...] = NARRATOR
    is_open: bool = False


def _preview(parsed: list[tuple[Block, int, int, list[Token]]], context: Context) -> None:
    """Learn the full names before the headline is read, which has surnames only."""
    for _, _, _, tokens in parsed[:60]:
        for item in items_of(tokens):
            if isinstance(item, NounPhrase):
                entity = entity_of(tokens, item, context)
                if entity is not None and (
                    (entity.kind == PERSON and " " in entity.name) or entity.kind in (COUNTRY, PLACE)
                ):
                    context.see(entity)
    context.people.reverse()


def _of_sentence(
    text: str,
    start: int,
    end: int,
    tokens: list[Token],
    block: Block,
    published: date,
    context: Context,
    speaker: Speaker,
) -> list[Claim]:
    if end - start > 3 * MAX_SPAN or QUESTION.search(text[start:end]) or len(tokens) < 3:
        return []
    clauses = clauses_of(tokens, items_of(tokens))
    phrases = [p for c in clauses for p in (*c.left, *c.right)]
    resolve(tokens, phrases, {p.first for c in clauses for p in c.subject()}, context)
    said = Attributions(tokens, clauses, context)
    units = units_of(tokens, clauses, said)
    _carry_on(text, start, end, units, context, speaker)
    claims: list[Claim] = []
    left_over = left_over_of(text, tokens, start, end, units)
    for unit in units:
        claim = _claim(text, (start, end), tokens, unit, left_over, block, published, context)
        if claim is not None:
            claims.append(claim)
    return _merged(text, claims)


def _carry_on(text: str, start: int, end: int, units: list[Unit], context: Context, speaker: Speaker) -> None:
    """A quoted sentence without a speaker goes on with the last one."""
    attributed = [u.said.claimant for u in units if u.said.claimant != NARRATOR]
    begins_quoted = text[start] in '“"' or speaker.is_open
    if attributed:
        speaker.claimant = attributed[-1]
    elif begins_quoted and speaker.claimant != NARRATOR:
        for unit in units:
            unit.said = Attribution(speaker.claimant, None, "report")
        context.claimant = speaker.claimant
    opened, closed = text.count("“", start, end), text.count("”", start, end)
    if opened != closed:
        speaker.is_open = opened > closed
    elif text.count('"', start, end) % 2:
        speaker.is_open = not speaker.is_open


def _claim(
    text: str,
    sentence: tuple[int, int],
    tokens: list[Token],
    unit: Unit,
    left_over: str,
    block: Block,
    published: date,
    context: Context,
) -> Claim | None:
    head = unit.head
    first, last = min(c.first for c in unit.clauses), max(c.last for c in unit.clauses)
    scores = event_scores(tokens, head, triggers_of(tokens, first, last))
    kind, score = event_type_of(scores)
    start, end = span_of(text, tokens, unit)
    if end <= start:
        return None
    words = text[start:end]
    kind, score = _with_cue(unit.said, kind, score)
    numbers = quantities_of(tokens[: last + 1], first, last, kind)
    if score == 0.0 and not numbers and unit.said.claimant != NARRATOR and _is_quoted(text, start, end):
        kind = "STATEMENT"
    if not _is_worth(tokens, unit, words, score, bool(numbers), block):
        return None
    if unit.said.claimant != NARRATOR:
        context.claimant = unit.said.claimant
    kind, actor, target = _cast(tokens, unit, kind, context)
    if not target and kind in TOLLS and any(n.quantity.unit == "person" and n.quantity.role in HARM for n in numbers):
        target = ("people",)
    if (
        kind == "DAMAGE"
        and target
        and head.verb is not None
        and head.verb.is_passive
        and _are_people(tokens, head, context)
    ):
        kind = "CASUALTY"
    modality = modality_of(head, words, unit.said.kind, kind)
    verb_at = tokens[head.verb.main].start - start if head.verb is not None else 0
    is_future = modality in ("planned", "requested")
    return Claim(
        claim_id="",
        start=start,
        end=end,
        content=start,
        sentence_start=sentence[0],
        sentence_end=sentence[1],
        claimant=unit.said.claimant,
        cue=unit.said.cue,
        event_type=kind,
        actor=actor,
        target=tuple(t for t in target if t not in actor),
        quantities=tuple(n.quantity for n in numbers),
        places=_places(tokens, unit, context),
        event_date=event_date_of(words, published, is_future, verb_at)
        or event_date_of(left_over, published, is_future),
        modality=modality,
    )


def _cast(tokens: list[Token], unit: Unit, kind: str, context: Context) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Event type, actor and target, read off the clause that tells the event."""
    head, said = unit.head, unit.said
    if said.kind == "accuse" and (deed := next((c for c in unit.clauses[1:] if c.kind == INFINITIVE), None)):
        deed_kind, score = type_and_score(tokens, deed)
        if score >= LEAST_SCORE:
            accused = roles_of(tokens, head, "ACCUSE", context, said.claimant, "")[1]
            accused = (
                accused or tuple(e.name for e in entities_of(tokens, [head.antecedent], context))
                if head.antecedent
                else accused
            )
            return deed_kind, accused, roles_of(tokens, deed, deed_kind, context, said.claimant, "")[1]
    purpose = next((c for c in unit.clauses[1:] if c.kind == INFINITIVE and c.shared is head), None)
    told = head
    if purpose is not None and type_and_score(tokens, purpose)[0] == kind != type_and_score(tokens, head)[0]:
        told = purpose
    actor, target = roles_of(tokens, told, kind, context, said.claimant, said.kind if told is head else "")
    return kind, _as_forces(actor, kind) or _own_act(unit, kind), target


def _as_forces(actor: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """A defence ministry fights by its country's forces."""
    if kind not in ("ASSAULT", "CONTROL"):
        return actor
    return tuple(
        f"{a.removesuffix(' Ministry of Defence')} Armed Forces" if a.endswith(" Ministry of Defence") else a
        for a in actor
    )


def _with_cue(said: Attribution, kind: str, score: float) -> tuple[str, float]:
    """A request or accusation without a concrete act is itself the event."""
    named = {"request": "REQUEST", "accuse": "ACCUSE"}.get(said.kind)
    if named == "REQUEST" or (named and (score < LEAST_SCORE or kind in ("STATEMENT", "SITUATION"))):
        return named, max(score, 2.5)
    if said.kind == "deny" and kind == "STATEMENT":
        return "REJECT", max(score, 2.5)
    return kind, score


def _is_quoted(text: str, start: int, end: int) -> bool:
    """In somebody's own words, at least in part."""
    return text[max(0, start - 1)] in '“"' or any(mark in text[start:end] for mark in '“"')


def _are_people(tokens: list[Token], clause: Clause, context: Context) -> bool:
    return any(e.kind in (PERSON, GROUP) for e in entities_of(tokens, clause.subject(), context))


def _own_act(unit: Unit, kind: str) -> tuple[str, ...]:
    """Implicit actors: who demands, accuses, threatens or refuses is who says it."""
    if kind in ("REQUEST", "ACCUSE", "THREATEN", "REJECT") and unit.said.claimant != NARRATOR:
        return unit.said.claimant
    if kind == "COERCE" and any(OFFICIAL.search(c) for c in unit.said.claimant):
        return unit.said.claimant
    if kind == "ASSAULT" and any(c.endswith(("Ministry of Defence", "Armed Forces")) for c in unit.said.claimant):
        return _as_forces(unit.said.claimant, kind)
    return ()


def _is_worth(tokens: list[Token], unit: Unit, words: str, score: float, has_numbers: bool, block: Block) -> bool:
    if len(words.split()) < 3:
        return False
    if unit.said.claimant != NARRATOR:
        return True
    verb = unit.head.verb
    subject = unit.head.subject()
    if subject and tokens[subject[0].head].low in ("i", "you"):
        return False
    if verb is not None and not subject and tokens[verb.first].tag == "VB":
        return False
    if verb is None:
        return (score >= SIDE_SCORE or has_numbers) and block.type is BlockType.TITLE
    return score >= LEAST_SCORE or has_numbers


def _places(tokens: list[Token], unit: Unit, context: Context) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for clause in unit.clauses:
        for phrase in (*clause.left, *clause.right):
            entity = entity_of(tokens, phrase, context)
            if entity is not None and (
                entity.kind == PLACE or (entity.kind == COUNTRY and phrase.prep in PLACE_PREPOSITIONS)
            ):
                found[_canonical_place(entity.name, context)] = None
    return tuple(found)


TOLLS = frozenset({"CASUALTY", "DISASTER", "HEALTH"})


def _is_same(a: Claim, b: Claim) -> bool:
    """Two counts of one toll by one claimant."""
    if (a.claimant, a.modality) != (b.claimant, b.modality):
        return False
    return a.event_type in TOLLS and b.event_type in TOLLS and bool(a.quantities) and bool(b.quantities)


def _canonical_place(name: str, context: Context) -> str:
    """The gazetteer's name for a transliteration of a place in the document's countries; else the name as written."""
    place = gazetteer.resolve(name, frozenset(context.countries))
    return place.name if place is not None else name


def _merged(text: str, claims: list[Claim]) -> list[Claim]:
    """Neighbours of one claimant, event, actor and target are one claim with several quantities."""
    kept: list[Claim] = []
    for claim in claims:
        last = kept[-1] if kept else None
        if last is not None and _is_same(last, claim) and claim.end - last.start <= MAX_SPAN:
            kept[-1] = msgspec.structs.replace(
                last, end=max(last.end, claim.end), quantities=last.quantities + claim.quantities,
                places=tuple(dict.fromkeys(last.places + claim.places)), event_date=last.event_date or claim.event_date,
            )  # fmt: skip
        else:
            kept.append(claim)
    return kept
