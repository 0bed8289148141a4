"""Fit `processors/report/weights.tsv` to the labelled claims of real articles: `python -m tests.quality.report_weights`.

A claim counts as wanted where it matches a labelled one of salience 2 or 3. Logistic regression by Newton's method, no seed;
the groups of articles in which outlets share a happening are never on both sides. With `--check` nothing is written: the
figures of groups left out are printed, beside those of two baselines: position alone, and a score set by hand.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from console.batch import claim_row, read_inputs, run_batch
from processors.report import select
from processors.report.features import ArticleContext, features_of
from processors.report.salience import BIAS, TABLE, Weight, parts
from tests.quality import logistic
from tests.quality.labelled import EVAL, require_labels, scorer
from tests.quality.scores import labels

# The sets, with how much their claims matter: fictional reports, whose labels have no salience, count half.
SETS, SHRINK = {"press": 1.0, "real": 1.0, "bank": 0.5, "dev": 0.5}, 65.0
# The weight of a claim: one that readers want at once counts double.
URGENT = 2.0
HAND = {"the headline": 3.0, "the first paragraph": 2.0, "words of harm": 1.0, "words of the law": 1.0, "first person": -1.5,
        "a quotation": -1.0, "long ago": -1.0, "earlier than something else": -1.0}  # fmt: skip


@dataclass
class Row:
    """A claim: its group, features, whether wanted and how much that matters, and its chance."""

    group: str
    sighting: Sighting
    features: dict[str, float]
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
        doc, page = names[article.clean.article_id], ArticleContext.of(article.clean)
        for sighting in article.sightings:
            line = gold[matched[len(rows)]] if len(rows) in matched else {}
            salience = line.get("salience", 2 if line else 0)
            weight = SETS[name] * (URGENT if salience == 3 else 1.0)
            features = features_of(sighting.claim, sighting.evidence, page)
            rows.append(Row(_group(name, doc), sighting, features, salience >= 2, weight))
    return rows, articles, names


def _group(name: str, doc: str) -> str:
    meta = json.loads((EVAL / "claims" / name / f"{doc}.txt").read_text("utf-8").split("\n", 1)[0])
    return f"{name}/{meta.get('group') or meta.get('story')}"


def fitted(rows: list[Row]) -> dict[str, Weight]:
    """The weights of the features."""
    found = logistic.standardised([(r.features, r.is_wanted, r.weight) for r in rows], shrink=SHRINK)
    return {name: Weight(*numbers) for name, numbers in found.items()}


def chance(row: Row, table: dict[str, Weight]) -> float:
    return float(1 / (1 + np.exp(-table[BIAS].weight - sum(parts(row.features, table).values()))))


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
        page = ArticleContext.of(article.clean)
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
    """Print the figures of groups left out, and those of the baselines."""
    data = {name: rows_of(name) for name in SETS}
    rows = [row for found, _, _ in data.values() for row in found]
    tables = {group: fitted([r for r in rows if r.group != group]) for group in sorted({r.group for r in rows})}
    ways: dict[str, Callable[[Row], float]] = {
        "fitted": lambda r: chance(r, tables[r.group]),
        "position": lambda r: 1 / (1 + r.sighting.claim.start / 1000),
        "by hand": lambda r: float(
            1 / (1 + np.exp(-sum(w * r.features[n] for n, w in HAND.items() if n in r.features)))
        ),
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
        lines = (f"{name}\t{w.mean}\t{w.spread}\t{w.weight}\n" for name, w in sorted(weights.items()))
        TABLE.write_text("".join(lines), "utf-8")
        print(f"{len(weights)} weights")
