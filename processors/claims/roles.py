"""Actor and target of a clause: active, passive with "by", nominal ("attacks on X by Y"), coordination."""

import re

from processors.claims.events import Trigger
from processors.claims.names import Mention

PASSIVE_BEFORE = re.compile(r"\b(?:is|are|was|were|be|been|being|got)\s+(?:\w+ly\s+)?$", re.IGNORECASE)
NOMINAL = re.compile(
    r"^(?:attacks?|strikes?|air ?strikes?|shelling|bombing|bombardment|raids?|targeting|destruction|capture|advance|"
    r"visit|meeting|talks|arrest|killing|release|withdrawal|occupation|support|aid)$"
)
STOP = re.compile(r"[,;:–—]|\b(?:because|after|before|while|when|that|which|who|in order|despite|if)\b", re.IGNORECASE)
COORDINATED = re.compile(
    r"^\s*(?:,|and|or|,\s*and|between|with|the|both|–)?\s*(?:and\s)?(?:the\s|both\s)?$", re.IGNORECASE
)
WITH_PARTNER = frozenset({"CONSULT", "AGREE", "COOPERATE", "RETREAT"})
IMPERSONAL = frozenset({"CASUALTY", "DISASTER", "DAMAGE", "SITUATION", "HEALTH"})

Roles = tuple[tuple[str, ...], tuple[str, ...]]


def roles_of(
    text: str,
    event_type: str,
    triggers: list[Trigger],
    mentions: list[Mention],
    claimant: tuple[str, ...],
    kind: str | None,
) -> Roles:
    """(actor, target); () where the clause names none."""
    agents = [m for m in mentions if m.kind != "place"]
    trigger = _main(triggers, event_type)
    if trigger is None:
        return (), _coordinated(text, agents[:1], agents)
    before = [m for m in agents if m.end <= trigger.start]
    after = [m for m in agents if m.start >= trigger.end]
    by = next((m for m in after if re.search(r"\bby\s(?:the\s)?$", text[max(0, m.start - 8) : m.start])), None)
    if PASSIVE_BEFORE.search(text[max(0, trigger.start - 24) : trigger.start]):
        return ((by.name,) if by else ()), _group(text, before[-1:] or [m for m in after if m is not by][:1])
    if NOMINAL.match(trigger.form) or (not before and by):
        return _nominal(text, before, after, by)
    if event_type in IMPERSONAL:
        return (), _group(text, (before + after)[:1])
    actor = _subject(text, before, trigger)
    if not actor and kind in ("request", "plan", "deny"):
        actor = claimant
    follow = [m for m in after if not STOP.search(text[trigger.end : m.start])] or (
        after[:1] if event_type in WITH_PARTNER else []
    )
    return actor, _coordinated(text, follow, after)


def _main(triggers: list[Trigger], event_type: str) -> Trigger | None:
    from processors.claims.lexicon import event_triggers

    table = event_triggers()
    own = [t for t in triggers if any(kind == event_type for kind, _ in table[t.form])]
    return next((t for t in own if not NOMINAL.match(t.form)), None) or (own[0] if own else None)


def _nominal(text: str, before: list[Mention], after: list[Mention], by: Mention | None) -> Roles:
    target = next(
        (
            m
            for m in after
            if m is not by
            and re.search(r"\b(?:on|of|against|at|with)\s[^,]{0,40}$", text[max(0, m.start - 48) : m.start])
        ),
        None,
    )
    if by:
        return (by.name,), ((target.name,) if target else ())
    return _group(text, before[-1:]), ((target.name,) if target else ())


def _subject(text: str, before: list[Mention], trigger: Trigger) -> tuple[str, ...]:
    """The subject of an active verb: the coordination that begins nearest the clause's start of the verb's stretch."""
    stretch = 0
    for stop in re.finditer(r"[;:–—]|,\s(?:and|but|while)\b", text[: trigger.start]):
        stretch = stop.end()
    near = [m for m in before if m.start >= stretch] or before
    free = [
        m
        for m in near
        if not re.search(
            r"\b(?:in|of|from|to|with|by|on|for|against|near|at|between)\s(?:the\s)?$",
            text[max(0, m.start - 12) : m.start],
        )
    ]
    return _coordinated(text, free[:1] or near[:1], near)


def _coordinated(text: str, first: list[Mention], all_: list[Mention]) -> tuple[str, ...]:
    if not first:
        return ()
    names = [first[0]]
    for mention in all_:
        if mention.start >= names[-1].end and COORDINATED.match(text[names[-1].end : mention.start]):
            names.append(mention)
    return tuple(dict.fromkeys(m.name for m in names[:3]))


def _group(text: str, found: list[Mention]) -> tuple[str, ...]:
    return tuple(m.name for m in found)
