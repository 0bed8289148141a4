"""Fit `processors/clean/data/block_weights.tsv` to the labelled pages: `python -m tests.quality.block_weights`.

A run of text counts as the article's where at least half of its sequences of four words are in the true body. Both
passes are logistic regressions, the second on what the first says of pages that it was not fitted to. Pages of one
publisher are never on both sides. With `--check`, nothing is written: the body F1 of pages left out is printed, by how
sure the model must be for its answer to be taken.
"""

import gzip
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from claimwire.records.vocabulary import BlockType
from claimwire.text.encodings import page_text
from processors.clean import scorer as model
from processors.clean.block_features import context
from processors.clean.blocks import Run
from processors.clean.lines import clean_lines
from processors.clean.metadata import metadata_of
from processors.clean.page import LEAST_CHARACTERS, careful_lines, parsed
from tests.quality import logistic
from tests.quality.labelled import EVAL, PAGE_SETS, require_labels, scorer
from tests.quality.logistic import Row

FOLDS, STEPS, SHRINK = 5, 250, 3e-4
LEAST_PAGES = 6
WORD = re.compile(r"\w+")
TABLE = Path(model.__file__).parent / "data" / "block_weights.tsv"


@dataclass
class LabelledPage:
    """A page's possible runs: number, features, whether of the article, and how much that matters."""

    name: str
    group: str
    html: str
    runs: list[Run]
    body: Any
    title: str | None
    truth: dict[str, Any]
    named: dict[int, list[str]]
    labels: dict[int, tuple[bool, float]]


def labels_of(runs: list[Run], truth: str) -> dict[int, tuple[bool, float]]:
    """(whether of the article, weight in words) of each run; a weight of 0 where nobody can say."""
    words = WORD.findall(truth)
    left = Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)))
    lines, whole = {tuple(WORD.findall(line)) for line in truth.split("\n")}, f" {' '.join(words)} "
    found: dict[int, tuple[bool, float]] = {}
    for number, run in enumerate(runs):
        own = WORD.findall(run.text)
        if len(own) < 4:
            is_inside = f" {' '.join(own)} " in whole
            found[number] = (tuple(own) in lines, 0.0 if is_inside and tuple(own) not in lines else float(len(own)))
            continue
        parts = [tuple(own[i : i + 4]) for i in range(len(own) - 3)]
        share = sum(left[p] > 0 for p in parts) / len(parts)
        if share >= 0.5:
            left.subtract(parts)
        found[number] = (share >= 0.5, len(own) * abs(2 * share - 1))
    return found


def labelled_pages() -> list[LabelledPage]:
    found = []
    for name in PAGE_SETS:
        folder = EVAL / "extraction" / name
        truths = json.loads((folder / "truth.json").read_text("utf-8"))
        for page, truth in sorted(truths.items()):
            html = page_text(gzip.decompress((folder / "html" / f"{page}.html.gz").read_bytes()))
            tree = parsed(html)
            body, title = tree.find("body"), metadata_of(tree, None).title
            runs, _, named = model.features_of(body, title)
            group = page.split("_")[0] if name == "publishers" else page
            labels = labels_of(runs, truth["articleBody"])
            found.append(LabelledPage(name, group, html, runs, body, title, truth, named, labels))
    return found


def rows_of(pages: list[LabelledPage], firsts: dict[int, list[float]] | None = None) -> list[list[Row]]:
    """Features, label and weight of the runs of each page; with the first pass's opinions those of the second."""
    found = []
    for number, page in enumerate(pages):
        total = sum(w for is_body, w in page.labels.values() if is_body) or 1.0
        rows = []
        for n, names in page.named.items():
            is_body, weight = page.labels[n]
            more = context(firsts[number], n) if firsts else []
            rows.append(([*names, *more], is_body, min(1.0, weight / total) * 20 + (0.15 if weight else 0.0)))
        found.append(rows)
    return found


def fitted(pages: list[list[Row]]) -> dict[str, float]:
    """The weights of one pass."""
    return logistic.fitted(pages, steps=STEPS, shrink=SHRINK, least_groups=LEAST_PAGES)


def folds(pages: list[LabelledPage]) -> list[int]:
    groups = sorted({p.group for p in pages})
    np.random.default_rng(0).shuffle(groups)
    return [groups.index(p.group) % FOLDS for p in pages]


def first_pass(pages: list[LabelledPage], weights: dict[str, float]) -> list[list[float]]:
    found = []
    for page in pages:
        chance = [0.0] * len(page.runs)
        for n, names in page.named.items():
            chance[n] = model._chance(names, weights)
        found.append(chance)
    return found


def first_opinions(pages: list[LabelledPage]) -> dict[int, list[float]]:
    """Return the chances of the first pass for each page, fitted to the pages of other publishers."""
    rows, fold = rows_of(pages), folds(pages)
    found: dict[int, list[float]] = {}
    for k in range(FOLDS):
        weights = fitted([r for r, f in zip(rows, fold, strict=True) if f != k])
        out = [n for n, f in enumerate(fold) if f == k]
        found |= dict(zip(out, first_pass([pages[n] for n in out], weights), strict=True))
    return found


def fit(pages: list[LabelledPage]) -> tuple[dict[str, float], dict[str, float]]:
    """Weights of both passes."""
    return fitted(rows_of(pages)), fitted(rows_of(pages, first_opinions(pages)))


def check(pages: list[LabelledPage]) -> None:
    """Body F1 where the fast route is taken up to some doubt, and the careful one beyond; and the share of its pages."""
    module, fold = scorer("extraction", "score_extraction"), folds(pages)
    found = []
    for k in range(FOLDS):
        tables = fit([p for p, f in zip(pages, fold, strict=True) if f != k])
        for page in (p for p, f in zip(pages, fold, strict=True) if f == k):
            fast = model.main_lines(page.body, page.title, tables)
            careful = careful_lines(page.html, None, fast)[1]
            doubt = fast.doubt if fast.characters >= LEAST_CHARACTERS else 99.0
            scores = [module.score_body(page.truth, cleaned(lines, page.title)) for lines in (fast.lines, careful)]
            found.append((page.name, doubt, *scores))
    for most in (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 99.0):
        share = sum(doubt < most for _, doubt, _, _ in found) / len(found)
        line = {
            name: round(module.summary([f if d < most else c for n, d, f, c in found if n == name], "body")[0], 4)
            for name in PAGE_SETS
        }
        print(f"doubt < {most}: {share:.2f} of pages by the fast route, {line}")


def cleaned(lines: list[tuple[BlockType, str]], title: str | None) -> str:
    return "\n".join(text for _, text in clean_lines([t for _, t in lines], title).kept)


if __name__ == "__main__":
    require_labels()
    everything = labelled_pages()
    if "--check" in sys.argv:
        check(everything)
    else:
        lines = [f"{n}\t{name}\t{w}\n" for n, table in enumerate(fit(everything)) for name, w in sorted(table.items())]
        TABLE.write_text("".join(lines), "utf-8")
        print(f"{len(lines)} weights")
