"""Names beside a claimant: in apposition, between commas before the verb, and authors of a document."""

from collections.abc import Iterator

from processors.claims.lexicon import is_human, listed, noun_class
from processors.claims.mentions.discourse import SPEAKERS, Context
from processors.claims.mentions.entities import entity_of
from processors.claims.mentions.names import REPORTED_IN
from processors.claims.model import CONTENT, ORGAN, PERSON, Clause, Entity, NounPhrase, Token
from processors.claims.syntax.drafts import frozen, thawed
from processors.claims.syntax.tokenizer import BE

MADE = listed("made")
# Documents whose "of" names the author and not the topic.
OWN = listed("own_documents")
TAKEN = listed("counts_taken")


def lead_of(tokens: list[Token], phrase: NounPhrase) -> int:
    """Return the number of words of "according to", "in agreement with" (a report) or "by" (a count) before a phrase."""
    first, head = phrase.first, tokens[phrase.head].low
    before = [t.low for t in tokens[max(0, first - 3) : first]]
    if before[-2:] == ["according", "to"]:
        return 2
    if before == ["in", "agreement", "with"] and head in noun_class("document"):
        return 3
    is_apart = phrase.prep in ("by", "from") and (first == 1 or tokens[first - 2].tag == ",")
    return int(is_apart and head in TAKEN)


def accorded(
    tokens: list[Token], phrase: NounPhrase, clause: Clause, author: list[NounPhrase], context: Context
) -> tuple[list[NounPhrase], int]:
    """Return the "Ana Lima" of "according to the mayor of Porto, Ana Lima, ...", and the last token of it all."""
    last = _reach(tokens, phrase, clause)
    end = max(last, *(p.last for p in (phrase, *author)))
    after = next((p for p in (*clause.left, *clause.right) if p.first == last + 2), None)
    if after is None or tokens[after.first - 1].tag != ",":
        return [], end
    stop = tokens[after.last + 1].tag if after.last + 1 < len(tokens) else "."
    entity = entity_of(tokens, after, context)
    is_name = stop in (",", ".") and entity is not None and entity.kind == PERSON
    return ([after], max(end, after.last)) if is_name else ([], end)


def _reach(tokens: list[Token], phrase: NounPhrase, clause: Clause) -> int:
    """Return the last token of "the head of the agency", and of "a volunteer on the pier" before a comma."""
    last = every = phrase.last
    for after in (*clause.left, *clause.right):
        if after.first == every + 2 and after.prep:
            every = after.last
            last = every if after.prep == "of" and after.first == last + 2 else last
    return every if tokens[every + 1 : every + 2] != [] and tokens[every + 1].tag == "," else last


def name_beside(tokens: list[Token], clause: Clause, clauses: list[Clause], context: Context) -> list[NounPhrase]:
    """Return the name between commas beside a subject: "the firm that owns it, Altan, says"."""
    subject = clause.subject()
    if len(subject) != 1 or clause.verb is None or tokens[subject[0].head].tag in ("NNP", "NNPS", "PRP"):
        return []
    if clause.is_inverted:
        found = next((p for p in clause.right if p.first > subject[0].last and not p.prep), None)
    else:
        found = next((p for p in _phrases(clauses) if p.last == clause.verb.first - 2), None)
    if found is None or found is subject[0] or tokens[found.first - 1].tag != ",":
        return []
    stop = tokens[found.last + 1].tag if found.last + 1 < len(tokens) else "."
    entity = entity_of(tokens, found, context)
    is_name = entity is not None and entity.kind in (PERSON, ORGAN) and tokens[found.head].tag in ("NNP", "NNPS")
    return [found] if is_name and stop in (",", ".") else []


def author_of(tokens: list[Token], phrase: NounPhrase, clauses: list[Clause], context: Context) -> list[NounPhrase]:
    """Return the author of a document: "research by the institute", "data released by the bureau"."""
    head = tokens[phrase.head].low
    if head not in noun_class("document"):
        return []
    if owner := _owner(tokens, phrase, context):
        return owner
    if phrase.last + 2 >= len(tokens):
        return []
    at = phrase.last + 1
    if tokens[at].low in MADE:
        at += 1
    link = tokens[at].low
    is_own = link in ("by", "from") or (link == "of" and head in OWN) or (link == "in" and head in REPORTED_IN)
    found = next((p for p in _phrases(clauses) if p.first == at + 1), None)
    if found is None or not is_own:
        return []
    return (
        [found]
        if _may_write(entity_of(tokens, found, context), tokens[found.head], is_by=link in ("by", "from"))
        else []
    )


def _owner(tokens: list[Token], phrase: NounPhrase, context: Context) -> list[NounPhrase]:
    """Return the possessor of a document: the bureau of "the Harbour Bureau's annual report"."""
    at = next((i for i in range(phrase.first + 1, phrase.last) if tokens[i].tag == "POS"), None)
    if at is None or not tokens[at - 1].text[0].isupper():
        return []
    owner = NounPhrase(phrase.first, at - 1, at - 1)
    entity = entity_of(tokens, owner, context)
    return [owner] if entity is not None and entity.kind in (PERSON, ORGAN) else []


def owner_of(tokens: list[Token], phrase: NounPhrase, clause: Clause | None = None) -> list[NounPhrase]:
    """Return the owner of "the ministry's figure" or "the police figure"; in a clause also of "inspections of the ministry"."""
    at = next((i for i in range(phrase.first + 1, phrase.last) if tokens[i].tag == "POS"), phrase.head)
    before = tokens[at - 1]
    if at > phrase.first and (at < phrase.head or before.low in noun_class("organ") or is_human(before.low)):
        return [NounPhrase(phrase.first, at - 1, at - 1)]
    phrases = (*clause.left, *clause.right) if clause is not None else ()
    return [p for p in phrases if p.first == phrase.last + 2 and p.prep == "of"]


def holders_of(tokens: list[Token], clause: Clause, clauses: list[Clause]) -> tuple[str, list[NounPhrase]]:
    """Return the noun of a view before a that-clause and its holder: "Lima's announcement that"."""
    phrase = next((p for p in _phrases(clauses) if p.last == clause.first - 2), None)
    above = clause.parent
    if above is not None and above.verb is not None and above.left and above.verb.last == clause.first - 2:
        # "The union's position is that", "the view of the union is that"
        is_be, phrase = tokens[above.verb.main].low in BE, above.left[0]
        owner = owner_of(tokens, phrase, above) if is_be and tokens[phrase.head].low in noun_class("view") else []
        return tokens[phrase.head].low, owner
    if clause.kind != CONTENT or clause.marker != "that" or phrase is None:
        return "", []
    before, noun = tokens[phrase.first - 2].low, tokens[phrase.head].low
    if phrase.prep == "by" and before in noun_class("view"):
        return before, [phrase]
    if noun not in noun_class("view"):
        return "", []
    if phrase.prep == "of" and clause.parent is not None and tokens[phrase.first].low == "the":
        return noun, clause.parent.subject()
    at = next((i for i in range(phrase.first + 1, phrase.last) if tokens[i].tag == "POS"), 0)
    return noun, [NounPhrase(phrase.first, at - 1, at - 1)] if at else []


def people_in(tokens: list[Token], clauses: list[Clause], context: Context) -> set[str]:
    """Return the people named in what somebody says: in "he says that Lima knew" he is not Lima."""
    named = (entity_of(tokens, p, context) for p in _phrases(clauses) if tokens[p.head].tag == "NNP")
    return {e.name for e in named if e is not None and e.kind == PERSON}


def _may_write(entity: Entity | None, head: Token, *, is_by: bool) -> bool:
    return entity is not None and (
        entity.kind in SPEAKERS if is_by else entity.kind == ORGAN and head.text[0].isupper()
    )


def _phrases(clauses: list[Clause]) -> Iterator[NounPhrase]:
    return (p for c in clauses for p in (*c.left, *c.right))


def cut_out(clauses: list[Clause], cuts: list[tuple[int, int, NounPhrase, int]]) -> list[Clause]:
    """Return the clauses without "according to the fire service" and the like at their ends.

    Each cut has the index of its clause, its first token, its phrase and its last token.
    """
    drafts = thawed(clauses)
    for at, first, phrase, end in cuts:
        draft = drafts[at]
        draft.left, draft.right = (
            [p for p in kept if not first <= p.first <= end] for kept in (draft.left, draft.right)
        )
        if min(end + 1, max(draft.last, phrase.last)) >= draft.last:
            draft.last = max(draft.first, first - 1)
        elif first <= draft.first:
            draft.first = end + 1
    return frozen(drafts)
