"""Claims as text for readers: one line each, the same on the page, in alerts, on the terminal and in feeds. Pure.

A line never says more than its claim: denials, plans, demands and unconfirmed claims are marked as such. It has no
names of the code; `claimwire.text.words` translates those.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from claimwire.records.alerts import Alert
from claimwire.records.base import Part, Time
from claimwire.records.claims import Quantity
from claimwire.records.sightings import Change, Sighting
from claimwire.records.vocabulary import (
    ChangedField,
    ChangeKind,
    Modality,
    Operator,
    QuantityRole,
    ReportReason,
    Verdict,
)
from claimwire.text.numbers import number_text
from claimwire.text.words import KINDS, NARRATOR, OPERATORS, REASONS, unit_words, words_of

WEEK = timedelta(days=7)
# Verbs of denial and retraction as they occur in cues; the rest of a cue is the content denied.
DENYING = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|reject(?:s|ed|ing)?|disput(?:e|es|ed|ing)|dismiss(?:es|ed|ing)?|refut(?:e|es|ed|ing)"
    r"|contradict(?:s|ed|ing)?|contest(?:s|ed|ing)?)\b",
    re.IGNORECASE,
)
# Beginning of a verb of denial: its third person (singular, plural).
DENIES = {
    "den": ("denies", "deny"), "reject": ("rejects", "reject"), "disput": ("disputes", "dispute"),
    "dismiss": ("dismisses", "dismiss"), "refut": ("rejects", "reject"), "contradict": ("contradicts", "contradict"),
    "contest": ("contests", "contest"),
}  # fmt: skip
TAKING_BACK = re.compile(
    r"\b(?:withdr(?:ew|aw|aws|awn|awing)|retract(?:s|ed|ing)?|recant(?:s|ed|ing)?|(?:took|takes?|taking|taken) back)\b",
    re.IGNORECASE,
)
ACCORDING = "according to"
PLURAL = re.compile(r"\b(?:[Pp]olice|people|[a-z]+[^s\W]s)$")
# Nouns for the content denied, which take no "that".
ALLEGED = re.compile(
    r"(?:(?:the|these|those|all|any|such|his|her|its|their)\s+)?(?:allegation|claim|accusation|charge|report|rumou?r|suggestion"
    r"|involvement|responsibility|wrongdoing|knowledge)",
    re.IGNORECASE,
)
# Words that show a claim's modality. A line without one would read as a plain fact and gets a prefix.
SHOWS: Mapping[Modality, re.Pattern[str]] = {
    Modality.DENIED: re.compile(
        rf"{DENYING.pattern}|{TAKING_BACK.pattern}|rul(?:e|es|ed|ing) out\b|n['’]t\b|\b(?:not?|never|none|nobody|nothing"
        r"|neither|nor|without|cannot|barely|hardly|scarcely|rarely"
        r"|refus\w+|declin\w+|fail(?:s|ed|ing)? to|false|untrue|baseless|unfounded|denials?)\b",
        re.IGNORECASE,
    ),
    Modality.PLANNED: re.compile(
        r"\b(?:will|won['’]t|would|shall|to|plan\w*|due|expect\w*|going|set|schedul\w+|intend\w*|propos\w+|promis\w+|pledg\w+|vow\w*"
        r"|prepar\w+|aim\w*|ready|tomorrow|upcoming|next|later|soon|until|postpon\w+|put off|delay\w*|call(?:s|ed)? off|cancel\w*"
        r"|announc\w+)\b|['’]ll\b",
        re.IGNORECASE,
    ),
    Modality.REQUESTED: re.compile(
        r"\b(?:demand\w*|ask\w*|call(?:s|ed|ing)? (?:for|on|upon)|urg\w+|order\w*|request\w*|want\w*|need\w*|should|must|requir\w+"
        r"|plea\w*|appeal\w*|let|insist\w*|press(?:es|ed|ing)?|seek\w*|sought|invit\w+|propos\w+|recommend\w*|petition\w*|instruct\w*)\b",
        re.IGNORECASE,
    ),
    Modality.UNCERTAIN: re.compile(
        r"\b(?:may|might|could|can|possibl[ey]|alleg\w+|report(?:s|ed|edly)|unclear|unconfirmed|likely|if|whether|suspect\w*"
        r"|perhaps|appear\w*|seem\w*|said to|believed|thought|estimat\w+|doubt\w*|rumou?r\w*|claim\w*|unknown|unverified"
        r"|confirm\w*|probabl[ey]|apparent\w*|unlikely|known?|evidence)\b",
        re.IGNORECASE,
    ),
}  # fmt: skip
PREFIXES: Mapping[Modality, str] = {
    Modality.DENIED: "Denied", Modality.PLANNED: "Expected", Modality.REQUESTED: "Demanded", Modality.UNCERTAIN: "Unconfirmed",
}  # fmt: skip
# Past tense: a clause with one of these gets no "Expected:", whatever its modality.
PAST = re.compile(r"\b(?:was|were|has|have|had|did|made|said|went|came|took|gave|saw|fell|rose|\w+ed)\b", re.IGNORECASE)
# Words with a capital letter only at the beginning of a sentence.
LOWERED = re.compile(
    r"(?:The|A|An|This|That|These|Those|There|It|Its|He|His|She|Her|They|Their|We|Our|You|Any|All|Some|Every|Each|Both|One|Two"
    r"|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Many|Most|More|In|On|At|By|For|From|After|Before|During|Police|Officials)\b"
)
# Roles whose word needs no noun for people: "9 dead".
OF_PEOPLE = frozenset({
    QuantityRole.KILLED, QuantityRole.INJURED, QuantityRole.CRITICAL, QuantityRole.MISSING, QuantityRole.DISPLACED,
    QuantityRole.INFECTED, QuantityRole.AFFECTED, QuantityRole.ARRESTED, QuantityRole.RELEASED, QuantityRole.CAPTURED,
    QuantityRole.PARTICIPATED, QuantityRole.SENTENCED, QuantityRole.DEPLOYED,
})  # fmt: skip
# Roles that add nothing to the counted noun.
BARE = frozenset({QuantityRole.OTHER, QuantityRole.CONTEXT, QuantityRole.DURATION, QuantityRole.VOTES})
AUXILIARY = "are|were|is|was|have|has|had|been|being|now|still|remain|remained|will|be|stay|stayed"
BEFALLEN = rf"\s+(?:(?:{AUXILIARY})\s+)*(\w+ed|shut|hit|cut|built|sold)\b"


class Shown(Part, frozen=True, kw_only=True):
    """Displayed fields of a claim or an alert, from a record or a document."""

    evidence: str
    source: str
    sentence: str = ""
    claimant: tuple[str, ...] = ()
    claimant_text: str = ""
    cue: str | None = None
    title: str | None = None
    story_title: str | None = None
    modality: Modality = Modality.ASSERTED
    verdict: Verdict | None = None
    changes: tuple[Change, ...] = ()
    published_at: Time | None = None
    first_seen_at: Time | None = None
    reported: bool = True
    reason: ReportReason | None = None


def shown(found: Sighting | Alert | Mapping[str, Any]) -> Shown:
    """Return the fields to display of a record or of a document of the store."""
    body: Mapping[str, Any]
    if isinstance(found, Mapping):
        body = found
    else:
        body = {name: getattr(found, name) for name in found.__struct_fields__}
        if isinstance(found, Sighting):
            body |= {name: getattr(found.claim, name) for name in ("claimant", "claimant_text", "cue", "modality")}
    return msgspec.convert({name: body[name] for name in Shown.__struct_fields__ if name in body}, Shown)


def claim_line(found: Shown) -> str:
    """Return the claim in one line in its own words, with denials, plans, demands and rumours marked as such."""
    words = _sentence_like(found.evidence.strip())
    if found.modality is Modality.DENIED and (denial := _denial(found, words)):
        return denial
    if found.verdict is Verdict.RETRACTION and (who := claimant_words(found)) and found.modality is Modality.ASSERTED:
        # An admission: the retracted statement was itself a denial.
        return f"{upper_first(who)} now {'say' if _is_plural(found) else 'says'}: {_inside(words)}"
    return f"{PREFIXES[found.modality]}: {words}" if _is_bare(found, words) else words


def _is_bare(found: Shown, words: str) -> bool:
    """Return whether the words alone would read as a plain fact although the claim is none."""
    shows = SHOWS.get(found.modality)
    if shows is None or shows.search(words):
        return False
    if found.modality is Modality.PLANNED:
        return not PAST.search(words)
    # The wording is a demand only if the cue is one.
    return found.modality is not Modality.REQUESTED or bool(found.cue and shows.search(found.cue))


def is_reworded(found: Shown) -> bool:
    """Return whether the line differs from the claim's own words."""
    return claim_line(found).casefold() != found.evidence.strip().casefold()


def _sentence_like(words: str) -> str:
    """Capitalise the first letter, unless the first word is a name with a capital inside ("iPhone")."""
    first = words.split(" ", 1)[0]
    return upper_first(words) if first.islower() else words


def _inside(words: str) -> str:
    """Lower the first letter if it is a capital only because it begins a sentence."""
    return words[:1].lower() + words[1:] if LOWERED.match(words) else words


def _denial(found: Shown, words: str) -> str:
    """Return "Petrov denies that strikers were beaten" if the words are only the content denied, else ""."""
    cue, who = found.cue or "", claimant_words(found)
    if not who or not cue or re.search(rf"\b{re.escape(cue)}\b", words, re.IGNORECASE):
        return ""
    if TAKING_BACK.fullmatch(cue):
        one, several = "takes back", "take back"
    elif DENYING.fullmatch(cue):
        one, several = next(verbs for stem, verbs in DENIES.items() if cue.casefold().startswith(stem))
    else:
        return ""
    verb = several if _is_plural(found) else one
    what = _inside(words) if found.evidence[:1].isupper() else found.evidence.strip()
    return f"{upper_first(who)} {verb}{_joint(found, verb)} {what}"


def _joint(found: Shown, verb: str) -> str:
    """Return " that" for a clause or after a bare "deny", else a colon: "rejects: the plan to close"."""
    before = found.sentence.partition(found.evidence)[0].rstrip() if found.evidence in found.sentence else ""
    is_said = verb.startswith("den") and before.endswith(found.cue or "that") and not ALLEGED.match(found.evidence)
    is_clause = before.endswith("that") or is_said
    return " that" if is_clause or not before else ":"


def _is_plural(found: Shown) -> bool:
    return len(found.claimant) > 1 or bool(PLURAL.search(claimant_words(found)))


def claimant_words(found: Shown) -> str:
    """Return the claimant in the words of the text; empty if the outlet itself is the claimant."""
    if NARRATOR in found.claimant:
        return ""
    return found.claimant_text or " and ".join(found.claimant)


def who_says(found: Shown) -> str:
    """Return claimant, cue and outlet, "interior ministry (said) · Harbour Post", or the outlet alone."""
    who = speaker_words(found)
    said = f"{who} ({found.cue})" if who and found.cue and found.cue != ACCORDING else who
    return f"{said} · {found.source}" if said else found.source


def speaker_words(found: Shown) -> str:
    """Return `claimant_words`, or "speaker not known" if the text does not name the claimant clearly."""
    is_unknown = found.verdict is not None and not found.claimant
    return "speaker not known" if is_unknown else claimant_words(found)


def story_words(found: Shown) -> str:
    """Return the story's title, else the article's."""
    return found.story_title or found.title or "Without a title"


def mark_of(found: Shown) -> str:
    """Return the verdict in one or two words: "New", "Update", "Disputed", "Took back", "Called off"."""
    if found.verdict is None:
        return "Article"
    is_called_off = any(change.kind is ChangeKind.CALLED_OFF for change in found.changes)
    return upper_first(KINDS[ChangeKind.CALLED_OFF] if is_called_off else words_of(found.verdict))


def why(found: Shown) -> str:
    """Explain the verdict in one sentence: the changes, or why the claim is new or a repeat."""
    if found.changes:
        return "; ".join(change_text(change, found) for change in found.changes)
    if found.verdict is Verdict.REPEAT:
        return "said before in this story"
    return "not said before in this story"


def reason_words(found: Shown) -> str:
    """Return the reason for which a claim is not reported; empty if it is reported."""
    return "" if found.reported or found.reason is None else REASONS.get(found.reason) or words_of(found.reason)


def change_text(change: Change, found: Shown) -> str:
    """Return a change in one line, like "Dead 9 → 11, interior ministry (was: fire brigade, Monday)"."""
    match change.field, change.kind:
        case ChangedField.QUANTITY, ChangeKind.DISPUTE:
            new, old = _values(change)
            return f"{_subject(change, found)} {new}{_by(found)} ({_before(change, found)}: {old})".lstrip()
        case ChangedField.QUANTITY, _:
            new, old = _values(change)
            return f"{_subject(change, found)} {old} → {new}{_by(found)} (was: {_before(change, found)})".lstrip()
        case ChangedField.PLAN, ChangeKind.CALLED_OFF:
            moved = f"Put off until {_date(change.new)}" if change.new else "Called off"
            return f"{moved} (planned{f' for {_date(change.old)}' if change.old else ''}: {_before(change, found)})"
        case ChangedField.PLAN, _:
            return f"Has now happened (planned: {_before(change, found)})"
        case _, ChangeKind.DISPUTE:
            return f"Disputes what was said by {_before(change, found)}"
        case _, ChangeKind.RETRACTION:
            return f"Takes back what was said by {_before(change, found)}"
    return "Changed"


def _values(change: Change) -> tuple[str, str]:
    """Return the new and the old value; percentages with their sign."""
    sign = "%" if change.unit == "percent" else ""
    return f"{change.new}{sign}", f"{change.old}{sign}"


def count_words(role: QuantityRole, unit: str, evidence: str = "") -> str:
    """Return the noun that a number counts: "Dead", "Amount in euros", "Schools closed" (a verb of `evidence`)."""
    noun = unit_words(unit, is_money=role is QuantityRole.MONEY)
    if role is QuantityRole.MONEY:
        return f"Amount in {noun}"
    if unit == "percent":
        return "" if role in BARE - {QuantityRole.VOTES} else upper_first(words_of(role))
    if role in BARE:
        befell = re.search(rf"\b{re.escape(noun)}{BEFALLEN}", evidence, re.IGNORECASE) if noun else None
        return upper_first(f"{noun} {befell[1].lower()}" if befell else noun or words_of(role))
    if not noun or (unit == "person" and role in OF_PEOPLE):
        return upper_first(words_of(role))
    return upper_first(noun if unit == "case" else f"{noun} {words_of(role)}")


def _subject(change: Change, found: Shown) -> str:
    return count_words(change.role or QuantityRole.OTHER, change.unit or "", found.evidence)


def _by(found: Shown) -> str:
    who = claimant_words(found)
    return f", {who}" if who else ""


def _before(change: Change, found: Shown) -> str:
    """Return claimant and day of the old value, as far as they are known."""
    is_outlet = not change.old_claimant or NARRATOR in change.old_claimant
    who = change.old_source if is_outlet else change.old_claimant_text or " and ".join(change.old_claimant)
    is_inside = change.old_article is not None and change.old_article == change.new_article
    when = "in the same article" if is_inside else _day(change.old_at, found.published_at)
    return ", ".join(filter(None, (who or "an earlier report", when)))


def _day(at: datetime | None, now: datetime | None) -> str:
    """Return a day relative to `now`: the time on the same day, the weekday within a week, else the date."""
    if at is None:
        return ""
    at = at.astimezone(UTC)
    if now is not None and at.date() == now.astimezone(UTC).date():
        # Midnight stands for a source that gives no time of day.
        return f"{at:%H:%M} UTC" if at.time() > time.min else "the same day"
    is_near = now is not None and timedelta(0) <= now.date() - at.date() < WEEK
    return f"{at:%A}" if is_near else f"{at.day} {at:%B %Y}"


def _date(text: str) -> str:
    """Return an ISO 8601 date as "3 May 2026"; any other text unchanged."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"


def number_range(op: Operator, value: float, value_max: float | None) -> str:
    """Return a number with its operator: "at least 60", "50–60"."""
    end = f"–{number_text(value_max)}" if value_max is not None else ""
    return f"{OPERATORS.get(op, '')}{number_text(value)}{end}"


def quantity_text(quantity: Quantity) -> str:
    """Return a number with its noun and role: "at least 9 dead", "3 houses destroyed", "2,500,000 euros"."""
    number = number_range(quantity.op, quantity.value, quantity.value_max)
    role = "" if quantity.role in BARE or quantity.role is QuantityRole.MONEY else f" {words_of(quantity.role)}"
    if quantity.unit == "percent":
        return f"{number}%{role}"
    noun = unit_words(quantity.unit, quantity.value, is_money=quantity.role is QuantityRole.MONEY)
    if quantity.unit == "person" and quantity.role in OF_PEOPLE:
        return f"{number}{role}"
    return f"{number} {noun}{role}".rstrip()


def upper_first(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]
