"""Display words for vocabularies, fields and units, as readers see them."""

import re
from collections.abc import Mapping

from claimwire.records.vocabulary import (
    UNKNOWN,
    ChangedField,
    ChangeKind,
    EventType,
    Modality,
    Operator,
    OutcomeState,
    QuantityRole,
    RejectReason,
    ReportReason,
    Severity,
    Verdict,
    Vocabulary,
)

# Claimant of claims that the outlet makes itself.
NARRATOR = "narrator"
Words = Mapping[str, str]
ROLES: Words = {
    QuantityRole.KILLED: "dead", QuantityRole.INJURED: "injured", QuantityRole.CRITICAL: "in critical condition",
    QuantityRole.MISSING: "missing", QuantityRole.DISPLACED: "forced from home", QuantityRole.INFECTED: "infected",
    QuantityRole.AFFECTED: "affected", QuantityRole.ARRESTED: "arrested", QuantityRole.RELEASED: "released",
    QuantityRole.SENTENCED: "sentenced", QuantityRole.DESTROYED: "destroyed", QuantityRole.DAMAGED: "damaged",
    QuantityRole.CAPTURED: "captured", QuantityRole.LOST: "lost", QuantityRole.DEPLOYED: "sent",
    QuantityRole.DELIVERED: "delivered", QuantityRole.VOTES: "votes", QuantityRole.TURNOUT: "turnout",
    QuantityRole.PARTICIPATED: "taking part", QuantityRole.MONEY: "amount", QuantityRole.OTHER: "number",
    QuantityRole.CONTEXT: "for scale", QuantityRole.DURATION: "length of time",
}  # fmt: skip
EVENTS: Words = {
    EventType.AGREE: "agreements", EventType.CONSULT: "talks and visits", EventType.SUPPORT: "support",
    EventType.CONCEDE: "concessions", EventType.COOPERATE: "cooperation", EventType.AID: "aid",
    EventType.RETREAT: "withdrawals and releases", EventType.REQUEST: "demands and appeals",
    EventType.ACCUSE: "accusations", EventType.REJECT: "refusals", EventType.THREATEN: "threats",
    EventType.PROTEST: "protests and strikes", EventType.SANCTION: "sanctions", EventType.MOBILIZE: "troop movements",
    EventType.COERCE: "arrests and restrictions", EventType.ASSAULT: "violence", EventType.CASUALTY: "casualties",
    EventType.DAMAGE: "damage", EventType.CONTROL: "control of territory", EventType.DISASTER: "disasters and accidents",
    EventType.HEALTH: "health", EventType.LEGAL: "courts and law", EventType.ELECTION: "elections",
    EventType.SITUATION: "how things stand", EventType.STATEMENT: "remarks",
}  # fmt: skip
MODALITIES: Words = {
    Modality.ASSERTED: "stated", Modality.DENIED: "denied", Modality.PLANNED: "planned",
    Modality.REQUESTED: "demanded", Modality.UNCERTAIN: "unconfirmed",
}  # fmt: skip
VERDICTS: Words = {
    Verdict.NEW: "new", Verdict.REPEAT: "said before", Verdict.UPDATE: "update", Verdict.CONTRADICTION: "disputed",
    Verdict.RETRACTION: "took back",
}  # fmt: skip
KINDS: Words = {
    ChangeKind.UPDATE: "update", ChangeKind.DISPUTE: "disputed", ChangeKind.RETRACTION: "took back",
    ChangeKind.CALLED_OFF: "called off",
}  # fmt: skip
CHANGED: Words = {
    ChangedField.QUANTITY: "a number", ChangedField.PLAN: "a plan", ChangedField.STATEMENT: "a statement",
    ChangedField.MODALITY: "how it is put", ChangedField.EVENT_DATE: "a date",
}  # fmt: skip
REASONS: Words = {
    ReportReason.LEAD: "in the headline or first paragraph", ReportReason.FACT: "a fact further down",
    ReportReason.CHANGE: "changes what was known", ReportReason.DISPUTE: "disputes what was said",
    ReportReason.RETRACTION: "takes back what was said", ReportReason.REPEAT: "said before",
    ReportReason.DETAIL: "a detail of what is already reported", ReportReason.BACKGROUND: "background",
    ReportReason.COLOUR: "atmosphere", ReportReason.OPINION: "opinion", ReportReason.NOT_NEWS: "the page is not a news report",
    ReportReason.FRAGMENT: "a piece of a sentence", ReportReason.UNSURE: "probably not worth reporting",
}  # fmt: skip
SEVERITIES: Words = {Severity.LOW: "low", Severity.NORMAL: "normal", Severity.HIGH: "high"}
OPERATORS: Words = {
    Operator.EQ: "", Operator.MIN: "at least ", Operator.MAX: "up to ", Operator.APPROX: "about ", Operator.RANGE: "",
}  # fmt: skip
OUTCOMES: Words = {
    OutcomeState.OPENED: "in progress", OutcomeState.INDEXED: "stored", OutcomeState.DUPLICATE: "duplicate",
    OutcomeState.SAME_TEXT: "fetched again, unchanged",
    OutcomeState.REJECTED: "rejected", OutcomeState.DEAD_LETTERED: "failed", OutcomeState.FORGOTTEN: "forgotten",
    OutcomeState.MAYBE_LOST: "may have been missed",
}  # fmt: skip
REJECTIONS: Words = {
    RejectReason.TOO_SHORT: "too short", RejectReason.TOO_LARGE: "too large", RejectReason.NOT_HTML: "not a web page",
    RejectReason.HOSTILE_MARKUP: "markup that would overload the parser", RejectReason.NO_TEXT: "no text",
    RejectReason.BOT_CHECK: "the site asks for proof of a human reader", RejectReason.CONSENT_WALL: "a consent page",
    RejectReason.GONE: "the page is gone", RejectReason.BLOCKED_ADDRESS: "an address that may not be fetched",
    RejectReason.ROBOTS: "the site's robots.txt forbids it", RejectReason.UNREACHABLE: "the site did not answer",
    RejectReason.TIMED_OUT: "took too long", RejectReason.FORGOTTEN: "forgotten on request", RejectReason.EXPIRED: "too old",
}  # fmt: skip
TABLES: Mapping[type[Vocabulary], Words] = {
    QuantityRole: ROLES, EventType: EVENTS, Modality: MODALITIES, Verdict: VERDICTS, ChangeKind: KINDS, ChangedField: CHANGED,
    ReportReason: REASONS, Severity: SEVERITIES, Operator: OPERATORS, OutcomeState: OUTCOMES, RejectReason: REJECTIONS,
}  # fmt: skip
# Fields by their name in records, filters and URLs.
FIELDS: Mapping[str, str] = {
    "article_id": "article", "claimant": "who says it", "claimants": "who says it", "cluster_id": "the same claim",
    "event_type": "kind of event", "language": "language", "modality": "how it is put", "outcome": "outcome", "places": "place",
    "q": "words", "reason": "reason", "rule": "rule", "severity": "severity", "since": "since", "source": "outlet",
    "sources": "outlet", "stage": "step", "state": "outcome", "status": "status", "story_id": "story", "topic": "topic",
    "verdict": "what is new",
}  # fmt: skip
OF_FIELD: Mapping[str, Mapping[str, str]] = {
    "event_type": EVENTS, "modality": MODALITIES, "verdict": VERDICTS, "reason": REASONS, "severity": SEVERITIES,
    "outcome": OUTCOMES, "rejection": REJECTIONS, "quantity.role": ROLES, "change.role": ROLES, "change.field": CHANGED,
}  # fmt: skip
# Units with an irregular plural or an abbreviated name in records: (singular, plural).
UNITS: Mapping[str, tuple[str, str]] = {
    "person": ("person", "people"), "aircraft": ("aircraft", "aircraft"), "percent": ("percent", "percent"),
    "armored_vehicle": ("armoured vehicle", "armoured vehicles"), "city": ("town", "towns"),
    "degree": ("degree", "degrees"), "kilometre": ("km", "km"), "metre": ("metre", "metres"),
    "usd": ("dollar", "dollars"), "eur": ("euro", "euros"), "gbp": ("pound", "pounds"), "yuan": ("yuan", "yuan"),
    "yen": ("yen", "yen"), "baht": ("baht", "baht"), "won": ("won", "won"), "rand": ("rand", "rand"),
    "naira": ("naira", "naira"), "krona": ("krona", "kronor"), "zloty": ("zloty", "zloty"), "real": ("real", "reais"),
    "tenge": ("tenge", "tenge"), "lari": ("lari", "lari"), "hryvnia": ("hryvnia", "hryvnia"),
    "guarani": ("guarani", "guaranies"), "child": ("child", "children"), "man": ("man", "men"), "woman": ("woman", "women"),
}  # fmt: skip
CURRENCY_CODE = re.compile(r"[a-z]{3}")


def words_of(word: Vocabulary) -> str:
    """Return the display words of a vocabulary's word; an unknown one unchanged, with spaces for underscores."""
    found = TABLES[type(word)].get(word)
    return str(word.value).replace("_", " ").casefold() if found is None else found


def field_words(name: str) -> str:
    """Return the display words of a field."""
    return FIELDS.get(name, name.replace("_", " "))


def value_words(name: str, value: str) -> str:
    """Return the display words of a field's value: plain words if the field has a vocabulary, else the value."""
    if name in ("claimant", "claimants") and value == NARRATOR:
        return "the outlet itself"
    table = OF_FIELD.get(name)
    return value if table is None else table.get(value, value.replace("_", " ").casefold())


def unit_words(unit: str, value: float = 2, *, is_money: bool = False) -> str:
    """Return the name of a unit with a number: "1 person", "2 people", "3 euros"."""
    one, several = UNITS.get(unit) or (unit.replace("_", " "), _plural(unit.replace("_", " ")))
    if is_money and unit not in UNITS and CURRENCY_CODE.fullmatch(unit):
        return unit.upper()
    return one if value == 1 else several


def _plural(noun: str) -> str:
    if not noun or noun == UNKNOWN or noun.endswith(("%", "$", "s")):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("x", "ch", "sh", "z")) else f"{noun}s"
