"""The score tables of this checkout on the labelled data.

`python -m tests.quality.scores` prints them, `--write` makes them the baseline that the gate compares with.
"""

import json
import sys
import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from claimwire.config.settings import Settings
from console.batch import read_inputs, run_batch, write_results
from tests.quality import reports
from tests.quality.cleaning import cleaning_scores
from tests.quality.copies import copy_scores
from tests.quality.labelled import EVAL, PAGE_SETS, require_labels, rows, scorer
from tests.quality.pages import language_scores, page_scores
from tests.quality.reports import write_documents

HERE = Path(__file__).resolve().parent
SEEDS = HERE.parents[1] / "seeds"
TABLES = HERE / "scores.json"
CLAIM_SETS = ("seeds", "dev", "bank", "real", "press")
OWN = "own"


def predictions(name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(claims, articles) of `claimwire batch` on a labelled set, in the order of its stream."""
    with tempfile.TemporaryDirectory() as written:
        folder = SEEDS if name == "seeds" else EVAL / "claims" / name
        paths = write_documents(Path(written)) if name == OWN else [str(p) for p in sorted(folder.glob("*.txt"))]
        documents = list(read_inputs(paths, None))
    documents.sort(key=lambda d: (d.published.isoformat() if d.published else "", d.doc_id))
    log, names = run_batch(documents, Settings())
    with tempfile.TemporaryDirectory() as out:
        write_results(log, names, Path(out))
        log.close()
        return rows(Path(out) / "claims.jsonl"), rows(Path(out) / "articles.jsonl")


def labels(name: str, module: ModuleType) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """(labelled claims, entity table) of a set."""
    if name != OWN:
        table = json.loads((EVAL / "claims" / name / "entities.json").read_text("utf-8"))
        return rows(EVAL / "claims" / name / "gold.jsonl"), table
    gold = [line | {"_cl": line["cluster"]} for line in reports.gold()]
    module.derive_alerts(gold)
    return [line | {"alert": line["_alert"]} for line in gold], {}


@cache
def claim_scores(name: str) -> dict[str, float]:
    """The headline figures of score_claims.py on one set."""
    module = scorer("claims", "score_claims")
    gold, table = labels(name, module)
    claims, articles = predictions(name)
    result = module.score(gold, claims, table)
    roles, alerts = result["roles"], result["alerts"]
    figures = {
        "claims_p": result["claims"]["p"], "claims_r": result["claims"]["r"], "claims_f1": result["claims"]["f1"],
        "claims_strict_f1": result["claims_strict"]["f1"], "event_type_f1": roles["event_type"]["f1"],
        "source_named_f1": roles["source_named"]["f1"], "actor_f1": roles["actor"]["f1"],
        "target_f1": roles["target"]["f1"], "places_f1": roles["places"]["f1"], "date_f1": roles["date"]["f1"],
        "modality_nonasserted_f1": roles["modality_nonasserted"]["f1"],
        "quantities_value_role_f1": result["quantities"]["value_role"]["f1"],
        "clusters_b3": result["clusters"]["bcubed_matched"]["f1"],
        "links_f1": result["clusters"]["cross_doc_links"]["f1"], "new_p": alerts["new"]["p"], "new_r": alerts["new"]["r"],
        "repeat_silence": alerts["repeat_silence"],
        **{f"told_{name}": result["told"][name] for name in ("worth_p", "usable_p", "at_once_r", "change_p", "change_r")},
        "told_per_document": result["told"]["per_document"], "told_changes": float(result["told"]["changes_told"]),
        "stories": float(len({a["cluster_id"] for a in articles})),
    }  # fmt: skip
    if name == "seeds":
        matched, told_once, shared = shared_clusters(module, gold, claims, table)
        figures |= {"shared_matched": float(matched), "shared_told_once": float(told_once), "shared": float(shared)}
    return figures


def shared_clusters(
    module: ModuleType, gold: list[dict[str, Any]], claims: list[dict[str, Any]], table: dict[str, Any]
) -> tuple[int, int, int]:
    """Clusters in both documents: matched (a claim of each in one cluster of ours), reported as new once, all."""
    pairs, _ = module.match(gold, claims, module.Names(table))
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    news: dict[str, int] = defaultdict(int)
    documents: dict[str, set[str]] = defaultdict(set)
    for index, line in enumerate(gold):
        if line.get("optional"):
            continue
        documents[line["cluster"]].add(line["doc"])
        if index in pairs:
            claim = claims[pairs[index]]
            found[line["cluster"]][line["doc"]].add(claim["cluster"])
            news[line["cluster"]] += claim["alert"] == "new"
    shared = [c for c, docs in documents.items() if len(docs) == 2]
    matched = [c for c in shared if len(found[c]) == 2 and set.intersection(*found[c].values())]
    return len(matched), sum(news[c] <= 1 for c in matched), len(shared)


def story_scores() -> dict[str, float]:
    """Stories of the ECB+ part, in stream order."""
    from types import SimpleNamespace

    from processors.match.stories import EMPTY, StoryIndex, StoryVector, article_vectors, joined
    from processors.match.vectors import words_of

    module = scorer("stories", "score_stories")
    index, predicted = StoryIndex(), {}
    for row in rows(EVAL / "stories" / "dev_articles.jsonl"):
        text = f"{row['title']}\n\n{row['text']}"
        article = SimpleNamespace(text=text, title=row["title"], language="en", source="")
        vectors = article_vectors(article, words_of(article.text))  # type: ignore[arg-type]
        story = index.nearest(vectors, 0)[0] or row["doc_id"]
        index.put(joined(index.stories.get(story) or StoryVector(story, EMPTY, 0, 0), vectors, 0))
        predicted[row["doc_id"]] = story
    gold = {row["doc_id"]: row["cluster_id"] for row in rows(EVAL / "stories" / "dev_gold.jsonl")}
    result, alerts = module.score(gold, predicted), module.new_story(list(gold), gold, predicted)
    return {"b3": round(result["bcubed"]["f1"], 4), "new_story_f1": round(alerts["f1"], 4)}


def all_scores() -> dict[str, dict[str, float]]:
    """Every table."""
    tables = {f"claims/{name}": claim_scores(name) for name in (*CLAIM_SETS, OWN)}
    tables["copies/dev"] = copy_scores()
    tables["stories/dev"] = story_scores()
    tables["cleaning/lines"] = cleaning_scores()
    tables["pages/languages"] = language_scores()
    return tables | {f"pages/{name}": page_scores(name) for name in PAGE_SETS}


if __name__ == "__main__":
    require_labels()
    scores = all_scores()
    text = json.dumps(scores, indent=1, sort_keys=True) + "\n"
    if "--write" in sys.argv:
        TABLES.write_text(text)
    print(text)
