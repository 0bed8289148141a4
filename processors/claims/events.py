"""Event type of a clause by additive weights, and its modality."""

import re
from dataclasses import dataclass

from processors.claims.lexicon import event_triggers, trigger_pattern

EVENT_TYPES = (
    "AGREE", "CONSULT", "SUPPORT", "CONCEDE", "COOPERATE", "AID", "RETREAT", "REQUEST", "ACCUSE", "REJECT", "THREATEN",
    "PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT", "CASUALTY", "DAMAGE", "CONTROL", "DISASTER", "HEALTH",
    "LEGAL", "ELECTION", "SITUATION", "STATEMENT",
)  # fmt: skip
DENIED = re.compile(
    r"\b(?:failed to|has not|have not|had not|did not|does not|do not|was not|were not|is not|are not|never|no longer|denie[sd]|denying|"
    r"rejected (?:the )?(?:claims?|allegations?|reports?|accusations?)|baseless|unfounded|none of|without any)\b|n[’']t\b",
    re.IGNORECASE,
)
PLANNED = re.compile(
    r"\b(?:will|would|shall|is to|are to|due to|(?:is|are|was|were) expected to|(?:is|are) scheduled|scheduled (?:for|to)|plans? to|planned (?:for|to)|planning to|"
    r"intends? to|preparing to|promised|pledged|vow(?:s|ed)|going to|is set to|are set to|working (?:on|to)|upcoming)\b",
    re.IGNORECASE,
)
REQUESTED = re.compile(
    r"\b(?:call(?:s|ed|ing)?(?:, during [^,]{3,40},| during .{3,30})? (?:on|for|upon)|urge[sd]?|urging|demand(?:s|ed|ing)?|asked (?:for|to)|appeal(?:s|ed) (?:to|for)|"
    r"should|need for|must|request(?:s|ed)|wish(?:es|ed)|hope[sd]? (?:that|for|to)|plead(?:s|ed)|want(?:s|ed)? .{2,30} to)\b",
    re.IGNORECASE,
)
UNCERTAIN = re.compile(
    r"\b(?:unclear|not clear|may|might|could|possibly|reportedly|believed to|allegedly|did not confirm|unconfirmed|"
    r"it is not known|not immediately|likely)\b",
    re.IGNORECASE,
)
AGENTLESS = re.compile(
    r"\b(?:(?:were|was|been|being|are|is|at least .{1,30}) (?:\w+ly )?(?:killed|wounded|injured)|(?:have|has) (?:died|perished)|died|deaths? of|death toll|losses|killed in)\b",
    re.IGNORECASE,
)
BY_AGENT = re.compile(r"\b(?:killed|wounded|injured|shot|struck)\b.{0,40}\bby\b", re.IGNORECASE)
MATERIEL = re.compile(
    r"\b(?:captur\w+|seiz\w+)\b.{0,40}\b(?:tanks?|vehicles?|weapons?|equipment|ammunition|drones?|others|rifles?|combatants?|soldiers?|fighters?)\b"
    r"|\b(?:vehicles?|equipment|ammunition|weapons?)\b.{0,60}\bseized\b",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|heavy|great)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Trigger:
    """A word that hints at an event type, and where it stands."""

    start: int
    end: int
    form: str


def triggers_of(text: str) -> list[Trigger]:
    """The event triggers of a clause, in order."""
    return [Trigger(m.start(), m.end(), m.group(1).casefold()) for m in trigger_pattern().finditer(text)]


def event_scores(text: str, triggers: list[Trigger]) -> dict[str, float]:
    """Score of each event type; an early trigger counts more, a repeated form once."""
    scores: dict[str, float] = {}
    table = event_triggers()
    for index, form in enumerate(dict.fromkeys(t.form for t in triggers)):
        for kind, weight in table[form]:
            scores[kind] = scores.get(kind, 0.0) + weight * (1.0 if index < 2 else 0.6)
    if AGENTLESS.search(text) and COUNTED.search(text) and not BY_AGENT.search(text):
        scores["CASUALTY"] = scores.get("CASUALTY", 0.0) + 3.0
    if MATERIEL.search(text):
        scores["ASSAULT"] = scores.get("ASSAULT", 0.0) + scores.pop("CONTROL", 2.0) + 0.5
    return scores


def event_type_of(text: str, triggers: list[Trigger]) -> tuple[str, float]:
    """The best event type and its score; STATEMENT where nothing hints at any."""
    scores = event_scores(text, triggers)
    if not scores:
        return "STATEMENT", 0.0
    best = max(scores, key=lambda kind: (scores[kind], -EVENT_TYPES.index(kind)))
    return best, scores[best]


def modality_of(content: str, cue_kind: str | None, event_type: str) -> str:
    """asserted, denied, planned, requested or uncertain, of what is claimed (not of the claiming)."""
    if UNCERTAIN.search(content[:160]):
        return "uncertain"
    if cue_kind == "deny" or DENIED.search(content):
        return "denied"
    if cue_kind == "request" or (event_type == "REQUEST" and REQUESTED.search(content)):
        return "requested"
    if cue_kind == "plan" or PLANNED.search(content):
        return "planned"
    if REQUESTED.search(content):
        return "requested"
    return "asserted"
