"""Quotations over several sentences, and the speaker of those without a reporting clause.

A quotation has one speaker. Without a reporting clause it is the subject or claimant of the previous sentence, or
unknown (an empty claimant) after the mention of another person.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from claimwire.records.articles import Block
from claimwire.records.vocabulary import BlockType
from processors.claims.lexicon import cue_class, noun_class
from processors.claims.mentions.discourse import SPEAKERS, Context
from processors.claims.mentions.entities import entities_of
from processors.claims.mentions.pronouns import may_be_person, speaker_of
from processors.claims.model import NARRATOR, PERSON, Attribution, NounPhrase, Proposition, Token
from processors.claims.syntax.chunker import noun_phrase

MARK = re.compile('[“”]|(?<![0-9])"|(?<=[0-9])"(?=[\\s,.;:!?]|$)')
NOBODY_KNOWN: tuple[str, ...] = ()
# Most narrated sentences between two quotations of one speaker.
MOST_BETWEEN = 2
# Largest distance of the reporting verb from the quotation marks, in words.
MOST_WORDS = 14


@dataclass(frozen=True, slots=True)
class Quotation:
    """A span from quotation mark to quotation mark; `is_closed` is false where a paragraph ends inside it.

    `is_speech` means that it ends like a sentence and is no mere expression in quotation marks.
    """

    start: int
    end: int
    is_closed: bool
    is_speech: bool = True


def quotations_of(text: str, start: int, end: int) -> list[Quotation]:
    """Return the quotations of a paragraph, in order."""
    found: list[Quotation] = []
    opened = -1
    for mark in MARK.finditer(text, start, end):
        if mark.group() == "“" or (mark.group() == '"' and opened < 0):
            if opened < 0:
                opened = mark.start()
        elif opened >= 0:
            found.append(Quotation(opened, mark.end(), True, text[mark.start() - 1] in ",.?!"))
            opened = -1
    if opened >= 0:
        found.append(Quotation(opened, end, False))
    return found


Ahead = Callable[[Quotation], tuple[str, ...]]


@dataclass(slots=True)
class Quotations:
    """State of the quotations of a document, read sentence by sentence.

    `speaker` is the latest claimant; `between` counts the narrated sentences since.
    """

    speaker: tuple[str, ...] = NARRATOR
    between: int = 0
    _block: Block | None = None
    _of_block: list[Quotation] = field(default_factory=list)
    _open: Quotation | None = None
    _speaker_of_open: tuple[str, ...] = NARRATOR
    _goes_on: bool = False

    def read(
        self, text: str, block: Block, sentence: tuple[int, int], tokens: list[Token], units: list[Proposition],
        context: Context, ahead: Ahead,
    ) -> list[Proposition]:  # fmt: skip
        """Return the units, those inside a quotation with its speaker; `ahead` finds the speaker at its end."""
        if block is not self._block:
            self._goes_on = bool(self._of_block) and not self._of_block[-1].is_closed
            self._block, self._of_block, self._open = block, quotations_of(text, block.start, block.end), None
        start, end = sentence
        quotation = self._around(start, end)
        if quotation is None or block.type in (BlockType.TITLE, BlockType.HEADING):
            self._narrated(units, context)
            return units
        if quotation != self._open:
            self._open = quotation
            beside = speaker_beside(quotation, tokens, units, context)
            self._speaker_of_open = beside if beside != NARRATOR else self._of(quotation, end, context, ahead)
        given = [self._given(unit, tokens, quotation) for unit in units]
        self.speaker, self.between = self._speaker_of_open, 0
        if self.speaker not in (NARRATOR, NOBODY_KNOWN):
            context.claimant = self.speaker
        return given

    def _around(self, start: int, end: int) -> Quotation | None:
        """Return the quotation that contains most of a sentence, or None."""
        for quotation in self._of_block:
            if quotation.end <= start or quotation.start >= end:
                continue
            inside = min(end, quotation.end) - max(start, quotation.start)
            is_opening = inside > 0 and quotation.start == start and quotation.is_speech
            goes_on = inside > 0 and (quotation.end > end or quotation.start < start)
            if 2 * inside >= end - start or is_opening or goes_on:
                return quotation
        return None

    def _narrated(self, units: list[Proposition], context: Context) -> None:
        attributed = [u.said.claimant for u in units if u.said.claimant != NARRATOR]
        self.between += 1
        if attributed:
            self.speaker, self.between = attributed[-1], 0

    def _of(self, quotation: Quotation, end: int, context: Context, ahead: Ahead) -> tuple[str, ...]:
        """Return the speaker of a quotation whose first sentence names none."""
        if quotation.end > end and (later := ahead(quotation)) != NARRATOR:
            return later
        if self._goes_on and self._of_block[0] == quotation:
            return self.speaker
        if self.speaker and self.speaker[0].split()[-1] in noun_class("imagery"):
            # The words in footage are those of other people.
            return NOBODY_KNOWN
        if self.between == 0:
            return self.speaker
        subject = context.topic
        if subject is not None and may_be_person(subject):
            return (subject.name,)
        others = context.named_last - set(self.speaker)
        return self.speaker if not others and self.between <= MOST_BETWEEN else NOBODY_KNOWN

    def _given(self, unit: Proposition, tokens: list[Token], quotation: Quotation) -> Proposition:
        """Return a unit inside the quotation with its speaker as claimant, over any claimant inside."""
        speaker = self._speaker_of_open
        begins_inside = quotation.start <= tokens[min(unit.first, len(tokens) - 1)].start < quotation.end
        is_inside = _is_inside(unit, tokens, quotation) or (begins_inside and unit.said.frame is not unit.head)
        if speaker in (NARRATOR, unit.said.claimant) or not is_inside:
            return unit
        kind = unit.said.kind if unit.said.claimant != NARRATOR else "report"
        return msgspec.structs.replace(unit, said=Attribution(speaker, None, kind, unit.said.frame))


def speaker_beside(
    quotation: Quotation, tokens: list[Token], units: list[Proposition], context: Context
) -> tuple[str, ...]:
    """Return the speaker by the words around a quotation in its sentence, else the outlet."""
    after = next((i for i, t in enumerate(tokens) if t.start >= quotation.end and t.tag not in (",", ".")), len(tokens))
    before = next((i for i, t in enumerate(tokens) if t.start >= quotation.start), 0)
    outside = [u for u in units if u.said.claimant != NARRATOR and not _is_inside(u, tokens, quotation)]
    subject = _behind(tokens, after) or _ahead_of(tokens, before)
    if subject and tokens[subject[0].head].tag == "PRP":
        return outside[-1].said.claimant if outside else speaker_of(tokens[subject[0].head].low, context) or NARRATOR
    named = [e for e in entities_of(tokens, subject, context) if e.kind in SPEAKERS] if subject else []
    if outside and not (named and named[0].kind == PERSON and " " in named[0].name):
        return outside[-1].said.claimant
    return tuple(e.name for e in named)[:1] or NARRATOR


def _is_cue(tokens: list[Token], index: int) -> bool:
    after = tokens[index + 1].low if index + 1 < len(tokens) else ""
    return cue_class(tokens[index].low, after) is not None


def _behind(tokens: list[Token], at: int) -> list[NounPhrase]:
    """Return the subject of "..., said Ana Lima" and "..., the mayor of Porto said"."""
    if at + 1 >= len(tokens):
        return []
    if _is_cue(tokens, at):
        phrase = noun_phrase(tokens, at + 1)
        return [phrase, *_apposed(tokens, phrase)] if phrase is not None else []
    phrase = noun_phrase(tokens, at)
    if phrase is None:
        return []
    phrase = _name_before_comma(tokens, at) or phrase
    behind = phrase.last + 1
    # An apposition may be long: "Ana Lima, a chemist at the institute in Porto, and at two others, said".
    end = at + (3 * MOST_WORDS if behind < len(tokens) and tokens[behind].tag == "," else MOST_WORDS)
    verb = next((i for i in range(behind, min(len(tokens), end)) if _is_cue(tokens, i)), None)
    if verb is None:
        return []
    if tokens[verb - 1].tag == "NNP" and not {t.tag for t in tokens[behind:verb]} & {",", "IN", "CC"} and verb > behind:
        # "the 14th-ranked Lima said"
        return [NounPhrase(verb - 1, verb - 1, verb - 1)]
    return [phrase, *_apposed(tokens, phrase)]


def _name_before_comma(tokens: list[Token], at: int) -> NounPhrase | None:
    """Return the name of "study lead author Ana Lima, a chemist, said", regardless of the words before it."""
    comma = next((i for i in range(at, min(len(tokens), at + MOST_WORDS)) if tokens[i].tag == ","), at)
    first = comma
    while first > at and tokens[first - 1].tag == "NNP":
        first -= 1
    is_verb = any(_is_cue(tokens, i) for i in range(at, first))
    return NounPhrase(first, comma - 1, comma - 1) if comma - first > 1 and first > at and not is_verb else None


def _ahead_of(tokens: list[Token], at: int) -> list[NounPhrase]:
    """Return the subject of "Ana Lima, the mayor, said:"."""
    verb = next((i for i in range(at - 1, max(0, at - MOST_WORDS), -1) if _is_cue(tokens, i)), None)
    if verb is None or not tokens[verb].tag.startswith("VB"):
        return []
    # "Rob Hale, a sailor, says": the first word may read as a verb.
    is_name = len(tokens) > 1 and tokens[0].tag == "VB" and tokens[1].tag == "NNP"
    phrase = NounPhrase(0, 1, 1) if is_name else noun_phrase(tokens, 0)
    return [phrase, *_apposed(tokens, phrase)] if phrase is not None and phrase.last < verb else []


def _apposed(tokens: list[Token], phrase: NounPhrase) -> list[NounPhrase]:
    """Return the name in apposition in "the mayor, Ana Lima"."""
    at = phrase.last + 1
    if at + 1 >= len(tokens) or tokens[at].tag != ",":
        return []
    found = noun_phrase(tokens, at + 1)
    return [found] if found is not None and tokens[found.head].tag == "NNP" else []


def _is_inside(unit: Proposition, tokens: list[Token], quotation: Quotation | None) -> bool:
    """Return whether a unit and its reporting clause stand between the quotation marks."""
    if quotation is None:
        return False
    frame = unit.said.frame
    first = min(unit.first, frame.first) if frame is not None else unit.first
    last = max(unit.last, frame.last) if frame is not None else unit.last
    last = min(last, len(tokens) - 1)
    return quotation.start <= tokens[first].start and tokens[last].end <= quotation.end
