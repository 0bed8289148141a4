"""Claimants in the words of the article, shown to readers in place of canonical names."""

import re
from collections.abc import Sequence

import msgspec

from claimwire.records.claims import Claim
from processors.claims.mentions.discourse import Context
from processors.claims.model import NARRATOR, Attribution, Token

MOST_CHARACTERS = 100
ARTICLES = frozenset("the a an this that these those".split())
POSSESSIVES = frozenset("his her its their our my your".split())


def phrase_text(tokens: Sequence[Token], first: int, last: int) -> str:
    """Return the words of a phrase without a leading article or the "his" of "his lawyer Jan Nowak"."""
    is_name = tokens[last].text[:1].isupper()
    while first < last and (tokens[first].low in ARTICLES or (is_name and tokens[first].low in POSSESSIVES)):
        first += 1
    text, end = "", tokens[first].start
    for token in tokens[first : last + 1]:
        text += (" " if token.start > end else "") + token.text
        end = token.end
    return text


def describe(tokens: Sequence[Token], context: Context) -> None:
    """Record for each entity its first mention, or its first mention of several words."""
    for (first, last), entity in sorted(context.resolved.items()):
        if entity is None or tokens[last].tag.startswith("PRP"):
            continue
        known = context.described.get(entity.name, "")
        if " " in known:
            continue
        text = phrase_text(tokens, first, last)
        if not known or " " in text:
            context.described[entity.name] = text


def worded(claim: Claim | None, tokens: Sequence[Token], said: Attribution, context: Context) -> Claim | None:
    """Return the claim with its claimant in the article's words, of an earlier sentence for "he" or a surname."""
    if claim is None or said.claimant == NARRATOR:
        return claim
    text = " and ".join(_words_for(name, tokens, said, context) for name in said.claimant)
    return msgspec.structs.replace(claim, claimant_text=text if len(text) <= MOST_CHARACTERS else "")


def _words_for(name: str, tokens: Sequence[Token], said: Attribution, context: Context) -> str:
    described = context.described.get(name, name)
    named = [
        (first, last)
        for (first, last), entity in context.resolved.items()
        if entity is not None and entity.name == name and not tokens[last].tag.startswith("PRP")
    ]
    frame = said.frame
    own = [at for at in named if frame is not None and frame.first <= at[0] <= at[1] <= frame.last] or named
    text = phrase_text(tokens, *own[0]) if own else ""
    if len(name) > len(text):
        # The name "police in Porto" is longer than its noun phrase.
        text = _found_in(phrase_text(tokens, 0, len(tokens) - 1), name) or text
    return text if " " in text else described


def _found_in(whole: str, name: str) -> str:
    """Return a name as a sentence writes it, or ""."""
    if name.casefold() not in whole.casefold():
        return ""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", whole, re.IGNORECASE)
    return found.group() if found else ""
