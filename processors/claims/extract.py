"""The whole way from a clean text to its claims: sentences, words, clauses, attribution, units, claims.

Every claim's offsets reproduce its words: `text[claim.start:claim.end]` is the evidence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice

import msgspec

from claimwire.ids import claim_id
from claimwire.records import Block, BlockType, Claim
from processors.claims.attribution import NARRATOR, Attribution, Attributions
from processors.claims.claim import TOLLS, Event, Sentence, claim_of, event_of
from processors.claims.clauses import clauses_of
from processors.claims.context import COUNTRY, PERSON, PLACE, Context
from processors.claims.entities import entity_of, resolve
from processors.claims.headline import headline_block, headline_claim
from processors.claims.phrases import Item, NounPhrase, items_of
from processors.claims.sentences import sentences
from processors.claims.tags import tokens_of
from processors.claims.units import MAX_SPAN, Unit, left_over_of, units_of
from processors.claims.words import Token

MAX_CLAIMS = 200
LEAST_WORDS = 4
PREVIEWED = 60
READ = frozenset({BlockType.TITLE, BlockType.PARAGRAPH, BlockType.QUOTE, BlockType.LIST})
_NAME = r"[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+)?"
DATELINE = re.compile(
    rf"(?:[A-ZÀ-Þ][A-ZÀ-Þ’'. /-]{{2,40}}(?:, [^()–—-]{{2,40}})?|{_NAME}, \d{{1,2}} \w+(?: \d{{4}})?|{_NAME}(?=\s?\())"
    rf"\s?(?:\([^)]{{2,40}}\)\s?)?(?:\s[-–—]|\.[-–—])\s(?:{_NAME}: )?|\d{{1,2}}[.:]\d\d\s(?=[A-Z])|[•●▪*]\s"
)
QUESTION = re.compile(r"\?[”\"]?$")


@dataclass(frozen=True, slots=True)
class Reading:
    """One unit as it was read: the claim is None where it tells nothing worth an alert."""

    sentence: Sentence
    unit: Unit
    event: Event
    claim: Claim | None


def claims_of(article_id: str, text: str, blocks: Sequence[Block], published: date) -> tuple[Claim, ...]:
    """The claims of an English text, at most MAX_CLAIMS, in order. Pure: the same text gives the same claims."""
    claims: list[Claim] = []
    ordinals: dict[str, int] = {}
    at: dict[str, str] = {}
    for readings in read(text, blocks, published):
        for claim in _merged([r.claim for r in readings if r.claim is not None]):
            key = " ".join(text[claim.start : claim.end].lower().split())
            ordinals[key] = ordinals.get(key, -1) + 1
            ident = at[str(claim.start)] = claim_id(article_id, key, ordinals[key])
            meant = at.get(claim.refers_to) if claim.refers_to else None
            claims.append(msgspec.structs.replace(claim, claim_id=ident, refers_to=meant))
            if len(claims) == MAX_CLAIMS:
                return tuple(claims)
    return (*_headline(article_id, text, blocks, claims), *claims)


def _headline(article_id: str, text: str, blocks: Sequence[Block], claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The title as a claim of the outlet, where none of the claims is in it: every article says its headline."""
    title = headline_block(blocks)
    if title is None or any(c.start < title.end for c in claims):
        return ()
    words = text[title.start : title.end]
    is_headline = len(words.split()) >= LEAST_WORDS and not QUESTION.search(words)
    return headline_claim(article_id, text, [title]) if is_headline else ()


def read(text: str, blocks: Sequence[Block], published: date) -> Iterator[list[Reading]]:
    """The readings of each sentence, in order; none of a question, of what is too long for a sentence, of a word or two."""
    first = next((b.start for b in blocks if b.type is BlockType.PARAGRAPH), 0)
    parsed = (
        _Parsed(block, start, end, tokens, items_of(tokens))
        for block in blocks
        # A heading above the first paragraph is the headline or its second line; others name parts of the text.
        if block.type in READ or (block.type is BlockType.HEADING and block.start < first)
        for start, end in sentences(text, block.start, block.end)
        if end - start <= 3 * MAX_SPAN and not QUESTION.search(text, max(start, end - 3), end)
        for tokens in (tokens_of(text, _after_dateline(text, start, end), end),)
        if len(tokens) >= 3
    )
    first_ones = list(islice(parsed, PREVIEWED))
    reader = _Reader(text, published)
    reader.preview(first_ones)
    # The others are parsed one by one: who has enough claims stops here.
    for sentence in chain(first_ones, parsed):
        yield reader.sentence(sentence)


def _after_dateline(text: str, start: int, end: int) -> int:
    """Where a sentence begins behind "ASUNCION, July 8 (Agency) -" or a live blog's "09.52"."""
    found = DATELINE.match(text, start, end)
    return found.end() if found else start


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A sentence in words, noun phrases and verb groups."""

    block: Block
    start: int
    end: int
    tokens: list[Token]
    items: list[Item]


@dataclass
class _Reader:
    """Reads sentence after sentence with what the document has named so far.

    `speaker` is whose quotation is open: a sentence in quotation marks without a speaker of its own goes on with it.
    """

    text: str
    published: date
    context: Context = field(default_factory=Context)
    speaker: tuple[str, ...] = NARRATOR
    is_open: bool = False
    last: Block | None = None

    def preview(self, parsed: list[_Parsed]) -> None:
        """Learn the full names before the headline is read, which has surnames only."""
        for sentence in parsed:
            for item in sentence.items:
                if not isinstance(item, NounPhrase):
                    continue
                self.context.see_adjectives(
                    t.low for t in sentence.tokens[item.first : item.last] if t.text[0].isupper()
                )
                if not sentence.tokens[item.last].text[0].isupper():
                    continue
                entity = entity_of(sentence.tokens, item, self.context)
                if entity is not None and (
                    entity.kind in (COUNTRY, PLACE) or (entity.kind == PERSON and " " in entity.name)
                ):
                    self.context.see(entity)
        self.context.people.reverse()

    def sentence(self, parsed: _Parsed) -> list[Reading]:
        """The readings of one sentence."""
        block, start, end, tokens = parsed.block, parsed.start, parsed.end, parsed.tokens
        # A quotation that goes on in a new paragraph opens its marks again.
        self.is_open = self.is_open and block is self.last
        self.last = block
        clauses = clauses_of(tokens, parsed.items)
        phrases = [p for c in clauses for p in (*c.left, *c.right)]
        resolve(tokens, phrases, {p.first for c in clauses for p in c.subject()}, self.context)
        units = units_of(tokens, clauses, Attributions(tokens, clauses, self.context))
        self._carry_on(start, end, units)
        left_over = left_over_of(self.text, tokens, start, end, units)
        sentence = Sentence(self.text, start, end, tokens, block, self.published, self.context, left_over)
        readings = []
        for unit in units:
            event = event_of(sentence, unit)
            readings.append(Reading(sentence, unit, event, claim_of(sentence, unit, event)))
        return readings

    def _carry_on(self, start: int, end: int, units: list[Unit]) -> None:
        """A quoted sentence without a speaker goes on with the last one."""
        text = self.text
        attributed = [u.said.claimant for u in units if u.said.claimant != NARRATOR]
        if attributed:
            self.speaker = attributed[-1]
        elif (text[start] in '“"' or self.is_open) and self.speaker != NARRATOR:
            for unit in units:
                unit.said = Attribution(self.speaker, None, "report")
            self.context.claimant = self.speaker
        opened, closed = text.count("“", start, end), text.count("”", start, end)
        if opened != closed:
            self.is_open = opened > closed
        elif text.count('"', start, end) % 2:
            self.is_open = not self.is_open


def _is_same(a: Claim, b: Claim) -> bool:
    """Two counts of one toll by one claimant."""
    if (a.claimant, a.cue, a.modality) != (b.claimant, b.cue, b.modality) or b.end - a.start > MAX_SPAN:
        return False
    return a.event_type in TOLLS and b.event_type in TOLLS and bool(a.quantities) and bool(b.quantities)


def _merged(claims: list[Claim]) -> list[Claim]:
    """The claims of one sentence; neighbouring counts of one toll are one claim with several quantities."""
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
