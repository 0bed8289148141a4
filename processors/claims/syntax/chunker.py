"""Noun phrases and verb groups of a tagged sentence."""

from dataclasses import dataclass

from processors.claims.lexicon import in_order, is_organ, listed, noun_class, tag_lexicon, word_list
from processors.claims.model import Item, NounPhrase, Token, VerbGroup
from processors.claims.syntax.tokenizer import (
    AUXILIARY,
    BE,
    BE_OR_HAVE,
    HAVE,
    MODAL,
    NOMINAL,
    VERBAL_OR_MODAL,
    is_negated,
)

SUBORDINATORS = listed("subordinators")
APPROXIMATE = listed("approximate")
NAME_LINKS = frozenset("of for do dos da das".split())
DAYS = listed("days")
SPANS = listed("spans")
DAYS_AND_SPANS = DAYS | SPANS
OFFICES = frozenset("centre center centers centres minister secretary ministers".split())
DISTRICT_BODIES = frozenset("police council constabulary".split())
OPENS_VERBS = VERBAL_OR_MODAL | {"TO"}
COUNTING = frozenset({"CD", "DT", "JJ"})
BEFORE_VERBS = NOMINAL | {"PRP", "RB"}
CONTINUING = NOMINAL | {"JJ", "CD", "JJS"}
# Tags and words that can stand in a noun phrase before its noun, and words that continue a name.
STANDING = frozenset("DT PRP$ JJ JJR JJS POS $ & # % VBN VBG RB CC".split())
BEGINNING = NOMINAL | STANDING | {"CD", "PRP", "EX"}
DEMONSTRATIVES = frozenset("this that these those".split())
STANDING_WORDS = APPROXIMATE | {"than", "least", "most"}
LINKING = NAME_LINKS | {"and", "on"}
# Verb forms whose infinitive is the act: "failed to advance", "is expected to fly".
CATENATIVES = word_list("catenatives.txt")
NO_VERB = frozenset({"according", "following", "including", "aged"})


def items_of(tokens: list[Token]) -> list[Item]:
    """Return noun phrases, verb groups, and the indexes of the tokens that are neither."""
    items: list[Item] = []
    index = 0
    while index < len(tokens):
        group = _verb_group(tokens, index) if tokens[index].tag in OPENS_VERBS else None
        if group is not None:
            items.append(group)
            index = group.last + 1
        elif (phrase := noun_phrase(tokens, index)) is not None:
            items.append(_hung(tokens, phrase, items[-1] if items else None))
            index = phrase.last + 1
        else:
            items.append(index)
            index += 1
    return items


def _hung(tokens: list[Token], phrase: NounPhrase, before: Item | None) -> NounPhrase:
    """Return a noun phrase with the preposition before it, marked where it is a date."""
    is_on = isinstance(before, int) and tokens[before].tag in ("IN", "TO", "VBG")
    prep = tokens[before].low if is_on and isinstance(before, int) else ""
    is_date = _is_date(tokens, phrase)
    return NounPhrase(phrase.first, phrase.last, phrase.head, prep, is_date) if prep or is_date else phrase


def _is_date(tokens: list[Token], phrase: NounPhrase) -> bool:
    """Return whether a phrase has only words for days or spans of time and counts: "Monday", "the next two weeks"."""
    is_any = False
    for token in reversed(tokens[phrase.first : phrase.last + 1]):
        is_time = token.low in DAYS_AND_SPANS
        if not is_time and token.tag not in COUNTING and token.low != "may":
            return False
        is_any = is_any or is_time or token.text == "May"
    return is_any


# -- verb groups


@dataclass(slots=True)
class _Group:
    """A verb group under construction."""

    first: int
    last: int
    main: int = -1
    is_finite: bool = True
    is_passive: bool = False
    is_negated: bool = False
    is_infinitive: bool = False
    is_participle: bool = False
    modal: str = ""


def _verb_group(tokens: list[Token], start: int) -> VerbGroup | None:
    first = tokens[start]
    index, group = start, _Group(start, start)
    if first.tag == "TO":
        after = _skip_adverbs(tokens, start + 1)
        if after >= len(tokens) or tokens[after].tag not in ("VB", "VBP"):
            return None
        group.is_infinitive, group.is_finite = True, False
        index = start + 1
    elif first.low in NO_VERB or _is_premodifier(tokens, start):
        return None
    end = _consume(tokens, index, group)
    if group.main < 0:
        return None
    return VerbGroup(
        start, end, group.main, group.is_finite, group.is_passive, group.is_negated, group.is_infinitive,
        group.is_participle, group.modal,
    )  # fmt: skip


def _consume(tokens: list[Token], index: int, group: _Group) -> int:
    """Return the group's last token, past auxiliaries, adverbs and catenatives up to the main verb."""
    aux, begin, end = "", index, index
    while index < len(tokens):
        token = tokens[index]
        if token.tag == "RB":
            more = index + 1 < len(tokens) and tokens[index + 1].low in ("less", "more", "fewer", "only", "just")
            group.is_negated |= token.low in ("not", "never", "neither", "hardly") and not more
            index += 1
            continue
        if token.tag not in VERBAL_OR_MODAL or (index > begin and token.low in NO_VERB):
            break
        group.is_negated |= is_negated(token.text) or token.low in ("cannot", "can't", "won't")
        if token.low in MODAL:
            group.modal = token.low
        elif group.main < 0 or aux:
            _take(tokens, index, group, aux)
        else:
            break
        end = index
        after = _past_main(tokens, index, group)
        if after is None:
            return index + _is_made_known(tokens, index)
        aux = "to" if after > index + 1 else token.low
        index = after
    return end


def _is_made_known(tokens: list[Token], index: int) -> bool:
    is_made = tokens[index].low in ("make", "makes", "made", "making") and index + 1 < len(tokens)
    return is_made and tokens[index + 1].low in ("known", "clear", "public")


def _past_main(tokens: list[Token], index: int, group: _Group) -> int | None:
    """Return the next token of the group after an auxiliary ("is ready to", "failed to"); None after the main verb."""
    low = tokens[index].low
    if low in BE and _is_willing(tokens, index + 1):
        group.modal = group.modal or f"{tokens[index + 1].low}_to"
        group.main = index + 3
        return index + 3
    if low in HAVE and _is_yet_to(tokens, index + 1):
        group.is_negated = True
        return index + 3
    if low in AUXILIARY or is_negated(tokens[index].text):
        after = _skip_adverbs(tokens, index + 1)
        is_to = low in BE and after < len(tokens) and tokens[after].tag == "TO" and group.main >= 0
        if is_to and _is_verb_at(tokens, after + 1):
            group.modal = group.modal or "be_to"
            return after + 1
        return index + 1
    after = _catenated(tokens, index, group)
    return None if after == index + 1 else after


def _is_yet_to(tokens: list[Token], index: int) -> bool:
    """Return whether "yet to" negates the infinitive, as in "has yet to open"."""
    return [t.low for t in tokens[index : index + 2]] == ["yet", "to"] and _is_verb_at(tokens, index + 2)


WILLING = listed("willing")


def _is_willing(tokens: list[Token], index: int) -> bool:
    """Return whether an adjective governs the infinitive, as in "is ready to send"."""
    return (
        index + 2 < len(tokens)
        and tokens[index].low in WILLING
        and tokens[index + 1].tag == "TO"
        and _is_verb_at(tokens, index + 2)
    )


def _take(tokens: list[Token], index: int, group: _Group, aux: str) -> None:
    token = tokens[index]
    if group.main < 0:
        group.is_finite = group.is_finite and (bool(group.modal) or token.tag in ("VBD", "VBZ", "VBP"))
        group.is_participle = not group.is_finite and token.tag in ("VBG", "VBN")
    group.is_passive = token.tag == "VBN" and (aux in BE or (group.main < 0 and not group.modal and aux == ""))
    group.main = index


def _catenated(tokens: list[Token], index: int, group: _Group) -> int:
    """Return the infinitive of "failed to advance", or `index + 1` without one."""
    after = index + 1
    if (
        tokens[index].low in CATENATIVES
        and after < len(tokens)
        and tokens[after].tag == "TO"
        and _is_verb_at(tokens, after + 1)
    ):
        group.modal = group.modal or f"{tokens[index].low}_to"
        return after + 1
    return index + 1


def _is_verb_at(tokens: list[Token], index: int) -> bool:
    index = _skip_adverbs(tokens, index)
    return index < len(tokens) and tokens[index].tag in ("VB", "VBP")


def _skip_adverbs(tokens: list[Token], index: int) -> int:
    while index < len(tokens) and tokens[index].tag == "RB":
        index += 1
    return index


def _is_premodifier(tokens: list[Token], index: int) -> bool:
    """Return whether a participle modifies the noun after it: "wounded soldiers", "working days"."""
    token = tokens[index]
    if token.tag not in ("VBN", "VBG") or index + 1 >= len(tokens):
        return False
    before = tokens[index - 1] if index else None
    after = tokens[index + 1]
    if before is not None and (before.low in BE_OR_HAVE or before.tag in BEFORE_VERBS):
        return False
    if token.tag == "VBG" and (before is None or before.tag not in ("DT", "JJ", "CD", "PRP$", "POS")):
        return False
    if token.tag == "VBN" and before is not None and before.tag in ("CC", "IN", "TO") and after.tag == "JJ":
        return True
    return after.tag in ("NN", "NNS") and (before is None or before.tag != ",")


# -- noun phrases


def noun_phrase(tokens: list[Token], start: int) -> NounPhrase | None:
    """Return the noun phrase that begins at a token, or None."""
    first = tokens[start]
    if first.tag not in BEGINNING and first.low not in STANDING_WORDS and first.low not in MEASURED:
        return None
    if first.tag in ("PRP", "EX") or (
        first.tag == "DT" and first.low in DEMONSTRATIVES and not _continues(tokens, start + 1)
    ):
        return NounPhrase(start, start, start)
    # A possessive restarts the phrase (`since`): "the state's largest union", "the bank's newly named head".
    index, head, since = _measured(tokens, start), -1, -1
    while index < len(tokens):
        token = tokens[index]
        if token.tag in NOMINAL or token.tag == "CD":
            if head >= 0 and token.low in DAYS and tokens[head].tag != "CD" and token.tag != "CD":
                break
            if head == start and start and tokens[start - 1].low == "on" and _goes_past_day(tokens, start):
                break
            head = since = index
        elif token.tag == "POS" and _may_stand(tokens, start, index, head):
            since = -1
        elif (token.tag not in STANDING and token.low not in STANDING_WORDS) or not _may_stand(
            tokens, start, index, since
        ):
            longer = _name_link(tokens, index, head) if token.low in LINKING else 0
            if not longer:
                break
            index = longer
            continue
        index += 1
    if head >= 0:
        return NounPhrase(start, head, head)
    return NounPhrase(start, index - 1, index - 1) if index - start >= 2 and first.low in ("the", "those") else None


def _goes_past_day(tokens: list[Token], day: int) -> bool:
    """Return whether another phrase follows a day of the week, as in "on Tuesday two men"."""
    after, second = tokens[day + 1], tokens[day + 2].low if day + 2 < len(tokens) else ""
    if not tokens[day].low.endswith("day") or tokens[day].low not in DAYS or after.low in SPANS:
        return False
    return after.low not in DAYS and not (after.tag == "CD" and second in DAYS)


MEASURED: dict[str, list[tuple[str, ...]]] = {}
for _phrase in in_order("measured"):
    MEASURED.setdefault(_phrase.split()[0], []).append(tuple(_phrase.split()))


def _measured(tokens: list[Token], start: int) -> int:
    """Return the token after "at least", "more than" or "up to" before a number, else `start`."""
    for words in MEASURED.get(tokens[start].low, ()):
        end = start + len(words)
        if (
            end < len(tokens)
            and tokens[end].tag in ("CD", "$", "DT")
            and all(tokens[start + k].low == w for k, w in enumerate(words))
        ):
            return end
    return start


def _continues(tokens: list[Token], index: int) -> bool:
    return index < len(tokens) and tokens[index].tag in CONTINUING


def _may_stand(tokens: list[Token], start: int, index: int, head: int) -> bool:
    """Return whether the token can be part of a noun phrase that began at `start`."""
    token = tokens[index]
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if token.tag in ("DT", "PRP$"):
        return index == start or (tokens[index - 1].low in ("all", "both", "of", "than", "least", "to") and head < 0)
    if token.tag in ("JJ", "JJR", "JJS"):
        # "17 more people", "24 older men"
        is_more = (
            token.tag == "JJR" and index > start and tokens[index - 1].tag == "CD" and _continues(tokens, index + 1)
        )
        return (head < 0 or is_more) or (
            after is not None and after.tag in NOMINAL and tokens[head].tag not in ("NNS", "NNPS") and token.tag == "JJ"
        )
    if token.tag == "POS":
        return head >= 0 and after is not None and after.tag not in (",", ".", "IN")
    if token.tag in ("$", "&", "#", "%"):
        return True
    if token.tag in ("VBN", "VBG"):
        return _is_premodifier(tokens, index) and (head < 0 or tokens[index - 1].tag in ("CD", "POS"))
    if token.tag == "RB" or token.low in STANDING_WORDS:
        return head < 0 and after is not None and (after.tag in ("CD", "JJ", "$") or after.low in ("than",))
    return (
        token.tag == "CC"
        and head < 0
        and index > start
        and after is not None
        and after.tag == "JJ"
        and tokens[index - 1].tag == "JJ"
    )


def _name_link(tokens: list[Token], index: int, head: int) -> int:
    """Return the token after the link of a name ("Ministry of the Interior", "Banco do Brasil"), or 0."""
    token, after = tokens[index], index + 1
    if head != index - 1 or after >= len(tokens):
        return 0
    is_opening = head == 0 and token.low == "of" and is_organ(tokens[0].low) and tokens[0].text[0].isupper()
    if not (_is_name(tokens[head]) or is_opening):
        return 0
    if token.low == "and":
        return after if _is_in_one_name(tokens, head, after) else 0
    # "Ministry of the Interior" is one name, "Ana of the union" is not: the word before "of" is a common noun too.
    is_body = tokens[head].low in noun_class("organ")
    if token.low in ("of", "for") and not is_body and not _is_common(tokens[head]):
        return 0
    if token.low in NAME_LINKS or (token.low == "on" and is_body):
        if tokens[after].low == "the":
            after += 1
        if after < len(tokens) and _is_name(tokens[after]) and tokens[after].low not in DAYS:
            return after
    return 0


def _is_name(token: Token) -> bool:
    return token.tag in ("NNP", "NNPS") and token.text[0].isupper()


def _is_common(token: Token) -> bool:
    """Return whether a capitalised word is a common noun or adjective in other texts: "Fisheries", not "Lopes"."""
    tag = tag_lexicon().get(token.low) or tag_lexicon().get(token.low.removesuffix("s"), "NNP")
    return tag in ("NN", "NNS", "JJ", "VBG") and not token.text.isupper()


def _is_in_one_name(tokens: list[Token], head: int, after: int) -> bool:
    """Return whether "and" is part of a name: "the Office for Fisheries and Coasts", "Devon and Cornwall Police"."""
    if not _is_name(tokens[after]):
        return False
    begin = head
    links = ("of", "for", "on", "the", "and")
    while begin and (tokens[begin - 1].text[0].isupper() or tokens[begin - 1].low in links):
        begin -= 1
    end = after
    while end + 1 < len(tokens) and _is_name(tokens[end + 1]):
        end += 1
    words = [t.low for t in tokens[begin : head + 1]]
    of = next((i for i, w in enumerate(words) if w in ("of", "for", "on")), 0)
    if of and any(w in noun_class("organ") or w in OFFICES for w in words[:of]):
        return _is_common(tokens[head]) and all(_is_common(t) for t in tokens[after : end + 1])
    # The first of two names before a district body names no body itself.
    return begin == head and end == after + 1 and tokens[end].low in DISTRICT_BODIES and not _is_common(tokens[head])
