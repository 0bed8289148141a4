"""The whole way from a clean text to its claims: sentences, clauses, attribution, event, roles, numbers, places, dates.

Every claim's offsets reproduce its words: `text[claim.start:claim.end]` is the evidence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from claimwire.ids import claim_id
from claimwire.records import Block, BlockType, Claim
from processors.claims.attribution import attribution_of
from processors.claims.dates import event_date_of
from processors.claims.events import Trigger, event_scores, event_type_of, modality_of, triggers_of
from processors.claims.names import Context, mentions_of
from processors.claims.quantities import quantities_of
from processors.claims.roles import roles_of
from processors.claims.sentences import sentences

NARRATOR = ("narrator",)
MAX_CLAIMS = 200
MAX_SPAN = 700
MIN_SCORE = 2.0
LEAST_SCORE = 1.0
READ = frozenset({BlockType.TITLE, BlockType.PARAGRAPH, BlockType.QUOTE, BlockType.LIST})
CLAUSE = re.compile(
    r"(?P<compound>,\s(?:and|though|although)\s(?=(?:the|his|her|its|their|a|an|he|she|it|they|\d|[A-Z])\b))"
    r"|(?P<new>,\s(?:while|whereas|but)\s|;\s|\s…\s|,\sand\s(?=(?:said|added|claimed)\b)|\sand\s(?=(?:said|added|claimed|stated)\sthat\b))"
    r"|(?P<same>,\s(?=(?:indicating|adding|stating|noting|stressing|explaining|saying)\sthat\b)|,\swith\s(?=(?:\w+\s){1,3}(?:continuing|reported|killed|injured|under)\b)"
    r"|,\s(?=highlighting\s))"
    r"|(?P<accused>,\swhich\s(?=(?:it|he|she|they)\saccuse[sd]\sof\b))"
)
SAME_CUE = re.compile(
    r"^(indicating|adding|stating|noting|stressing|explaining|saying|highlighting)\s(?:that\s)?", re.IGNORECASE
)
ACCUSED = re.compile(r"^(?:it|he|she|they)\s(accuse[sd])\sof\s", re.IGNORECASE)
SECOND_VERB = re.compile(r"\s(?:and|,)\s(?=(?:\w+\s)?[a-z]+(?:s|ed)\b)")
OPENING = re.compile(r"^[\s“”\"',–—:-]*(?:that\s|both\s(?=[A-Z]))?", re.IGNORECASE)
QUESTION = re.compile(r"\?[”\"]?$")
SUBJECT_ONLY = re.compile(
    r"\b(?:of what (?:it|he|she|they) (?:said|described) (?:were|was|are|is|as)\s)", re.IGNORECASE
)


@dataclass(frozen=True)
class Clause:
    """A stretch of a sentence with its attribution; offsets count characters of the article's text."""

    start: int
    end: int
    claimant: tuple[str, ...]
    cue: str | None
    kind: str | None
    content: int
    accused: str | None = None


def claims_of(article_id: str, text: str, blocks: Sequence[Block], published: date) -> tuple[Claim, ...]:
    """The claims of an English text, at most MAX_CLAIMS, in order. Pure: the same text gives the same claims."""
    context = Context()
    claims: list[Claim] = []
    ordinals: dict[str, int] = {}
    _preview(text, blocks, context)
    for block in blocks:
        if block.type not in READ:
            continue
        for start, end in sentences(text, block.start, block.end):
            for claim in _of_sentence(text, start, end, block.type, published, context):
                key = " ".join(text[claim.start : claim.end].lower().split())
                ordinals[key] = ordinals.get(key, -1) + 1
                ident = claim_id(article_id, key, ordinals[key])
                claims.append(_with_id(claim, ident))
                if len(claims) == MAX_CLAIMS:
                    return tuple(claims)
    return tuple(claims)


def _with_id(claim: Claim, ident: str) -> Claim:
    import msgspec

    return msgspec.structs.replace(claim, claim_id=ident)


def _preview(text: str, blocks: Sequence[Block], context: Context) -> None:
    """Learn the full names before the headline is read, which has surnames only."""
    for block in blocks[:40]:
        for start, end in sentences(text, block.start, block.end):
            for mention in mentions_of(text[start:end], context):
                if mention.kind == "person" and len(mention.name.split()) > 1:
                    context.see(mention)
    context.people.reverse()


def _of_sentence(text: str, start: int, end: int, kind: BlockType, published: date, context: Context) -> list[Claim]:
    sentence = text[start:end]
    if len(sentence) > 3 * MAX_SPAN or QUESTION.search(sentence) or len(sentence.split()) < 3:
        return []
    claims = []
    for clause in _clauses(text, start, end, context):
        for a, b in _split_verbs(text, clause):
            claim = _claim(text, clause, a, b, (start, end), published, context)
            if claim is not None:
                claims.append(claim)
    for mention in mentions_of(sentence, context):
        context.see(mention)
    return claims


def _clauses(text: str, start: int, end: int, context: Context) -> list[Clause]:
    pieces: list[tuple[int, int, str]] = []
    begin, mode = start, "new"
    for found in CLAUSE.finditer(text, start, end):
        if _in_quotes(text, start, found.start()) or found.start() - begin < 12:
            continue
        if found.lastgroup == "compound" and not _is_compound(
            text[begin : found.start()], text[found.end() : end], context
        ):
            continue
        pieces.append((begin, found.start(), mode))
        begin, mode = found.end(), found.lastgroup or "new"
    pieces.append((begin, end, mode))
    clauses: list[Clause] = []
    for a, b, mode in pieces:
        previous = clauses[-1] if clauses else None
        clauses.append(_clause(text, a, b, mode, previous, context))
    return clauses


def _is_compound(first: str, second: str, context: Context) -> bool:
    """Two sentences in one: the second has a speaker of its own, and the first says something by itself."""
    if len(second.split()) < 4 or not triggers_of(first):
        return False
    leading = attribution_of(second, context)
    return leading is not None and leading.start > 0


def _clause(text: str, a: int, b: int, mode: str, previous: Clause | None, context: Context) -> Clause:
    piece = text[a:b]
    if previous and mode == "accused" and (found := ACCUSED.match(piece)):
        before = [
            m
            for m in mentions_of(text[previous.start : previous.end], context)
            if m.kind in ("organ", "country", "person")
        ]
        accused = before[-1].name if before else None
        return Clause(a, b, previous.claimant, found.group(1), "accuse", a + found.end(), accused)
    if previous and mode == "same":
        cue = SAME_CUE.match(piece)
        return Clause(
            a, b, previous.claimant, cue.group(1) if cue else previous.cue, previous.kind, a + (cue.end() if cue else 0)
        )
    found_ = attribution_of(piece, context)
    if found_ is None:
        carried = re.match(r"(?:said|added|claimed|stated)\b", piece)
        if previous and previous.claimant != NARRATOR and carried:
            return Clause(a, b, previous.claimant, carried.group(), "report", a + carried.end())
        return Clause(a, b, NARRATOR, None, None, a)
    context.claimant = found_.claimant
    if found_.start == 0:
        return Clause(a, a + found_.end, found_.claimant, found_.cue, found_.kind, a)
    described = SUBJECT_ONLY.search(piece, found_.start)
    return Clause(a, b, found_.claimant, found_.cue, found_.kind, a + (described.end() if described else found_.start))


def _in_quotes(text: str, start: int, position: int) -> bool:
    return text.count("“", start, position) > text.count("”", start, position)


def _split_verbs(text: str, clause: Clause) -> list[tuple[int, int]]:
    """Two coordinated verbs of different events make two claims; of one event, one claim with several quantities."""
    for found in SECOND_VERB.finditer(text, clause.content, clause.end):
        first, second = text[clause.content : found.start()], text[found.end() : clause.end]
        if len(first.split()) < 3 or len(second.split()) < 3 or _in_quotes(text, clause.content, found.start()):
            continue
        lead = triggers_of(" ".join(second.split()[:3]))
        if not lead:
            continue
        kind1, score1 = event_type_of(first, triggers_of(first))
        scores2 = event_scores(second, triggers_of(second))
        kind2 = max(scores2, key=lambda k: scores2[k])
        if (
            score1 >= MIN_SCORE
            and scores2[kind2] >= MIN_SCORE
            and kind1 != kind2
            and scores2.get(kind1, 0) < scores2[kind2]
        ):
            return [(clause.content, found.start()), (found.end(), clause.end)]
    return [(clause.content, clause.end)]


def _claim(
    text: str, clause: Clause, a: int, b: int, sentence: tuple[int, int], published: date, context: Context
) -> Claim | None:
    opening = OPENING.match(text[a:b])
    begin = a + (opening.end() if opening else 0)
    content = text[begin:b]
    triggers = triggers_of(content)
    kind, score = event_type_of(content, triggers)
    whole = text[clause.start : clause.end]
    if clause.kind in ("request", "accuse", "deny") and score < 4:
        kind, score, triggers = _with_cue(clause, whole, kind, score, triggers, content)
    numbers = quantities_of(content, kind)
    if not _is_worth(clause, content, score, bool(numbers)):
        return None
    mentions = mentions_of(content, context)
    actor, target = roles_of(content, kind, triggers, mentions, clause.claimant, clause.kind)
    actor = _own(actor, clause, content, context, kind)
    start, end = _span(text, clause, a, begin, b)
    places = tuple(dict.fromkeys(m.name for m in mentions if m.kind == "place"))
    return Claim(
        claim_id="",
        start=start,
        end=end,
        content=max(start, min(begin, end)),
        sentence_start=sentence[0],
        sentence_end=sentence[1],
        claimant=clause.claimant,
        cue=clause.cue,
        event_type=kind,
        actor=(clause.accused,) if clause.accused else actor,
        target=tuple(t for t in target if t not in actor or kind in ("AGREE", "RETREAT")),
        quantities=tuple(n.quantity for n in numbers),
        places=places,
        event_date=event_date_of(whole, published),
        modality=modality_of(content if clause.kind else whole, clause.kind, kind),
    )


def _with_cue(
    clause: Clause, whole: str, kind: str, score: float, triggers: list[Trigger], content: str
) -> tuple[str, float, list[Trigger]]:
    """A request or accusation without a concrete act is itself the event."""
    named = {"request": "REQUEST", "accuse": "ACCUSE", "deny": "REJECT"}[clause.kind or ""]
    if named == "REQUEST":
        return named, max(score, 2.5), triggers
    return (kind, score, triggers) if score >= MIN_SCORE and kind != "STATEMENT" else (named, 2.5, triggers)


def _is_worth(clause: Clause, content: str, score: float, has_numbers: bool) -> bool:
    words = len(content.split())
    if clause.claimant != NARRATOR:
        return words >= 3
    return words >= 3 and (score >= LEAST_SCORE or has_numbers)


def _span(text: str, clause: Clause, a: int, begin: int, b: int) -> tuple[int, int]:
    start = clause.start if a == clause.content and clause.accused is None else begin
    end = b
    while end > start and text[end - 1] in ' .,;”"':
        end -= 1
    return (start, end) if end - start <= MAX_SPAN else (begin, min(b, begin + MAX_SPAN))


def _own(actor: tuple[str, ...], clause: Clause, content: str, context: Context, kind: str) -> tuple[str, ...]:
    """Implicit actors: the claimant's own act ("he would appeal", "it is still gaining control")."""
    if actor:
        return actor
    if re.match(r"(?:it|he|she|they|we)\b", content, re.IGNORECASE) and clause.claimant != NARRATOR:
        return clause.claimant
    if kind in ("REQUEST", "ACCUSE", "THREATEN", "REJECT") and clause.claimant != NARRATOR:
        return clause.claimant
    return ()
