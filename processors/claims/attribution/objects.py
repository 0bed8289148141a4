"""Objects of reporting verbs: "announced the arrests" reports an event, "reported a profit" does not."""

from collections.abc import Sequence

from processors.claims.lexicon import noun_class, word_list
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.entities import entities_of
from processors.claims.model import COUNTRY, GROUP, INFINITIVE, ORGAN, PERSON, Clause, Token

RETRACTS = frozenset("withdrew withdraw withdraws withdrawn withdrawing retracted retracts retract retracting".split())
PROMISES = ("vow", "promis", "pledg")


def spoken_act(tokens: list[Token], clause: Clause) -> tuple[str, str] | None:
    """Return verb and kind of an act of speech: the promise in "vowed to appeal", the denial in "withdrew its statement"."""
    assert clause.verb is not None
    promise, form = clause.verb.modal.removesuffix("_to"), tokens[clause.verb.main].low
    if promise.startswith(PROMISES):
        return promise, "plan"
    objects = {tokens[p.head].low for p in clause.right if not p.prep}
    return (form, "deny") if form in RETRACTS and objects & noun_class("speech") else None


def is_no_report(tokens: list[Token], clause: Clause, form: str) -> bool:
    """Return whether a cue says nothing: "ordered 12 ships", "characterised the moon" without "as"."""
    if form.startswith(("characteri", "portray")):
        return all(p.prep != "as" for p in clause.right)
    objects = [p for p in clause.right if not p.prep]
    return form.startswith("order") and any(t.tag == "CD" for p in objects for t in tokens[p.first : p.last + 1])


def calls_for(clause: Clause, clauses: Sequence[Clause]) -> bool:
    """Return whether "call" is a request: "called, during the meeting, on both sides to"; not "called it bad"."""
    assert clause.verb is not None
    if any(not p.prep and not p.is_date and p.first == clause.verb.last + 1 for p in clause.right):
        return False
    return any(p.prep in ("on", "upon", "for") for p in clause.right) or any(
        c.parent is clause and c.kind == INFINITIVE for c in clauses
    )


def reports_its_object(tokens: list[Token], clause: Clause, low: str, context: Context) -> bool:
    """Return whether the object is the reported event, as in "announced the arrests"."""
    warned = low.startswith("warn")
    objects = [p for p in clause.right if (not p.prep or (warned and p.prep == "of")) and not p.is_date]
    assert clause.verb is not None
    if not objects or (clause.verb.is_negated and not clause.verb.modal):
        return False
    told = tokens[objects[0].head].low
    is_document = any(tokens[p.head].low in noun_class("document") for p in clause.subject())
    is_counted = any(t.tag == "CD" for t in tokens[objects[0].first : objects[0].last])
    is_seen = low.startswith("show") and any(tokens[p.head].low in noun_class("imagery") for p in clause.subject())
    is_reported = low.startswith("report") and not any(t.tag == "$" for t in tokens[clause.verb.last : clause.last + 1])
    is_told = is_seen or is_reported or told in noun_class("imagery") or (is_counted and is_document)
    if low in word_list("weak_cues.txt") and not is_told:
        return False
    entities = entities_of(tokens, clause.subject(), context)
    kinds = (PERSON, ORGAN, COUNTRY, GROUP)
    return is_document or any(e.kind in kinds for e in entities)
