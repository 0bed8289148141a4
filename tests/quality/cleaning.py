"""Cleaning of lines, scored on boilerplate put into the true bodies of the labelled pages.

Every body gets lines of the catalogue, lines in wordings that no rule names, and running text that only looks like
boilerplate, at the places where such lines stand.
"""

import json
import random
import re
from functools import cache
from pathlib import Path

from processors.clean.lines import clean_lines, is_body_sentence
from processors.clean.rules import catalogue
from tests.conftest import shared

SEED = 3
NEGATIVES = (
    "The source link between the two outbreaks was a well in the old town, doctors said on Monday.",
    "The copyright case over the song ended on Friday with a settlement, the lawyers said.",
    "Comments by the minister drew anger in the capital.",
    "“The [sic] bridge is safe”, he wrote.",
    "“Leave a Reply”, a play by Ana Lima, opens on Friday.",
    "Subscribers to the newspaper fell by a third last year, its publisher said.",
    "The app was downloaded three million times before the ministry had it blocked.",
)
HERE = Path(__file__).resolve().parent


@cache
def bodies() -> tuple[tuple[str, ...], ...]:
    """The true bodies of the labelled pages, in lines."""
    found = []
    for name in ("benchmark", "publishers"):
        for truth in json.loads(shared("eval", "extraction", name, "truth.json").read_text("utf-8")).values():
            text = truth if isinstance(truth, str) else truth["articleBody"]
            lines = tuple(" ".join(line.split()) for line in text.splitlines() if re.search(r"[^\W_]", line))
            if sum(is_body_sentence(line) for line in lines) >= 3:
                found.append(lines)
    return tuple(found)


def unseen() -> list[str]:
    text = (HERE / "unseen_lines.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def seen() -> list[tuple[str, str]]:
    """(anchor, line) of the catalogue."""
    return [(rule["anchor"], line) for rule in catalogue() for line in (*rule["examples"], *rule.get("phrases", ()))]


def cleaning_scores() -> dict[str, float]:
    """Recall of boilerplate lines by kind, precision of what is removed, body characters lost, edits, second passes."""
    source = random.Random(SEED)
    known, new = seen(), unseen()
    put = {"seen": 0, "unseen": 0}
    gone = {"seen": 0, "unseen": 0}
    wrong = lost = characters = edits = changed = 0
    for body in bodies():
        head = [line for anchor, line in source.sample(known, 3) if anchor == "head"]
        tail = [line for anchor, line in source.sample(known, 3) if anchor != "head"]
        strange = source.sample(new, 2)
        middle = len(body) // 2
        negative = source.choice(NEGATIVES)
        lines = [*head, *body[:middle], negative, *body[middle:], *strange, *tail]
        cleaned = clean_lines(lines)
        removed = [r.text for r in cleaned.removed]
        put["seen"], put["unseen"] = put["seen"] + len(head + tail), put["unseen"] + len(strange)
        gone["seen"] += sum(line in removed for line in head + tail)
        gone["unseen"] += sum(line in removed for line in strange)
        false = [line for line in removed if line not in {*head, *tail, *strange}]
        wrong, lost = wrong + len(false), lost + sum(map(len, false))
        characters += sum(map(len, body))
        edits += sum(text != lines[number] for number, text in cleaned.kept)
        changed += clean_lines([t for _, t in cleaned.kept]).kept != tuple(
            (n, t) for n, (_, t) in enumerate(cleaned.kept)
        )
    return {
        "recall_seen": round(gone["seen"] / put["seen"], 4),
        "recall_unseen": round(gone["unseen"] / put["unseen"], 4),
        "precision": round((gone["seen"] + gone["unseen"]) / max(1, gone["seen"] + gone["unseen"] + wrong), 4),
        "kept_of_body": round(1 - lost / characters, 5),
        "lines_untouched": 1.0 - edits,
        "second_pass_same": round(1 - changed / len(bodies()), 4),
    }


if __name__ == "__main__":
    print(json.dumps(cleaning_scores(), indent=1))
