"""Bodies of the labelled pages: `python -m tests.quality.pages` prints scores by language and the ten worst pages.

Errors of a page are shown as the lines that are too much (+) and those that are missing (-).
"""

import gzip
import json
import re
from collections import Counter
from functools import cache
from typing import Any, NamedTuple

from processors.clean import body_text
from processors.clean.language import language_of
from processors.clean.page import parse_page
from tests.quality.labelled import EVAL, PAGE_SETS, scorer

WORST, LINES = 10, 6
LEAST_PAGES = 3
WORD = re.compile(r"\w+")


class ScoredPage(NamedTuple):
    name: str
    page: str
    language: str
    html: str
    truth: str
    text: str
    score: Any

    @property
    def f1(self) -> float:
        precision, recall = self.score[0] or 0.0, self.score[1] or 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@cache
def scored_pages() -> tuple[ScoredPage, ...]:
    module, found = scorer("extraction", "score_extraction"), []
    for name in PAGE_SETS:
        folder = EVAL / "extraction" / name
        for page, truth in sorted(json.loads((folder / "truth.json").read_text("utf-8")).items()):
            html = gzip.decompress((folder / "html" / f"{page}.html.gz").read_bytes()).decode("utf-8")
            text, body = body_text(html), truth["articleBody"]
            found.append(
                ScoredPage(name, page, language_of(None, body), html, body, text, module.score_body(truth, text))
            )
    return tuple(found)


def summary(pages: list[ScoredPage]) -> dict[str, float]:
    """Macro precision and recall, and F1 of the two, as the scorer has them."""
    module = scorer("extraction", "score_extraction")
    precision = module.mean([p.score[0] for p in pages if p.score[0] is not None])
    recall = module.mean([p.score[1] for p in pages if p.score[1] is not None])
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / (precision + recall), 4),
    }


def page_scores(name: str) -> dict[str, float]:
    """Precision, recall and F1 of `body_text` on one set of labelled pages."""
    return summary([p for p in scored_pages() if p.name == name])


def language_scores() -> dict[str, float]:
    """F1 of the languages that have some pages, over all sets."""
    counts = Counter(p.language for p in scored_pages())
    return {
        language: summary([p for p in scored_pages() if p.language == language])["f1"]
        for language, count in sorted(counts.items())
        if count >= LEAST_PAGES
    }


def wrong_lines(page: ScoredPage) -> list[str]:
    """Lines of the answer that are not in the truth, and the other way round."""
    found = []
    for sign, ours, theirs in (("+", page.text, page.truth), ("-", page.truth, page.text)):
        known = set(WORD.findall(theirs))
        strange = [
            line
            for line in ours.splitlines()
            if sum(w in known for w in WORD.findall(line)) < 0.6 * len(WORD.findall(line))
        ]
        found += [f"  {sign} {line[:110]}" for line in strange[:LINES]]
    return found


def main() -> None:
    for name in PAGE_SETS:
        print(f"{name}: {json.dumps(page_scores(name))}")
    counts = Counter(p.language for p in scored_pages())
    for language, f1 in language_scores().items():
        print(f"{language} ({counts[language]} pages): {f1}")
    for page in sorted(scored_pages(), key=lambda p: p.f1)[:WORST]:
        route = parse_page(page.html).route
        print(f"{page.f1:.3f} {page.name}/{page.page} by the route {route}")
        print("\n".join(wrong_lines(page)))


if __name__ == "__main__":
    main()
