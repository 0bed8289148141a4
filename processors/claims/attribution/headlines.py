"""Headline as the only claim of a text in a language without a claims pack, attributed to the source."""

import itertools
import re
from collections.abc import Sequence

from claimwire.ids import claim_id
from claimwire.records.articles import Block
from claimwire.records.claims import Claim
from claimwire.records.vocabulary import BlockType, EventType
from processors.claims.syntax.sentences import sentences

MAX_SPAN = 300
LEAST_WORDS = 4
BREADCRUMB = re.compile(r"\s[>»/]\s")
# The site's name at the end of a headline: "Council sells the pier | Harbour News", "... - The Harbour News".
SITE = re.compile(r"(?:\s+[|»·]\s+[^|»·]{2,40}|\s+[-–—]\s+[A-ZÀ-Þ0-9][\w.&’']*(?:\s(?:[A-ZÀ-Þ0-9][\w.&’']*|of)){1,3})$")


def headline_block(blocks: Sequence[Block]) -> Block | None:
    """Return the title, or else the heading above the first paragraph."""
    above = itertools.takewhile(lambda block: block.type is not BlockType.PARAGRAPH, blocks)
    return next((b for b in above if b.type in (BlockType.TITLE, BlockType.HEADING)), None)


def is_breadcrumb(words: str) -> bool:
    """Return whether a line is a breadcrumb trail: "Home » Business » Firms"."""
    return BREADCRUMB.search(words) is not None


def headline_end(text: str, block: Block) -> int:
    """Return the end of a headline before the name of its site, with at least four words left."""
    end = block.end
    while (found := SITE.search(text[block.start : end])) is not None:
        if len(text[block.start : block.start + found.start()].split()) < LEAST_WORDS:
            break
        end = block.start + found.start()
    return end


def headline_claim(article_id: str, text: str, blocks: Sequence[Block]) -> tuple[Claim, ...]:
    """Return the title, or else the first sentence, as a claim of the outlet; () without either."""
    block = headline_block(blocks) or next((b for b in blocks if b.type is BlockType.PARAGRAPH), None)
    spans = sentences(text, block.start, block.end) if block else []
    if not block or not spans:
        return ()
    start, end = (block.start, headline_end(text, block)) if block.type is not BlockType.PARAGRAPH else spans[0]
    end = min(end, start + MAX_SPAN)
    return (
        Claim(
            claim_id=claim_id(article_id, text[start:end], 0), start=start, end=end, content=start, sentence_start=start,
            sentence_end=end, claimant=("narrator",), cue=None, event_type=EventType.STATEMENT,
        ),
    )  # fmt: skip
