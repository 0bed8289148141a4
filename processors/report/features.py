"""Features of a claim that predict salience: position, wording, time, names, kind of page.

Each is a number with a name, which `claimwire show --why` prints; `weights.tsv` has the weights.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from claimwire.records.articles import CleanArticle
from claimwire.records.claims import Claim
from claimwire.records.vocabulary import NOT_NEWS, BlockType
from processors.claims.attribution.headlines import headline_block
from processors.report.wording import found_in, wordings

NARRATOR = "narrator"
HEADLINE_IN_TEXT = "words of the headline in the text"
NAME = re.compile(r"\b[A-Z][\w’'-]+")
SAYS = re.compile(r"\b(?:said|says|told|according)\b")
# Headlines of advice and of lists: "How to ...", "7 ways ...", "... ?".
ASKS = re.compile(r"\?|^(?:how|why|what|who|when|\d+)\b", re.IGNORECASE)
THAT, WHO = re.compile(r"\bthat\W*$", re.IGNORECASE), re.compile(r"\b(?:who|which|whose|where)\W*$", re.IGNORECASE)
OPENING_BLOCKS = 3
LONG_AGO_DAYS = 60
FEW_WORDS = 6
# Words are compared by their first letters, so that endings do not matter.
LONG_WORD, BEGINNING = re.compile(r"\w{4,}"), 6
# Features of the whole page: frequencies of patterns of `wording.toml`, by the name of the pattern.
ON_PAGE = {
    "first person": "first person on the page", "the reader is addressed": "the reader is addressed on the page",
    "a quotation": "quotations on the page", "these days": "words of these days on the page",
}  # fmt: skip


@dataclass(frozen=True)
class ArticleContext:
    """Context of the claims of an article; `is_news` is false if the page declares another kind, such as a review."""

    text: str
    folded: str
    title_end: int
    lead_end: int
    title: frozenset[str]
    opening: frozenset[str]
    of_sentence: Counter[int]
    published: date
    is_news: bool
    headline_in_text: float
    traits: dict[str, float]

    @classmethod
    def of(cls, clean: CleanArticle) -> "ArticleContext":
        blocks = [b for b in clean.blocks if b.type not in (BlockType.TITLE, BlockType.CAPTION)]
        first = next((b for b in clean.blocks if b.type is BlockType.PARAGRAPH), None)
        lower = clean.text.lower()
        # Some capitals become two letters in lower case, which would shift the offsets.
        folded = lower if len(lower) == len(clean.text) else clean.text
        headline = headline_block(clean.blocks)
        title, title_end = (clean.text[headline.start : headline.end], headline.end) if headline else ("", 0)
        lead_end = first.end if first else title_end
        opening_end = blocks[OPENING_BLOCKS].start if len(blocks) > OPENING_BLOCKS else lead_end
        return cls(
            clean.text, folded, title_end, lead_end, frozenset(NAME.findall(title)),
            frozenset(NAME.findall(clean.text[title_end:opening_end])), Counter(c.sentence_start for c in clean.claims),
            (clean.published_at or clean.first_seen_at).date(), clean.page_kind not in NOT_NEWS,
            _repeated(title, folded, 0, title_end) if len(clean.claims) > 1 else 1.0,
            dict(_traits(clean.text, title, clean.claims, len(blocks))),
        )  # fmt: skip


def _repeated(words: str, text: str, start: int, end: int) -> float:
    """Return the share (0 to 1) of the longer `words` that a lower-case text has outside `start` to `end`.

    Words are compared by their first letters.
    """
    beginnings = [word[:BEGINNING] for word in LONG_WORD.findall(words.lower())]
    found = sum(text.find(one, 0, start) >= 0 or text.find(one, end) >= 0 for one in beginnings)
    return found / max(1, len(beginnings))


def _traits(text: str, title: str, claims: tuple[Claim, ...], blocks: int) -> Iterator[tuple[str, float]]:
    """Yield features that separate news reports from features, advice, interviews and match reports."""
    words = max(1, len(text.split()))
    for name, on_page in ON_PAGE.items():
        yield on_page, wordings()[name].count(text) / words
    yield "words of saying on the page", len(SAYS.findall(text)) / words
    yield "claims by others than the outlet", sum(NARRATOR not in c.claimant for c in claims) / max(1, len(claims))
    yield "paragraphs of the page", float(blocks)
    yield "words of the headline", float(len(title.split()))
    yield "headline that asks or counts", float(ASKS.search(title) is not None)


def features_of(claim: Claim, evidence: str, page: ArticleContext) -> dict[str, float]:
    """Return the features of a claim and of its page, by name."""
    found = dict(page.traits)
    found.update(_position(claim, page))
    said = found_in(evidence)
    found.update((name, float(name in said)) for name in wordings())
    found.update(_participants(claim, evidence, page))
    found["words that stand elsewhere in the text"] = _repeated(evidence, page.folded, claim.start, claim.end)
    found["few words"] = float(len(evidence.split()) < FEW_WORDS)
    if claim.event_date is not None:
        found["a day"] = 1.0
        found["long ago"] = float((page.published - claim.event_date.end).days > LONG_AGO_DAYS)
    return found


def is_headline(claim: Claim, page: ArticleContext) -> bool:
    return claim.end <= page.title_end


def _position(claim: Claim, page: ArticleContext) -> Iterator[tuple[str, float]]:
    if is_headline(claim, page):
        yield "the headline", 1.0
        yield HEADLINE_IN_TEXT, page.headline_in_text
    yield "the first paragraph", float(claim.start < page.lead_end)
    yield "how far down", max(0, claim.start - page.title_end) / max(1, len(page.text))
    yield "claims of its sentence", float(page.of_sentence[claim.sentence_start])
    before = page.text[claim.sentence_start : claim.start]
    yield "behind “that”", float(THAT.search(before) is not None)
    yield "behind “who” or “which”", float(WHO.search(before) is not None)


def _participants(claim: Claim, evidence: str, page: ArticleContext) -> Iterator[tuple[str, float]]:
    names = set(NAME.findall(evidence))
    yield "a word of speaking", float(claim.cue is not None)
    yield "names of the headline", len(names & page.title) / max(1, len(page.title))
    yield "names of the opening", float(len(names & page.opening))
    known = page.title | page.opening
    yield "new names", float(sum(n not in known and page.text.find(n) >= claim.start for n in names))
    yield "who acts", float(min(2, len(claim.actor)))
    yield "who is affected", float(min(2, len(claim.target)))
    yield "a place", float(bool(claim.places))
    yield "headline names who acts", float(_is_named(claim.actor, page.title))
    yield "headline names who is affected", float(_is_named(claim.target, page.title))


def _is_named(participants: Iterable[str], names: frozenset[str]) -> bool:
    return any(word in names for one in participants for word in one.split())
