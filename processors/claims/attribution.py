"""Who says it: cue, claimant and content of a clause; leading, inverted, quoted forms and "according to"."""

import re
from dataclasses import dataclass

from processors.claims.lexicon import cue_classes, cue_pattern
from processors.claims.names import Context, mentions_of

ACCORDING = re.compile(r"\b(according to|as reported by|quoted by|in the words of)\s", re.IGNORECASE)
AUXILIARY = re.compile(
    r"(?:\b(?:also|has|have|had|later|earlier|further|furthermore|then|again|meanwhile|has also|had also|did|reportedly|categorically|strongly|still)\s+)+$",
    re.I,
)
NEGATED = re.compile(r"\b(?:not|never|nor|n[’']t)\s+(?:yet\s+)?$", re.IGNORECASE)
PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?$", re.IGNORECASE)
NOT_VERB_BEFORE = re.compile(
    r"\b(?:a|an|the|this|that|these|those|to|of|in|no|any|his|her|its|their|our|for|with|will|would|may|can|could|and the|draft|new)\s+$",
    re.I,
)
LEADING = re.compile(
    r"^(?:(?:in|on|at|for|from|by|during|after|before|since|under|with|as|amid|following|despite|according|meanwhile|however|moreover|"
    r"furthermore|earlier|later|also|and|but|yet|in turn|today|yesterday|speaking|asked|on the other hand)\b[^,]{0,160},\s*)+",
    re.IGNORECASE,
)
CONJUNCTION = re.compile(
    r"^(?:and|but|yet|so|while|whereas|meanwhile|however|moreover|also|for their part|for its part)[\s,]+", re.I
)
PRONOUN = re.compile(r"^(he|she|it|they|we|i)$", re.IGNORECASE)
RELATIVE_TAIL = re.compile(
    r"(?:\s[–—-]\s.*|,\s(?:on |in |of |to |by )?(?:who|whom|which|whose|where)\b.*|\s(?:who|which)\b.*)$", re.DOTALL
)
QUOTED_NAME = re.compile(r"[“\"]([^”\"]{2,40})[”\"]\s*$")
HEADS = re.compile(
    r"\b(spokes(?:man|woman|person)|official|officials|diplomats?|sources?|witness(?:es)?|residents?|reports?|statement|"
    r"police|officers?|experts?|analysts?|doctors?|lawyers?|prosecut(?:ors?|ion)|organi[sz]ers?|minist(?:ers?|ry)|army|government|"
    r"council|court|company|agency|party|union|members?|leaders?|rebels|commanders?|governor|mayor|president|chairman|"
    r"correspondent|reporter|study|survey|scientists|researchers|activists?|opposition|committee|commission|bank|board|"
    r"embassy|office|authorit(?:y|ies)|draft|declaration|document|newspaper|website|group|team|chief|judge|director|"
    r"secretary|ambassador|envoy|campaigners|villagers|survivors|relatives|hospital|military|general staff|"
    r"bulletin|communiqu[eé]|club|coach|federation|ministries|regulator|watchdog|charity)\b",
    re.IGNORECASE,
)
# "called, during a closed meeting, on both sides to": verb and preposition apart.
ADJUNCT = re.compile(
    r"\s(?:on|in|at|late|early|earlier|yesterday|today|tonight|this|last|after|during|to|by|through|via|when|as|before|from)\b(?! that\b)",
    re.IGNORECASE,
)
COLON = re.compile(r"([A-Z][^:,.;“”\"]{2,50}):\s(?=\S)")
QUOTE_CLOSED = re.compile(r"[,!?][\"”»’']\s[^,]{2,80}(?:,[^,]{2,80},?)?$")
CALLED = re.compile(r"\b(call(?:s|ed)?)(?:,? (?:during|in|at) [^,]{3,60}?,?)?\s(?:on|upon|for|both)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Attribution:
    """`claimant` () = the outlet itself. `start`, `end` are the content's offsets in the clause; `kind` the cue's class."""

    claimant: tuple[str, ...]
    cue: str | None
    kind: str
    start: int
    end: int


def attribution_of(clause: str, context: Context) -> Attribution | None:
    """The attribution of one clause, or None where the outlet says it itself."""
    return (
        _according(clause, context)
        or _colon(clause, context)
        or _leading(clause, context)
        or _trailing(clause, context)
    )


def _colon(clause: str, context: Context) -> Attribution | None:
    """`Interior ministry: criminal case opened`, as headlines and transcripts put it."""
    found = COLON.match(clause)
    if not found or len(clause[found.end() :].split()) < 3:
        return None
    phrase = found.group(1)
    claimant = claimant_of(phrase, context)
    names = [m for m in mentions_of(phrase, context) if m.kind in ("organ", "person", "country")]
    speaks = HEADS.search(phrase) or any(m.end - m.start >= len(phrase) - 4 for m in names)
    return Attribution(claimant, None, "report", found.end(), len(clause)) if claimant and speaks else None


def _according(clause: str, context: Context) -> Attribution | None:
    found = ACCORDING.search(clause)
    if not found:
        return None
    rest = clause[found.end() :]
    stop = re.search(r"[,;.–]|$", rest)
    length = stop.start() if stop else len(rest)
    claimant = claimant_of(rest[:length], context)
    if not claimant:
        return None
    if found.start() <= 3:
        start = min(len(clause), found.end() + length + 1)
        return Attribution(claimant, found.group(1), "report", start, len(clause))
    return Attribution(claimant, found.group(1), "report", 0, found.start())


def _leading(clause: str, context: Context) -> Attribution | None:
    lead = LEADING.match(clause)
    begin = lead.end() if lead else 0
    for found in _cues(clause, begin):
        left = clause[begin : found.start()]
        if len(left) > 220:
            return None
        if (
            not left.strip()
            or found.group()[0].isupper()
            or NEGATED.search(left)
            or NOT_VERB_BEFORE.search(left)
            or PASSIVE.search(left)
        ):
            continue
        claimant = claimant_of(AUXILIARY.sub("", left), context)
        if not claimant:
            continue
        cue = found.group(1)
        kind = "request" if CALLED.match(clause, found.start()) else cue_classes().get(cue.casefold(), "report")
        if kind == "report" and re.fullmatch(r"call(?:s|ed)?", cue, re.IGNORECASE):
            continue
        if _is_plain_verb(clause[found.end() :], cue, kind):
            continue
        if "," not in left and len(clause) - found.end() < 12:
            return None
        if _speaker_follows(left, clause[found.end() :]):
            return None
        return Attribution(claimant, cue, kind, found.end(), len(clause))
    return None


def _speaker_follows(left: str, after: str) -> bool:
    """The content stands before the cue: ", claimed the organizers." and ", the ministry said on Saturday."."""
    if QUOTE_CLOSED.search(left):
        return True
    words = len(after.strip(' .”"').split())
    if left.rstrip().endswith(","):
        return words <= 5
    return "," in left and (words == 0 or (words <= 12 and ADJUNCT.match(after) is not None))


def _cues(clause: str, begin: int) -> list[re.Match[str]]:
    found = [*cue_pattern().finditer(clause, begin), *CALLED.finditer(clause, begin)]
    return sorted(found, key=lambda m: (m.start(), -m.end()))


def _is_plain_verb(after: str, cue: str, kind: str) -> bool:
    """A cue verb used for something else: "found a body", "posted a profit", "showed 40 points"."""
    weak = re.fullmatch(
        r"(found|finds?|shows?|showed|shown|posts?|posted|writes?|wrote|sees?|saw|seen|adds?|added|plans?|recalls?|recalled|revealed)",
        cue,
        re.I,
    )
    if not weak or (kind != "report" and cue.casefold() not in ("plan", "plans")):
        return False
    return (
        re.match(
            r"[\s,:]*(?:(?:on|in) [^,]{3,30},? )?(?:that\b|in a\b|[“\":]|(?:the|its|his|their|[A-Z][\w’]+|he|she|it|they|\d[\d,]*|most|all)\s)",
            after,
        )
        is None
    )


def _trailing(clause: str, context: Context) -> Attribution | None:
    """`content, the ministry said on Tuesday` and `content, claimed the organizers`."""
    for comma in reversed([m.start() for m in re.finditer(r",[”\"]?\s", clause)][-4:]):
        tail = clause[comma + 1 :].lstrip('”" ')
        found = cue_pattern().search(tail)
        if not found or len(tail) > 200 or comma < 12:
            continue
        before, after = tail[: found.start()].strip(), tail[found.end() :].strip(' .”"')
        if NOT_VERB_BEFORE.search(tail[: found.start()]) or re.search(r"\bthat\b", after[:6]):
            continue
        subject = AUXILIARY.sub("", before + " ").strip() or re.split(r",| on | in | at ", after)[0]
        claimant = claimant_of(subject, context)
        if claimant and not re.match(r"(?:and|which|who|but|with)\b", before):
            return Attribution(claimant, found.group(1), cue_classes()[found.group(1).casefold()], 0, comma)
    return None


def claimant_of(phrase: str, context: Context) -> tuple[str, ...]:
    """The claimants that a noun phrase names, canonical; () where it names none that could speak."""
    text = CONJUNCTION.sub("", LEADING.sub("", phrase.strip(" ,'")))
    text = RELATIVE_TAIL.sub("", text).strip(" ,")
    if PRONOUN.match(text):
        if text.casefold() in ("he", "she"):
            return (context.people[-1],) if context.people else ()
        return context.claimant if text.casefold() != "i" else ()
    if not text or len(text) > 160:
        return ()
    quoted = QUOTED_NAME.search(text)
    if quoted:
        return (quoted.group(1),)
    joined = re.fullmatch(r"(?:the\s)?(?:two|three|both)\s(presidents|ministers|leaders|sides)", text, re.I)
    if joined and len(context.people) >= 2:
        return tuple(context.people[-2:])
    mentions = [m for m in mentions_of(text, context) if m.kind != "place"]
    people = [m.name for m in mentions if m.kind == "person"]
    if people:
        return tuple(dict.fromkeys(people[:1] if " and " not in text else people[:2]))
    head = HEADS.search(text)
    covered = mentions and mentions[0].start <= head.start() < mentions[0].end if head else False
    if head and (
        not covered or (re.match(r"\s(?:for|of|at|in)\s", text[head.end() :]) and text[head.start()].islower())
    ):
        return _described(text, context)
    return tuple(m.name for m in mentions[:1])


def _described(text: str, context: Context) -> tuple[str, ...]:
    """A claimant by description: "A UN diplomat", "members of the Security Council", "the President of X"."""
    of_country = re.search(
        r"(?:president|minister|army|ministry of \w+|ministry|government|parliament) of (?:the )?([A-Z]\w+(?: [A-Z]\w+)?)$",
        text,
        re.I,
    )
    if of_country and context.people and re.search(r"president|minister", text[:20], re.I) and "spokes" not in text:
        return (context.people[-1],)
    members = re.search(r"\bmembers? of (?:the )?(.+)$", text, re.I)
    plain = (
        members.group(1)
        if members
        else re.sub(r"^(?:the|a|an|his|her|its|their|some|several|two|three)\s+", "", text, flags=re.I)
    )
    return (" ".join(plain.split())[:120],) if plain else ()
