"""Event type of a clause by additive weights of its words."""

import msgspec

from claimwire.records.vocabulary import EventType
from processors.claims.events.quantity_roles import BODIES, MONEY
from processors.claims.events.senses import meant
from processors.claims.lexicon import event_triggers, is_human, noun_class, trigger_index, units, word_list
from processors.claims.model import Clause, NounPhrase, Token
from processors.claims.syntax.tokenizer import VERBAL

ORDER = {kind: -place for place, kind in enumerate(EventType)}
MAIN_VERB, HEAD, ELSEWHERE = 1.5, 1.2, 0.7
SAVED_UP = frozenset("money deposit deposits savings cash funds".split())
GIVEN, VAGUE = 3.0, 1.0
COMBAT = frozenset("soldier fighter weapon tank armored_vehicle drone".split())


# Words, event type, weight, and whether they head the clause.
Weight = tuple[str, EventType, float, bool]


class Trigger(msgspec.Struct, frozen=True, gc=False):
    """Words that hint at an event type; `first`, `last` are token indexes."""

    first: int
    last: int
    form: str


def triggers_of(tokens: list[Token], first: int, last: int) -> list[Trigger]:
    """Return the event triggers of `tokens[first..last]` in order, the longest at each place."""
    found: list[Trigger] = []
    begin, starts = first, trigger_index()
    for index, token in enumerate(tokens[first : last + 1], first):
        if token.low not in starts or index < begin:
            continue
        for words in starts[token.low]:
            end = index + len(words)
            if end <= last + 1 and (len(words) == 1 or [t.low for t in tokens[index:end]] == [*words]):
                found.append(Trigger(index, end - 1, " ".join(words)))
                begin = end
                break
    return found


def event_scores(tokens: list[Token], clause: Clause, first: int, last: int) -> dict[EventType, float]:
    """Return the score of each event type by the words of `tokens[first..last]` that head a clause and decide its type.

    Heads are the verb, the heads of the noun phrases around it and phrases of several words.
    """
    return scored(tokens, clause, heads_of(trigger_weights(tokens, clause, first, last)))


def heads_of(weights: list[Weight]) -> list[Weight]:
    """Return the words that head the clause."""
    return [weight for weight in weights if weight[3]]


def scored(tokens: list[Token], clause: Clause, weights: list[Weight]) -> dict[EventType, float]:
    """Return the score of each event type by the weighted words of a clause and its dependents."""
    scores: dict[EventType, float] = {}
    for _, kind, weight, _ in weights:
        scores[kind] = scores.get(kind, 0.0) + weight
    cause = next((kind for kind in (EventType.DISASTER, EventType.HEALTH) if kind in scores), None)
    if cause is not None and EventType.ASSAULT in scores:
        # A flood that kills is a disaster, a fever an illness; "kill" alone implies no attacker.
        violent = [form for form, *_ in weights if _is_of(form, EventType.ASSAULT)]
        if all(f.startswith(("kill", "destr")) for f in violent):
            scores[cause] += scores.pop(EventType.ASSAULT)
    if EventType.CASUALTY in scores and _is_by_hazard(tokens, clause):
        scores[EventType.DISASTER] = scores.get(EventType.DISASTER, 0.0) + scores.pop(EventType.CASUALTY)
    _favour_objects(tokens, clause, scores)
    return scores


def _is_by_hazard(tokens: list[Token], clause: Clause) -> bool:
    """Return whether the subject is a disaster, as in "A fire injured nine"."""
    is_active = clause.verb is not None and not clause.verb.is_passive
    return is_active and any(
        _is_of(tokens[p.head].low, EventType.DISASTER) for p in clause.left if not p.prep and not p.is_date
    )


def _favour_objects(tokens: list[Token], clause: Clause, scores: dict[EventType, float]) -> None:
    """Adjust the scores by the objects: men and arms are captured in combat, money given to people is aid."""
    verb = clause.verb
    if verb is None:
        return
    bare = [p for p in clause.right if not p.prep]
    objects = {tokens[p.head].low for p in bare}
    if EventType.CONTROL in scores and any(units().get(w) in COMBAT for w in objects):
        scores[EventType.ASSAULT] = scores.get(EventType.ASSAULT, 0.0) + scores.pop(EventType.CONTROL)
    main = tokens[verb.main].low
    if (
        EventType.RETREAT in scores
        and main.startswith("withdr")
        and (objects & SAVED_UP or objects & noun_class("speech") or _are_money(tokens, bare))
    ):
        del scores[EventType.RETREAT]
    if (
        EventType.CONTROL in scores
        and main.startswith("advanc")
        and any(tokens[p.head].tag in ("NN", "NNS") for p in bare)
    ):
        del scores[EventType.CONTROL]
    if main in ("strike", "strikes", "struck") and bare and EventType.PROTEST in scores:
        scores[EventType.ASSAULT] = scores.get(EventType.ASSAULT, 0.0) + scores.pop(EventType.PROTEST)
    if any(tokens[p.head].low in BODIES for p in clause.left if not p.prep):
        scores[EventType.CASUALTY] = scores.get(EventType.CASUALTY, 0.0) + GIVEN
    gains = (p for p in clause.right if p.prep in ("to", "for") and is_human(tokens[p.head].low))
    if main in word_list("giving_verbs.txt") and any(gains) and _are_money(tokens, bare):
        scores[EventType.AID] = scores.get(EventType.AID, 0.0) + GIVEN


def _are_money(tokens: list[Token], phrases: list[NounPhrase]) -> bool:
    return any(t.tag == "$" or units().get(t.low) in MONEY for p in phrases for t in tokens[p.first : p.last + 1])


def trigger_weights(tokens: list[Token], clause: Clause, first: int, last: int) -> list[Weight]:
    """Return (words, event type, weight, is head) of each trigger; the verb weighs most, then the heads of phrases."""
    weights: list[Weight] = []
    triggers = triggers_of(tokens, first, last)
    if not triggers:
        return weights
    table, seen = event_triggers(), set()
    verb = clause.verb
    # In "released pictures of attacks" the release is not the event.
    shows = any(not p.prep and tokens[p.head].low in noun_class("imagery") for p in clause.right)
    phrases = (*clause.left, *clause.right)
    heads = {p.head for p in phrases if not p.prep}
    deciding = _deciding(tokens, clause)
    for trigger in triggers:
        if trigger.form in seen or _is_name(tokens, trigger):
            continue
        seen.add(trigger.form)
        is_verb = verb is not None and trigger.first <= verb.main <= trigger.last
        if is_verb and shows:
            continue
        is_phrase = trigger.first < trigger.last
        place = MAIN_VERB if is_verb else HEAD if is_phrase or trigger.first in heads else ELSEWHERE
        is_head = is_phrase or trigger.first in deciding
        use = "v" if tokens[trigger.first].tag in VERBAL else "n"
        for kind, weight in (*table.get(trigger.form, ()), *table.get(f"{trigger.form}/{use}", ())):
            sense = meant(trigger.form, kind, tokens, trigger.first, trigger.last)
            # A word in a sense that is no event counts only as a vague hint.
            counted = min(weight, VAGUE) if sense != kind and sense == EventType.SITUATION else weight
            weights.append((trigger.form, sense, counted * place, is_head))
    return weights


def _deciding(tokens: list[Token], clause: Clause) -> set[int]:
    """Return the tokens that decide the type: verb group, noun heads, and the participle of "41 houses destroyed"."""
    verb, phrases = clause.verb, (*clause.left, *clause.right)
    deciding = {p.head for p in phrases} | (set(range(verb.first, verb.main + 1)) if verb is not None else set())
    for phrase in phrases:
        if any(t.tag == "CD" for t in tokens[phrase.first : phrase.last + 1]):
            after = phrase.last + 1
            deciding.add(phrase.last)
            if after < len(tokens) and tokens[after].tag in ("VBN", "VBD"):
                deciding.add(after)
    return deciding


def _is_of(form: str, kind: EventType) -> bool:
    table = event_triggers()
    return any(k == kind for f in (form, f"{form}/v", f"{form}/n") for k, _ in table.get(f, ()))


def _is_name(tokens: list[Token], trigger: Trigger) -> bool:
    """Return whether a trigger is part of a name in mid-sentence: "Supreme Court", "Health Ministry"."""
    return (
        trigger.first > 0 and tokens[trigger.first].tag in ("NNP", "NNPS") and tokens[trigger.first].text[0].isupper()
    )


def event_type_of(scores: dict[EventType, float]) -> tuple[EventType, float]:
    """Return the best event type and its score; SITUATION without any trigger."""
    if not scores:
        return EventType.SITUATION, 0.0
    best = max(scores, key=lambda kind: (round(scores[kind], 6), ORDER[kind]))
    return best, scores[best]
