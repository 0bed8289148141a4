"""Modality of a claim: asserted, denied, planned, requested or uncertain."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from claimwire.records.vocabulary import EventType, Modality
from claimwire.text.pattern_sets import PatternSet
from processors.claims.lexicon import is_human, listed
from processors.claims.model import Attribution, Clause, Token
from processors.claims.syntax.tokenizer import BE

PLANNED = listed("planned_modals")
PLANNED_STEMS = tuple(sorted(listed("planned_stems")))
UNCERTAIN_MODALS = listed("uncertain_modals")
REQUESTED_MODALS = frozenset("should must need_to needs_to needed_to ordered_to asked_to told_to urged_to".split())
# "may not" leaves it open, "could not" denies it.
HEDGING = frozenset({"may", "might", "seem_to", "seems_to"})
PROMISING = frozenset({"will", "won't", "won’t", "'ll", "’ll", "shall"})
NEGATING = ("fail", "refus", "declin", "unable")
# Words that open a negated noun phrase, and those that do so after "not".
NONE = frozenset("no none neither nobody nothing".split())
ALL = frozenset("all every everyone everybody many a one each both enough".split())
FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
NEVER = frozenset("never hardly barely scarcely".split())


@dataclass(frozen=True)
class Wording:
    """Words that mark a modality: `pattern` in the "words" of the clause, in its "verb" or its "cue", as `of` states."""

    id: str
    means: Modality
    pattern: re.Pattern[str]
    of: str
    example: str
    counter: str


@cache
def wordings() -> tuple[Wording, ...]:
    """Return the rows of `modality.toml` in the order of the file."""
    rows = tomllib.loads((files("processors.claims") / "data" / "modality.toml").read_text("utf-8"))["row"]
    return tuple(
        Wording(
            row["id"], Modality(row["means"]), re.compile(row["pattern"]), row.get("of", "words"), row["example"], row["counter"],
        )
        for row in rows
    )  # fmt: skip


@cache
def _sets() -> dict[str, PatternSet[Modality]]:
    """Return the patterns by the words that they are searched in."""
    rows = wordings()
    return {of: PatternSet((r.means, r.pattern.pattern) for r in rows if r.of == of) for of in {r.of for r in rows}}


def meanings(text: Mapping[str, str]) -> set[Modality]:
    """Return the modalities by the words of a clause, of its verb and of its attribution."""
    sets = _sets()
    return {means for of, words in text.items() if words for means in sets[of].found(words.casefold())}


def _has_no(tokens: list[Token], clause: Clause) -> bool:
    """Return whether a noun phrase is negated: "no civilian was hurt", "none of them came", "not all the bridges"."""
    subjects, objects = clause.subject(), [p for p in clause.right if not p.prep][:1]
    if any(tokens[p.first].low in NONE for p in (*subjects, *objects)):
        return True
    start = clause.first - 1 if clause.first and tokens[clause.first - 1].low == "not" else clause.first
    opening = [t.low for t in tokens[start : start + 2]]
    return opening[0] in NONE or (opening[0] == "not" and opening[-1] in ALL)


def _has_people(tokens: list[Token], clause: Clause, said: Attribution) -> bool:
    """Return whether the object of the cue is people, as in "dismissed 90 pilots", which denies no claim."""
    objects = [p for p in clause.right if not p.prep and not p.is_date][:1]
    return said.frame is clause and any(is_human(tokens[p.head].low) for p in objects)


def modality_of(tokens: list[Token], clause: Clause, said: Attribution, kind: EventType) -> Modality:
    """Return the modality of the proposition of a clause, not of its report."""
    verb = clause.verb
    found = meanings(
        {
            "words": " ".join(t.text for t in tokens[clause.first : clause.last + 1]),
            "verb": " ".join(t.text for t in tokens[verb.first : verb.last + 1]) if verb is not None else "",
            "cue": said.cue or "",
        }
    )
    modal = verb.modal if verb is not None else ""
    is_negated = verb is not None and (verb.is_negated or (verb.first > 0 and tokens[verb.first - 1].low in NEVER))
    if said.kind == "doubt" or Modality.UNCERTAIN in found:
        return Modality.UNCERTAIN
    if said.kind == "deny" and not _has_people(tokens, clause, said):
        return Modality.DENIED
    if modal in UNCERTAIN_MODALS and (not is_negated or modal in HEDGING):
        return Modality.UNCERTAIN
    if Modality.ASSERTED in found:
        return Modality.ASSERTED
    if is_negated and modal in REQUESTED_MODALS:
        return Modality.REQUESTED
    if is_negated and modal in PROMISING and verb is not None and tokens[verb.main].low not in BE:
        # "We will not sell the mill"
        return Modality.PLANNED
    if is_negated or _has_no(tokens, clause) or modal.startswith(NEGATING) or Modality.DENIED in found:
        return Modality.DENIED
    is_asked = kind == EventType.REQUEST and modal not in PLANNED
    if said.kind == "request" or modal in REQUESTED_MODALS or is_asked or Modality.REQUESTED in found:
        return Modality.REQUESTED
    is_unreal = modal == "would" and verb is not None and any(t.low == "have" for t in tokens[verb.first : verb.main])
    if is_unreal:
        return Modality.ASSERTED
    is_ahead = verb is not None and verb.is_infinitive and not any(t.tag in FINITE for t in tokens)
    is_planned = modal in PLANNED or modal.startswith(PLANNED_STEMS) or Modality.PLANNED in found
    return Modality.PLANNED if is_ahead or said.kind == "plan" or is_planned else Modality.ASSERTED
