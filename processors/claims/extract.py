"""Extraction of claims from a clean text: sentences, words, clauses, attribution, units, claims.

Every claim's offsets reproduce its words: `text[claim.start:claim.end]` is the evidence.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, islice

import msgspec

from claimwire.ids import claim_id
from claimwire.records.articles import Block
from claimwire.records.claims import Claim
from claimwire.records.vocabulary import BlockType, EventType
from processors.claims.attribution.headlines import headline_block, headline_end, is_breadcrumb
from processors.claims.attribution.quotations import Quotation, Quotations, speaker_beside
from processors.claims.attribution.reporting import Attributions
from processors.claims.attribution.wording import describe, worded
from processors.claims.events.local_day import day_written
from processors.claims.lexicon import noun_class
from processors.claims.mentions.descriptions import named_later
from processors.claims.mentions.discourse import SPEAKERS, Context
from processors.claims.mentions.entities import entities_of, entity_of, resolve
from processors.claims.model import (
    CONTENT,
    COORDINATE,
    COUNTRY,
    MAIN,
    NARRATOR,
    NOBODY,
    ORGAN,
    PERSON,
    PLACE,
    Clause,
    Entity,
    Item,
    NounPhrase,
    Proposition,
    Token,
)
from processors.claims.propositions.claim import claim_of, is_claim
from processors.claims.propositions.event import TOLLS, Event, Sentence, event_of
from processors.claims.propositions.grouping import MAX_SPAN, left_over_of, propositions_of
from processors.claims.syntax.chunker import items_of
from processors.claims.syntax.clauses import clauses_of
from processors.claims.syntax.sentences import sentences
from processors.claims.syntax.tagger import tokens_of

MAX_CLAIMS = 200
LEAST_WORDS = 4
PREVIEWED = 60
# Sentences read ahead to find the speaker at the end of a quotation.
AHEAD = 8
READ = frozenset({BlockType.TITLE, BlockType.PARAGRAPH, BlockType.QUOTE, BlockType.LIST})
_NAME = r"[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+)?"
DATELINE = re.compile(
    rf"(?:[A-ZÀ-Þ][A-ZÀ-Þ’'. /-]{{2,40}}(?:, [^()–—-]{{2,40}})?|{_NAME}, \d{{1,2}} \w+(?: \d{{4}})?|{_NAME}(?=\s?\())"
    rf"\s?(?:\([^)]{{2,40}}\)\s?)?(?:\s[-–—]|\.[-–—])\s(?:{_NAME}: )?"
    rf"|{_NAME} \((?:\w+ ){{0,2}}(?:reporter|correspondent)\) |\d{{1,2}}[.:]\d\d\s(?=[A-Z])|[•●▪*]\s"
)
SAYING = frozenset({MAIN, COORDINATE, CONTENT})
# "Seven sailors killed in the storm; three trawlers destroyed" is one count.
COUNTED = TOLLS | {EventType.DAMAGE}
QUESTION = re.compile(r"\?[”\"]?$")


@dataclass(frozen=True, slots=True)
class Reading:
    """One unit with its event; the claim is None where it has none worth an alert."""

    sentence: Sentence
    unit: Proposition
    event: Event
    claim: Claim | None


def claims_of(article_id: str, text: str, blocks: Sequence[Block], published: date) -> tuple[Claim, ...]:
    """Return the claims of an English text in order, at most MAX_CLAIMS. Pure."""
    claims: list[Claim] = []
    ordinals: dict[str, int] = {}
    at: dict[str, str] = {}
    context = Context()
    for readings in read(text, blocks, published, context):
        for claim in _merged([r.claim for r in readings if r.claim is not None]):
            key = " ".join(text[claim.start : claim.end].lower().split())
            ordinals[key] = ordinals.get(key, -1) + 1
            ident = at[str(claim.content)] = claim_id(article_id, key, ordinals[key])
            meant = at.get(claim.refers_to) if claim.refers_to else None
            claims.append(msgspec.structs.replace(claim, claim_id=ident, refers_to=meant))
        if len(claims) >= MAX_CLAIMS:
            break
    return tuple(_with_names(claim, context) for claim in claims[:MAX_CLAIMS])


def _with_names(claim: Claim, context: Context) -> Claim:
    """Return the claim with its claimants by their full names in the text."""
    return msgspec.structs.replace(claim, claimant=tuple(named_later(c, context) for c in claim.claimant))


def read(
    text: str, blocks: Sequence[Block], published: date, context: Context | None = None
) -> Iterator[list[Reading]]:
    """Yield the readings of each sentence in order, without questions, overlong and very short sentences.

    `context` receives the names of the text.
    """
    first = next((b.start for b in blocks if b.type is BlockType.PARAGRAPH), 0)
    headline = headline_block(blocks)
    parsed = (
        _Parsed(block, start, end, tokens, items_of(tokens), block is headline)
        for block in blocks
        # A heading above the first paragraph is the headline or its second line; others are section headings.
        if block.type in READ or (block.type is BlockType.HEADING and block.start < first)
        for start, end in sentences(text, block.start, headline_end(text, block) if block is headline else block.end)
        if end - start <= 3 * MAX_SPAN and not QUESTION.search(text, max(start, end - 3), end)
        for tokens in (tokens_of(text, _after_dateline(text, start, end), end),)
        if len(tokens) >= 3
    )
    first_ones = list(islice(parsed, PREVIEWED))
    dateline = DATELINE.match(text, first)
    reader = _Reader(text, day_written(dateline.group() if dateline else "", published), context or Context())
    reader.preview(first_ones)
    # The others are parsed on demand, as a caller with enough claims stops.
    waiting: deque[_Parsed] = deque()
    rest = chain(first_ones, parsed)
    while True:
        waiting.extend(islice(rest, AHEAD + 1 - len(waiting)))
        if not waiting:
            return
        yield reader.sentence(waiting.popleft(), waiting)


def _after_dateline(text: str, start: int, end: int) -> int:
    """Return the start of a sentence after "ASUNCION, July 8 (Agency) -" or a live blog's "09.52"."""
    found = DATELINE.match(text, start, end)
    return found.end() if found else start


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A sentence with its tokens, noun phrases and verb groups."""

    block: Block
    start: int
    end: int
    tokens: list[Token]
    items: list[Item]
    is_headline: bool


@dataclass
class _Reader:
    """Reader of the sentences of a document in order, with its state so far."""

    text: str
    published: date
    context: Context = field(default_factory=Context)
    quotations: Quotations = field(default_factory=Quotations)

    def preview(self, parsed: list[_Parsed]) -> None:
        """Record the full names in the text before the headline, which has surnames only."""
        for sentence in parsed:
            self.context.see_acronyms(self.text[sentence.start : sentence.end])
            for item in sentence.items:
                if not isinstance(item, NounPhrase):
                    continue
                self.context.see_adjectives(
                    t.low for t in sentence.tokens[item.first : item.last] if t.text[0].isupper()
                )
                last = sentence.tokens[item.last]
                if not last.text[0].isupper() and last.low not in noun_class("title"):
                    continue
                entity = entity_of(sentence.tokens, item, self.context)
                if entity is not None and (
                    entity.kind in (COUNTRY, PLACE) or (entity.kind == PERSON and " " in entity.name)
                ):
                    self.context.see(entity)
        self.context.people.reverse()

    def sentence(self, parsed: _Parsed, following: Sequence[_Parsed]) -> list[Reading]:
        """Return the readings of one sentence; `following` are some of those after it."""
        block, start, end, tokens = parsed.block, parsed.start, parsed.end, parsed.tokens
        clauses, units = self._units(parsed, self.context)
        units = self.quotations.read(
            self.text, block, (start, end), tokens, units, self.context, lambda quotation: self._speaker_at(quotation, parsed, following)
        )  # fmt: skip
        left_over = left_over_of(self.text, tokens, start, end, units)
        sentence = Sentence(self.text, start, end, tokens, clauses, block, self.published, self.context, left_over)
        readings = []
        for unit in units:
            event = event_of(sentence, unit)
            claim = claim_of(sentence, unit, event) if is_claim(sentence, unit, event) else None
            claim = worded(claim, tokens, unit.said, self.context)
            readings.append(Reading(sentence, unit, event, claim))
        self._remember(tokens, clauses, units)
        return _titled(sentence, readings) if parsed.is_headline else readings

    def _units(self, parsed: _Parsed, context: Context) -> tuple[list[Clause], list[Proposition]]:
        tokens = parsed.tokens
        clauses = clauses_of(tokens, parsed.items)
        phrases = [p for c in clauses for p in (*c.left, *c.right)]
        resolve(tokens, phrases, {p.first for c in clauses for p in c.subject()}, context)
        describe(tokens, context)
        said = Attributions(tokens, clauses, context)
        return said.clauses, propositions_of(tokens, said)

    def _speaker_at(self, quotation: Quotation, parsed: _Parsed, following: Sequence[_Parsed]) -> tuple[str, ...]:
        """Return the speaker by the sentence in which a quotation ends, else the outlet."""
        last = next((s for s in following if s.block is parsed.block and s.start < quotation.end <= s.end), None)
        if last is None:
            return NARRATOR
        context = self.context.branch()
        units = self._units(last, context)[1]
        return speaker_beside(quotation, last.tokens, units, context)

    def _remember(self, tokens: list[Token], clauses: list[Clause], units: list[Proposition]) -> None:
        """Record the subject and the people of the sentence as referents of later pronouns."""
        context = self.context
        named = [e for e in context.resolved.values() if e is not None and e.kind == PERSON]
        context.named_last = frozenset(e.name for e in named)
        framed = [u.said for u in units if u.said.frame is not None and u.said.frame.kind in SAYING]
        said = min(framed, key=lambda s: s.frame is not None and s.frame.kind == CONTENT, default=None)
        if said is not None:
            # The claimant may be a pronoun in the text.
            known = {e.name: e for e in context.resolved.values() if e is not None}
            who = said.claimant[0] if len(said.claimant) == 1 else ""
            is_person = who in context.people
            context.topic = known.get(who) or (Entity(who, PERSON if is_person else ORGAN) if who else None)
            return
        main = next((c for c in clauses if c.verb is not None and c.kind == MAIN and c.subject()), None)
        opening = next((e for (first, _), e in context.resolved.items() if first == 0 and e is not None), None)
        subject = entities_of(tokens, main.subject(), context) if main is not None else [opening] if opening else []
        context.topic = subject[0] if len(subject) == 1 and subject[0].kind in SPEAKERS else None


def _titled(sentence: Sentence, readings: list[Reading]) -> list[Reading]:
    """Return the readings of a headline: all its words are one claim, unless its parts make several."""
    claims = [r.claim for r in readings if r.claim is not None]
    tokens = sentence.tokens
    if len(claims) > 1 or not readings or len(tokens) < LEAST_WORDS:
        return readings
    if not claims and (_only_names(sentence, readings) or is_breadcrumb(sentence.text[sentence.start : sentence.end])):
        return readings
    if not claims:
        said = (r.unit.said for r in readings if r.unit.said.claimant != NARRATOR)
        unit = Proposition.of(tuple(sentence.clauses), next(said, NOBODY))
        event = event_of(sentence, unit)
        readings = [*readings, Reading(sentence, unit, event, claim_of(sentence, unit, event))]
    start, end = tokens[0].start, tokens[-1].end
    return [
        r if r.claim is None else replace(r, claim=msgspec.structs.replace(r.claim, start=start, end=end))
        for r in readings
    ]


def _only_names(sentence: Sentence, readings: list[Reading]) -> bool:
    """Return whether a title only names something: "Ministry of Ports of the Republic"."""
    says = any(c.verb is not None for c in sentence.clauses) or any(t.tag in ("JJ", "VBN") for t in sentence.tokens)
    return not says and not any(r.event.score for r in readings)


def _is_same(a: Claim, b: Claim) -> bool:
    """Return whether two claims are counts of one toll by one claimant."""
    if (a.claimant, a.cue, a.modality) != (b.claimant, b.cue, b.modality) or b.end - a.start > MAX_SPAN:
        return False
    return {a.event_type, b.event_type} <= COUNTED and bool(a.quantities) and bool(b.quantities)


def _merged(claims: list[Claim]) -> list[Claim]:
    """Return the claims of one sentence, with neighbouring counts of one toll in one claim."""
    kept: list[Claim] = []
    for claim in claims:
        last = kept[-1] if kept else None
        if last is None or not _is_same(last, claim):
            kept.append(claim)
            continue
        kept[-1] = msgspec.structs.replace(
            last,
            end=max(last.end, claim.end),
            quantities=last.quantities + claim.quantities,
            places=tuple(dict.fromkeys(last.places + claim.places)),
            event_date=last.event_date or claim.event_date,
        )
    return kept
