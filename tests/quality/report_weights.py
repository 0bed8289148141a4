"""Fit `processors/report/weights.tsv` to the labelled claims of real articles: `python -m tests.quality.report_weights`.

A claim counts as wanted where it matches a labelled one of salience 2 or 3. Logistic regression by Adam from zero, no seed;
claims of one story are never on both sides. With `--check` nothing is written: the figures of stories left out are printed,
beside those of two baselines: position alone, and a score set by hand.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from claimwire import topics
from claimwire.records import Article, Sighting, decode
from claimwire.settings import Settings
from console.batch import claim_row, read_inputs, run_batch
from processors.report import select
from processors.report.features import Page, features_of
from processors.report.salience import BIAS, TABLE
from tests.quality import logistic
from tests.quality.labelled import EVAL, require_labels, scorer
from tests.quality.scores import labels

SETS, FOLDS, STEPS, SHRINK = ("press", "real"), 8, 300, 3e-3
LEAST_DOCUMENTS = 6
# How much a claim matters: what readers want at once counts double, what nobody scores (optional) a third.
URGENT, OPTIONAL = 2.0, 0.3
HAND = {"title": 3.0, "paragraph 0": 2.0, "paragraph 1": 1.5, "number with a role": 1.5, "claimant named": 0.5, "weak start": -1.5,
        "first person": -1.5, "open quotation": -1.0, "old year": -1.0, "past perfect": -1.0, "hypothetical": -0.5}  # fmt: skip


@dataclass
class Row:
    """A claim: its set, document, story, features, whether wanted and how much that matters, and its chance."""

    name: str
    doc: str
    story: str
    sighting: Sighting
    features: list[str]
    is_wanted: bool
    weight: float
    chance: float = 0.0


def rows_of(name: str) -> tuple[list[Row], list[Article], dict[str, str]]:
    """The claims of a set in order, its articles and their document ids."""
    paths = sorted(str(p) for p in (EVAL / "claims" / name).glob("*.txt"))
    documents = sorted(read_inputs(paths, None), key=lambda d: (str(d.published or ""), d.doc_id))
    log, names = run_batch(documents, Settings())
    found = [decode(m.value, Article) for p in range(topics.ARTICLES.partitions) for m in log.read(topics.ARTICLES, p)]
    log.close()
    articles = sorted(found, key=lambda a: list(names).index(a.clean.article_id))
    module = scorer("claims", "score_claims")
    gold, table = labels(name, module)
    claims = [claim_row(s, names[a.clean.article_id]) for a in articles for s in a.sightings]
    _, matched = module.match(gold, claims, module.Names(table))
    rows: list[Row] = []
    for article in articles:
        doc, page = names[article.clean.article_id], Page.of(article.clean)
        for sighting in article.sightings:
            line = gold[matched[len(rows)]] if len(rows) in matched else {}
            salience = line.get("salience", 2 if line else 0)
            weight = OPTIONAL if line.get("optional") else URGENT if salience == 3 else 1.0
            features = features_of(sighting.claim, sighting.evidence, sighting.sentence, page)
            rows.append(Row(name, doc, f"{name}/{_story(name, doc)}", sighting, features, salience >= 2, weight))
    return rows, articles, names


def _story(name: str, doc: str) -> str:
    meta = json.loads((EVAL / "claims" / name / f"{doc}.txt").read_text("utf-8").split("\n", 1)[0])
    return str(meta.get("story") or doc)


def fitted(rows: list[Row]) -> dict[str, float]:
    """The weights of the features."""
    documents = defaultdict(list)
    for row in rows:
        documents[row.name, row.doc].append((row.features, row.is_wanted, row.weight))
    groups = list(documents.values())
    return logistic.fitted(groups, steps=STEPS, shrink=SHRINK, least_groups=LEAST_DOCUMENTS)


def chance(features: list[str], table: dict[str, float]) -> float:
    return float(1 / (1 + np.exp(-table.get(BIAS, 0.0) - sum(table.get(n, 0.0) for n in features))))


def average_precision(rows: list[Row]) -> float:
    """Mean precision at each wanted claim, by chance."""
    hits, total = 0, 0.0
    for place, row in enumerate(sorted(rows, key=lambda r: -r.chance), 1):
        hits += row.is_wanted
        total += hits / place if row.is_wanted else 0.0
    return total / max(1, hits)


def told_scores(name: str, rows: list[Row], articles: list[Article], names: dict[str, str]) -> dict[str, Any]:
    """The scorer's `told` line where these chances decide."""
    module = scorer("claims", "score_claims")
    gold, table = labels(name, module)
    chances = iter(r.chance for r in rows)
    claims = []
    for article in articles:
        page = Page.of(article.clean)
        candidates = [
            msgspec.structs.replace(s, salience=next(chances)) for s in article.sightings
        ]  # fmt: skip
        found = [select.candidate(n, s, page, s.salience) for n, s in enumerate(candidates)]
        chosen = select.chosen(found, Settings().reports_per_article)
        doc = names[article.clean.article_id]
        claims += [claim_row(s, doc) | {"told": n in chosen} for n, s in enumerate(candidates)]
    result: dict[str, Any] = module.score(gold, claims, table)["told"]
    return result


def check() -> None:
    """Print the figures of stories left out, and those of the baselines."""
    data = {name: rows_of(name) for name in SETS}
    rows = [row for found, _, _ in data.values() for row in found]
    stories = sorted({r.story for r in rows})
    np.random.default_rng(0).shuffle(stories)
    fold = {story: n % FOLDS for n, story in enumerate(stories)}

    def left_out(row: Row, tables: list[dict[str, float]]) -> float:
        return chance(row.features, tables[fold[row.story]])

    tables = [fitted([r for r in rows if fold[r.story] != k]) for k in range(FOLDS)]
    ways: dict[str, Callable[[Row], float]] = {
        "fitted": lambda r: left_out(r, tables),
        "position": lambda r: 1 / (1 + r.sighting.claim.start / 1000),
        "by hand": lambda r: chance(r.features, HAND),
    }
    for way, score in ways.items():
        for row in rows:
            row.chance = score(row)
        for name, (found, articles, names) in data.items():
            print(way, name, f"AP {average_precision(found):.3f}", told_scores(name, found, articles, names))


if __name__ == "__main__":
    require_labels()
    if "--check" in sys.argv:
        check()
    else:
        weights = fitted([row for name in SETS for row in rows_of(name)[0]])
        TABLE.write_text("".join(f"{name}\t{weight}\n" for name, weight in sorted(weights.items())), "utf-8")
        print(f"{len(weights)} weights")
