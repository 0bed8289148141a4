"""Evidence of a claim: the words of its unit, extended to a subject and a verb if it lacks one."""

from processors.claims.model import ADVERBIAL, CONTENT, RELATIVE, Clause, Proposition, Token
from processors.claims.propositions.grouping import MAX_SPAN, span_of
from processors.claims.syntax.clauses import CONTRASTS

# Subordinators whose clause is whole without them; "if", "until" and "where" change its meaning.
LOOSE = CONTRASTS | frozenset("after before as because since when once".split())
HANGING = frozenset("where who whom whose which what how".split())
HYPHENS = "-‑"
MARKS = frozenset({",", ":", ";", "-", "–", "—", ".", "…", ")", "CC"})


def evidence_of(text: str, tokens: list[Token], clauses: list[Clause], unit: Proposition) -> tuple[int, int, int]:
    """Return the start and end of the evidence of a unit, and the start of the unit's own words."""
    own = span_of(text, tokens, unit)[0]
    first, last, head = min(unit.first, len(tokens) - 1), min(unit.last, len(tokens) - 1), unit.head
    if _is_whole(tokens, head) and head.marker in LOOSE and tokens[first].low == head.marker:
        first += 1
    elif not _is_whole(tokens, head):
        first, last = _extended(tokens, unit, first, last)
    last = _past_followers(tokens, clauses, last)
    last = _before_next(tokens, unit, first, last)
    while first < last and tokens[first].tag in MARKS:
        first += 1
    while last > first and tokens[last].tag in MARKS:
        last -= 1
    while first and tokens[first - 1].tag == "RB":
        first -= 1
    start = _whole_word(text, tokens[first].start, tokens[0].start)
    end = min(tokens[last].end, start + MAX_SPAN)
    return start, end, max(start, own)


def _is_whole(tokens: list[Token], clause: Clause) -> bool:
    """Return whether a clause has a subject that is no date and a finite verb, and modifies no noun."""
    if clause.verb is None or not clause.verb.is_finite or clause.kind == RELATIVE or _hangs(tokens, clause):
        return False
    return any(not p.prep and not p.is_date for p in clause.left) or (clause.is_inverted and clause.first <= 1)


def _hangs(tokens: list[Token], clause: Clause) -> bool:
    """Return whether a clause is part of another: "where they met", "what the jurors say"."""
    end = clause.verb.first if clause.verb is not None else clause.last
    return clause.marker in HANGING or any(t.low in HANGING for t in tokens[clause.first : end])


def _extended(tokens: list[Token], unit: Proposition, first: int, last: int) -> tuple[int, int]:
    """Return the first and last token of the nearest whole clause, else of the sentence without its attribution."""
    above, frame, head = _whole_above(tokens, unit.head), unit.said.frame, unit.head
    if above is not None and above.kind != ADVERBIAL:
        return min(first, above.first), last
    if above is not None:
        return min(first, above.first), len(tokens) - 1
    has_verb = any(c.verb is not None and c.verb.is_finite for c in unit.clauses)
    is_after = frame is not None and frame.last < first
    # A phrase needs its verb: "The league condemned the closure".
    start = (frame.last + 1 if has_verb else frame.first) if is_after and frame is not None else 0
    if has_verb and head.kind not in (ADVERBIAL, RELATIVE) and not _hangs(tokens, head):
        return start, last
    return start, max(last, frame.first - 1 if frame is not None and frame.first > last else len(tokens) - 1)


def _whole_above(tokens: list[Token], clause: Clause) -> Clause | None:
    """Return the nearest whole clause that governs one, or None."""
    above = clause.shared or clause.parent
    while above is not None and not _is_whole(tokens, above):
        above = above.shared or above.parent
    return above


def _past_followers(tokens: list[Token], clauses: list[Clause], last: int) -> int:
    """Return the last token of clauses that follow without a mark: "75 days | before the vote begins"."""
    for clause in clauses:
        is_told = clause.kind == CONTENT and clause.parent is not None and clause.parent.last in (last, last + 1)
        is_next = clause.first in (last + 1, last + 2) if is_told else clause.first == last + 1
        is_next &= is_told or clause.kind in (ADVERBIAL, RELATIVE)
        if is_next and tokens[last].tag not in MARKS:
            last = max(last, clause.last)
    return min(last, len(tokens) - 1)


def _before_next(tokens: list[Token], unit: Proposition, first: int, last: int) -> int:
    """Return the last token before ", according to the survey" or an opening: "and in this town |, the debtor"."""
    verb = unit.head.verb
    for index in range(max(first, verb.last if verb is not None else first) + 1, last + 1):
        after = tokens[index + 1] if index < last else None
        if tokens[index].low == "according" and tokens[index - 1].tag == ",":
            return index - 2
        is_opening = tokens[index].tag == "CC" and after is not None and after.tag == "IN"
        if is_opening and last + 1 < len(tokens) and tokens[last + 1].tag == "," and last - index <= 4:
            return index - 1
    return last


def _whole_word(text: str, start: int, least: int) -> int:
    """Return the start of a hyphenated word: "13-inch"."""
    while start > least and text[start - 1] in HYPHENS:
        start = max(text.rfind(" ", 0, start - 1) + 1, least)
    return start
