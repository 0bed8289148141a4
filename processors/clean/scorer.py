"""Our own extraction model: classifies the runs of a page as article or not, with a confidence.

Two passes of logistic regression: the first uses a run and its surroundings, the second also the first pass's scores of
its neighbours. `python -m tests.quality.block_weights` fits the weights.
"""

import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from claimwire.records.vocabulary import BlockType
from processors.clean.block_features import PageContext, context
from processors.clean.blocks import Layout, Run, Walk

TYPES = {
    "h1": BlockType.HEADING, "h2": BlockType.HEADING, "h3": BlockType.HEADING, "h4": BlockType.HEADING,
    "h5": BlockType.HEADING, "h6": BlockType.HEADING, "li": BlockType.LIST, "dt": BlockType.LIST, "dd": BlockType.LIST,
    "blockquote": BlockType.QUOTE, "figcaption": BlockType.CAPTION, "td": BlockType.TABLE, "th": BlockType.TABLE,
}  # fmt: skip
AROUND = ("figcaption", "blockquote", "li")
ACCEPTED = 0.4
LONG_PARAGRAPH = 80
LONGEST_CELL = 60
Tables = tuple[dict[str, float], dict[str, float]]
UNSURE = (0.12, 0.88)


class Scored(NamedTuple):
    """Typed lines of the article with their characters; `doubt` is the share of uncertain ones.

    `paragraphs`: the characters in paragraphs of some length anywhere on the page.
    """

    lines: list[tuple[BlockType, str]]
    characters: int
    doubt: float
    paragraphs: int


@cache
def weights() -> Tables:
    """Return the weights of the first and the second pass, by feature."""
    tables: Tables = ({}, {})
    for line in (Path(__file__).parent / "data" / "block_weights.tsv").read_text("utf-8").splitlines():
        which, name, weight = line.split("\t")
        tables[int(which)][name] = float(weight)
    return tables


def features_of(body: Any, title: str | None) -> tuple[list[Run], Layout, dict[int, list[str]]]:
    """Return the runs of a body, their layout, and the features of candidate runs."""
    layout = Layout(Walk(body))
    page = PageContext(layout, title)
    named = {n: page.features(n) for n in range(len(layout.runs)) if page.is_possible(n)}
    return layout.runs, layout, named


def chances(count: int, named: dict[int, list[str]], tables: Tables) -> list[float]:
    """Return the probability of each of `count` runs to belong to the article."""
    first, second = [0.0] * count, [0.0] * count
    for number, names in named.items():
        first[number] = _chance(names, tables[0])
    for number, names in named.items():
        second[number] = _chance([*names, *context(first, number)], tables[1])
    return second


def _chance(names: list[str], table: dict[str, float]) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum([table.get(name, 0.0) for name in names], table["bias"])))))


def main_lines(body: Any, title: str | None, tables: Tables | None = None) -> Scored:
    """Extract the typed lines of the article in a body, with the doubt."""
    runs, layout, named = features_of(body, title)
    chance = _by_row(layout, chances(len(runs), named, tables or weights()))
    kept = [n for n, c in enumerate(chance) if c >= ACCEPTED]
    size = sum(len(runs[n].text) for n in kept)
    unsure = sum(len(r.text) for r, c in zip(runs, chance, strict=True) if UNSURE[0] < c < UNSURE[1])
    paragraphs = sum(n for r in runs if (n := len(r.text)) > LONG_PARAGRAPH and layout.nodes[r.node].tag == "p")
    return Scored(typed_lines(layout, kept), size, unsure / size if size else 1.0, paragraphs)


def _by_row(layout: Layout, chance: list[float]) -> list[float]:
    """Keep or drop the short cells of a table's row together."""
    rows: dict[int, list[int]] = {}
    for number, run in enumerate(layout.runs):
        node = layout.nodes[run.node]
        if node.tag in ("td", "th") and len(run.text) <= LONGEST_CELL:
            rows.setdefault(node.parent, []).append(number)
    for cells in rows.values():
        mean = sum(chance[n] for n in cells) / len(cells)
        for n in cells:
            chance[n] = mean
    return chance


def all_lines(body: Any) -> list[tuple[BlockType, str]]:
    """Return the typed lines of a fragment that consists of the article only."""
    layout = Layout(Walk(body))
    return typed_lines(layout, range(len(layout.runs)))


def typed_lines(layout: Layout, kept: Iterable[int]) -> list[tuple[BlockType, str]]:
    """Return typed lines; the cells of a table's row form one."""
    lines: list[tuple[BlockType, str]] = []
    row = -1
    for number in kept:
        run = layout.runs[number]
        node = layout.nodes[run.node]
        around = layout.below(run.node)[1]
        kind = TYPES.get(node.tag) or next((TYPES[t] for t in AROUND if t in around), BlockType.PARAGRAPH)
        if kind is BlockType.TABLE and node.parent == row:
            lines[-1] = (kind, f"{lines[-1][1]} | {run.text}")
        else:
            lines.append((kind, run.text))
        row = node.parent if kind is BlockType.TABLE else -1
    return lines
