"""Modality of a claim: asserted, denied, planned, requested or uncertain."""

import re

from claimwire.vocabulary import EventType, Modality
from processors.claims.model import CONTENT, MAIN, Clause, Token

PLANNED = frozenset(
    "will would shall won't 'll ’ll be_to expected_to scheduled_to due_to set_to going_to likely_to".split()
)
PLANNED_STEMS = tuple("plan intend vow promis pledg prepar hope ready threat work offer".split())
UNCERTAIN_MODALS = frozenset(
    "may might could believed_to unlikely_to thought_to reported_to said_to alleged_to appear_to appears_to appeared_to seem_to seems_to".split()
)
REQUESTED_MODALS = frozenset("should must need_to needs_to needed_to ordered_to asked_to told_to urged_to".split())
NEGATING = ("fail", "refus", "declin", "unable")
UNCERTAIN = re.compile(
    r"\b(?:unclear|not clear|not known|unknown|possibly|unconfirmed|not immediately|perhaps|probably|whether"
    r"|(?:is|are|was|were|be) (?:considered )?possible)\b"
)
DENIED = re.compile(
    r"\b(?:baseless|unfounded|unsubstantiated|without any|fabrication|untrue|false|yet to|not guilty|nothing to do with"
    r"|rule[sd]? out)\b"
)
PLANS = re.compile(
    r"\b(?:upcoming|scheduled for|planned for|set for|due (?:to be|in|on|for)|tomorrow|next (?:week|month|year)"
    r"|(?:is|are|be) expected|expected (?:in|on|by|next|this|to))\b"
)
LETS = re.compile(r"(?:let us|let ['’]?s|let's)\b")
# Words that open a noun phrase to say that there is none of it; behind "not", those that say it is not all.
NONE = frozenset("no none neither nobody nothing".split())
ALL = frozenset("all every everyone everybody many a one each both enough".split())
NEVER = frozenset("never hardly barely scarcely".split())
NO_NEGATION = frozenset("doubt wonder surprise secret stranger bones mistake".split())


def _has_no(tokens: list[Token], clause: Clause) -> bool:
    """ "no civilian was hurt", "there is no proof", "none of them came", "not all the bridges were closed"."""
    subjects, objects = clause.subject(), [p for p in clause.right if not p.prep][:1]
    if any(tokens[p.first].low in NONE and tokens[p.head].low not in NO_NEGATION for p in (*subjects, *objects)):
        return True
    start = clause.first - 1 if clause.first and tokens[clause.first - 1].low == "not" else clause.first
    opening = [t.low for t in tokens[start : start + 2]]
    is_none = opening[0] in NONE and opening[-1] not in NO_NEGATION
    return is_none or (opening[0] == "not" and opening[-1] in ALL)


def modality_of(tokens: list[Token], clause: Clause, words: str, cue_kind: str, kind: EventType) -> Modality:
    """Modality of what is claimed (not of the claiming)."""
    words = words.casefold()
    verb = clause.verb
    modal = verb.modal if verb is not None else ""
    is_negated = verb is not None and (verb.is_negated or (verb.first > 0 and tokens[verb.first - 1].low in NEVER))
    if cue_kind == "doubt" or UNCERTAIN.search(words):
        return Modality.UNCERTAIN
    if cue_kind == "deny":
        return Modality.DENIED
    if modal in UNCERTAIN_MODALS and not is_negated:
        return Modality.UNCERTAIN
    if is_negated or _has_no(tokens, clause) or modal.startswith(NEGATING) or DENIED.search(words):
        return Modality.DENIED
    if cue_kind == "request" or modal in REQUESTED_MODALS or LETS.match(words):
        return Modality.REQUESTED
    if kind == EventType.REQUEST:
        return Modality.REQUESTED
    is_unreal = modal == "would" and verb is not None and any(t.low == "have" for t in tokens[verb.first : verb.main])
    if is_unreal:
        return Modality.ASSERTED
    is_ahead = verb is not None and verb.is_infinitive and clause.kind in (MAIN, CONTENT) and bool(clause.subject())
    if is_ahead or cue_kind == "plan" or modal in PLANNED or modal.startswith(PLANNED_STEMS) or PLANS.search(words):
        return Modality.PLANNED
    return Modality.ASSERTED
