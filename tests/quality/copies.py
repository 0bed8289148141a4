"""Near duplicates, scored on texts made from the ECB+ part as reprints are made: another headline, the end cut, a
sentence left out, one put in, some words changed."""

import json
import random
import re
from collections import defaultdict

from processors.match.near_duplicates import COPIED, SHINGLE, containment, sketch_of
from processors.match.vectors import words_of
from tests.quality.labelled import EVAL, rows

SEED = 7
SHORTEST = 400
# Two reports of one happening share less; what shares more is a copy in the data itself.
COPIES_ANYWAY, CERTAINLY_OTHER = 0.5, 0.3
Shingles = set[tuple[str, ...]]


def reprinted(text: str, words: list[str], source: random.Random) -> str:
    """The text as another outlet would reprint it."""
    kept = [s for s in re.split(r"(?<=[.!?])\s+", text) if s]
    kept = kept[: max(3, int(len(kept) * source.uniform(0.6, 1.0)))]
    if len(kept) > 6:
        del kept[source.randrange(1, len(kept))]
    kept.insert(source.randrange(len(kept) + 1), " ".join(source.choice(words) for _ in range(15)))
    body = " ".join(source.choice(words) if source.random() < 0.04 else w for w in " ".join(kept).split())
    return f"{' '.join(source.choice(words) for _ in range(8))}. {body}"


def shingles(text: str) -> Shingles:
    words = words_of(text)
    return {tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}


def shared(a: Shingles, b: Shingles) -> float:
    return len(a & b) / max(1, min(len(a), len(b)))


def copy_scores() -> dict[str, float]:
    """Recall of reprints, precision of what was said, and wrong pairs among the originals of one story, per 1,000."""

    texts = {row["doc_id"]: row["text"] for row in rows(EVAL / "stories" / "dev_articles.jsonl")}
    stories: dict[str, list[str]] = defaultdict(list)
    for row in rows(EVAL / "stories" / "dev_gold.jsonl"):
        stories[row["cluster_id"]].append(row["doc_id"])
    sketches = {doc: sketch_of(words_of(text)) for doc, text in texts.items()}
    whole = {doc: shingles(text) for doc, text in texts.items()}
    words, source = [w for t in texts.values() for w in t.split()], random.Random(SEED)
    right = wrong = missed = false = compared = 0
    for docs in stories.values():
        for doc in docs:
            if len(texts[doc]) >= SHORTEST:
                sketch = sketch_of(words_of(reprinted(texts[doc], words, source)))
                score, best = max((containment(sketch, sketches[other]), other) for other in docs)
                is_right = best == doc or shared(whole[best], whole[doc]) > COPIES_ANYWAY
                right, wrong = right + (score >= COPIED and is_right), wrong + (score >= COPIED and not is_right)
                missed += score < COPIED
            for other in docs:
                if other < doc and shared(whole[doc], whole[other]) < CERTAINLY_OTHER:
                    compared += 1
                    false += containment(sketches[doc], sketches[other]) >= COPIED
    return {
        "recall": round(right / (right + wrong + missed), 4),
        "precision": round(right / max(1, right + wrong), 4),
        # Negative, so that more is better, as in every table.
        "false_per_1000": -round(1000 * false / max(1, compared), 4),
    }


if __name__ == "__main__":
    print(json.dumps(copy_scores()))
