"""Time of a unit: the date in its words, or of the clauses whose time it shares."""

import re
from datetime import date, timedelta
from itertools import takewhile

from claimwire.records.claims import EventDate
from claimwire.records.vocabulary import Precision
from processors.claims.events.dates import Tense, event_date_of, is_planned
from processors.claims.events.periods import COUNTS, NUMBER
from processors.claims.lexicon import noun_class
from processors.claims.model import (
    CONTENT,
    COORDINATE,
    MAIN,
    NARRATOR,
    PARTICIPIAL,
    Clause,
    Proposition,
    Token,
    VerbGroup,
)
from processors.claims.propositions.event import Sentence
from processors.claims.propositions.grouping import span_of
from processors.claims.syntax.tokenizer import HAVE

# Markers of the same time: "faced criticism on Tuesday, while the union cheered", "last week, when officials announced".
AT_ONCE = frozenset({"when", "while", "whereas"})
# The trading day stands within the first characters of a market report.
BEGINNING = 800
# Largest distance of the day that later sentences count from, in characters.
SHORTLY = 400
THIS_WEEK = 7
SEQUEL = re.compile(
    r"\b(?:(?:the|that) same|that|(?:earlier|later) (?:that|in the)|the (?P<side>next|following|previous)) "
    r"(?:(?P<unit>week)|day|night|evening|afternoon|morning)\b(?! of)",
    re.IGNORECASE,
)
DISTANCE = re.compile(rf"\b(?P<count>an?|{NUMBER}) days? (?P<side>after|before)$", re.IGNORECASE)
DAYTIME = re.compile(r"(?:at (?:dawn|noon|midday)|in the (?:morning|afternoon|evening)),", re.IGNORECASE)
SHARES = frozenset({"%", "percent", "per", "points"})
LONGER = re.compile(r"(?<!-)\b(?:week|month|quarter|year|annual)(?:ly)?\b", re.IGNORECASE)


def time_of(
    sentence: Sentence, unit: Proposition, evidence: tuple[int, int], *, is_future: bool
) -> tuple[EventDate | None, bool]:
    """Return the date of a unit and whether it lies ahead; `evidence` are the offsets of the text shown for it.

    The first of: the date nearest to its verb, that of the clauses whose time it shares, that in the words of all claims
    of the sentence, that in the evidence only.
    """
    words = sentence.text[slice(*span_of(sentence.text, sentence.tokens, unit))]
    tense = tense_of(sentence.tokens, unit.head.verb, is_future=is_future)
    day = (
        _own(sentence, unit, words, tense)
        or _shared(sentence, unit)
        or _of_distance(sentence, unit)
        or _left_over(sentence, unit, tense)
    )
    if day is None and evidence[0] < sentence.tokens[unit.first].start:
        # The evidence begins before the unit's own words: "Then, last week, the mayor resigned".
        tense = tense_of(sentence.tokens, unit.head.verb, is_future=False)
        day = event_date_of(sentence.text[slice(*evidence)], sentence.published, tense)
    if day is None:
        day = _of_session(sentence, unit) or _of_speech(sentence, unit)
    elif day.start == day.end:
        _note(sentence, unit, day)
    return day, day is not None and is_planned(words, day, sentence.published, tense)


def _left_over(sentence: Sentence, unit: Proposition, tense: Tense) -> EventDate | None:
    """Return the date in the words that belong to all claims of the sentence, by the tense of the reporting clause."""
    frame = unit.said.frame
    if frame is not None and frame.verb is not None:
        tense = tense_of(sentence.tokens, frame.verb, is_future=False)
    return event_date_of(sentence.left_over, sentence.published, tense)


def _own(sentence: Sentence, unit: Proposition, words: str, tense: Tense) -> EventDate | None:
    tokens, verb = sentence.tokens, unit.head.verb
    near = tokens[verb.main].start - tokens[unit.first].start if verb is not None else 0
    before = _day_before(sentence)
    if before is not None and before > sentence.published and tense is Tense.PAST:
        before = None
    base = before if before is not None and DAYTIME.match(words) else sentence.published
    return event_date_of(words, base, tense, near) or (_of_sequel(words, before) if before is not None else None)


def _day_before(sentence: Sentence) -> date | None:
    """Return the latest day in the text, if it is in this sentence or shortly before it."""
    named = sentence.context.day
    return named[0] if named is not None and 0 <= sentence.start - named[1] < SHORTLY else None


def _of_sequel(words: str, day: date) -> EventDate | None:
    """Return the date of "later that day", "the next day" or "the previous week", counted from the latest day."""
    found = SEQUEL.search(words)
    if found is None:
        return None
    side = {"next": 1, "following": 1, "previous": -1}.get((found["side"] or "").casefold(), 0)
    if (found["unit"] or "").casefold() != "week":
        return EventDate(start=day + timedelta(days=side), end=day + timedelta(days=side))
    monday = day + timedelta(days=7 * side - day.weekday())
    return EventDate(start=monday, end=monday + timedelta(days=6), precision=Precision.WEEK)


def _shared(sentence: Sentence, unit: Proposition) -> EventDate | None:
    """Return the date of the reporting clause, or of a clause of the same time."""
    clause: Clause | None = unit.said.frame if unit.said.frame is not None else unit.head
    if clause is unit.head:
        clause = _beside(sentence, clause)
    is_start = unit.head.marker == "when"
    while clause is not None:
        day = _of_clause(sentence, clause)
        if day is not None and not is_start:
            return day
        if day is not None:
            return EventDate(start=day.start, end=day.start) if day.end == sentence.published else day
        is_start = clause.marker == "when"
        clause = _beside(sentence, clause)
    return _of_opening(sentence, unit.said.frame)


def _of_distance(sentence: Sentence, unit: Proposition) -> EventDate | None:
    """Return the date of "The raid follows a day after rebels had freed two men", counted from the other event."""
    tokens, above = sentence.tokens, unit.head.parent
    before = f"{sentence.text[sentence.start : tokens[unit.head.first].start]}{unit.head.marker}"
    found = DISTANCE.search(before) if before.casefold().endswith(("after", "before")) else None
    if found is None or above is None or above.verb is None:
        return None
    said = _of_clause(sentence, above)
    is_now = tokens[above.verb.first].tag == "VBZ"
    base = said.start if said is not None and said.start == said.end else sentence.published if is_now else None
    if base is None:
        return None
    count = COUNTS.get(found["count"].casefold()) or int(found["count"])
    day = base + timedelta(days=-count if found["side"] == "after" else count)
    return EventDate(start=day, end=day)


def _of_opening(sentence: Sentence, frame: Clause | None) -> EventDate | None:
    """Return the date of "Asked during a tour on Monday whether she would go, the mayor said"."""
    tokens = sentence.tokens
    if frame is None or not frame.first or tokens[0].tag not in ("VBG", "VBN", "VBD"):
        return None
    return event_date_of(sentence.text[sentence.start : tokens[frame.first].start], sentence.published)


def _beside(sentence: Sentence, clause: Clause) -> Clause | None:
    """Return the clause whose time a clause shares: the one above "saying that", the one before "while"."""
    if clause.kind in (CONTENT, PARTICIPIAL) or clause.marker in AT_ONCE:
        before = takewhile(lambda c: c is not clause, sentence.clauses)
        return clause.parent or next((c for c in reversed(list(before)) if c.kind in (MAIN, COORDINATE)), None)
    return None


def _of_clause(sentence: Sentence, clause: Clause) -> EventDate | None:
    if clause.verb is None:
        return None
    tokens = sentence.tokens
    start = tokens[clause.first].start
    words = sentence.text[start : tokens[min(clause.last, len(tokens) - 1)].end]
    tense = tense_of(tokens, clause.verb, is_future=False)
    return event_date_of(words, sentence.published, tense, tokens[clause.verb.main].start - start)


def _of_session(sentence: Sentence, unit: Proposition) -> EventDate | None:
    """Return the trading day of a market report, for moves without a date of their own."""
    tokens, verb = sentence.tokens, unit.head.verb
    if (
        sentence.context.session is None
        or unit.said.claimant != NARRATOR
        or verb is None
        or tokens[verb.first].tag != "VBD"
    ):
        return None
    subject = [t.low for p in unit.head.left for t in tokens[p.first : p.last + 1]]
    moves_by = [t.low for t in tokens[verb.main + 1 : verb.main + 3]]
    is_of_market = any(word in noun_class("market") for word in subject) or (
        len(moves_by) > 1 and moves_by[1] in SHARES
    )
    is_longer = LONGER.search(sentence.text, tokens[unit.first].start, tokens[unit.last].end)
    return sentence.context.session if is_of_market and not is_longer else None


def _of_speech(sentence: Sentence, unit: Proposition) -> EventDate | None:
    """Return the day on which the same speaker spoke earlier in the paragraph."""
    speech = sentence.context.speech
    is_same = speech is not None and speech[:2] == (unit.said.claimant, sentence.block.start)
    return speech[2] if speech is not None and is_same else None


def _note(sentence: Sentence, unit: Proposition, named: EventDate) -> None:
    """Record a day, its speaker, and the trading day at the beginning of an article.

    A day of long ago among those of this week ("his July 25 call") is not recorded.
    """
    context, day = sentence.context, named.start
    off = abs((day - sentence.published).days)
    frame = unit.said.frame
    if frame is not None and unit.said.claimant and _of_clause(sentence, frame) == named and day <= sentence.published:
        context.speech = (unit.said.claimant, sentence.block.start, named)
    if off <= THIS_WEEK or _day_before(sentence) is None:
        context.day = (day, sentence.start)
    words = {t.low for t in sentence.tokens}
    of_market = words & (noun_class("market") | noun_class("trading"))
    is_of_market = len(of_market) > 1 or (of_market and words & SHARES)
    if off <= 1 and is_of_market and sentence.start < BEGINNING and context.session is None:
        context.session = EventDate(start=day, end=day)


def tense_of(tokens: list[Token], verb: VerbGroup | None, *, is_future: bool) -> Tense:
    """Return the tense of a clause; a past verb is over, whatever its modality."""
    if verb is None or verb.is_infinitive or verb.is_participle:
        return Tense.COMING if is_future else Tense.PAST
    first = tokens[verb.first]
    if verb.modal:
        return Tense.COMING if is_future else Tense.PRESENT
    if first.tag == "VBD" or first.low in HAVE:
        is_to = any(t.low in ("to", "due") for t in tokens[verb.first + 1 : verb.main])
        return Tense.COMING if is_future and is_to else Tense.PAST
    return Tense.COMING if is_future else Tense.PRESENT
