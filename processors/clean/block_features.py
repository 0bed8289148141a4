"""Features of a run of text on its page, by name; their weights are in `data/block_weights.tsv`."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from processors.clean.blocks import HINT_NAMES, WORD, Layout
from processors.clean.lines import SENTENCE_END

LENGTHS = (2, 4, 7, 11, 16, 25, 40, 70)
SHARES = (0.01, 0.05, 0.15, 0.4, 0.7)
TAGS = frozenset(
    "p div li td blockquote h1 h2 h3 h4 figcaption section article ul dd dt th pre figure header aside address".split()
)
# Ordered: the order of a set differs between processes, and sums of weights depend on the order.
AROUND = tuple("article main aside header figure figcaption form table ul section blockquote li".split())
# Words about the site itself, its forms and its terms.
HOUSE = re.compile(
    r"cookie|privacy|consent|datenschutz|tracking|einwillig|zustimm|personal data|personenbezogen|confidential|third.part"
    r"|opt.out|advertis|javascript|browser|newsletter|subscri|abonn|e-?mail|sign up|log ?in|account|terms of|all rights|©"
    r"|copyright|privacidad|suscri|assin|priva[ct]|iscriv|подпи|реклам|クッキー|登録|会員"
)
# Maximum distance from the article's text at which a short line outside its container can belong to it.
REACH = 12
HOUSE_REACH = 300
NEAR = (-3, -2, -1, 1, 2, 3)


class PageContext:
    """Features of all runs of a page."""

    def __init__(self, layout: Layout, title: str | None) -> None:
        self._layout = layout
        runs, nodes = layout.runs, layout.nodes
        self._length = [bisect_right(LENGTHS, w) for w in layout.words]
        self._link = [min(4, int(d * 5)) for d in layout.density]
        self._end = ["S" if SENTENCE_END.search(r.text[-4:]) else "C" if r.text[-1] in ":,;" else "N" for r in runs]
        self._seen = Counter(r.text for r in runs)
        self._met: set[str] = set()
        self._title = frozenset(WORD.findall((title or "").lower()))
        self._titles = [self._likeness(r.text, w) for r, w in zip(runs, layout.words, strict=True)]
        self._title_at = next((n for n, share in enumerate(self._titles) if share > 0.7), -1)
        self._h1_at = next((n for n, r in enumerate(runs) if nodes[r.node].tag == "h1"), -1)
        styles: Counter[tuple[str, str]] = Counter()
        parents: Counter[int] = Counter()
        linked: Counter[int] = Counter()
        for n, run in enumerate(runs):
            node = nodes[run.node]
            parents[node.parent] += len(run.text)
            linked[node.parent] += run.linked
            if layout.depth[n] is not None:
                styles[node.tag, node.style] += layout.words[n]
        self._styles, self._inside = styles, max(1, styles.total())
        self._link_of_parent = {p: min(4, int(5 * linked[p] / size)) for p, size in parents.items()}

    def _likeness(self, text: str, count: int) -> float:
        if not self._title or not 0.3 <= count / len(self._title) <= 4:
            return 0.0
        words = frozenset(WORD.findall(text.lower()))
        return len(words & self._title) / len(words | self._title)

    def is_possible(self, number: int) -> bool:
        """Return whether a run can belong to the article: in its container, running text, or close to it."""
        layout = self._layout
        return (
            layout.depth[number] is not None
            or layout.is_text[number]
            or layout.first - REACH <= number <= layout.last + REACH
        )

    def features(self, number: int) -> list[str]:
        """Return the names of the features of a run."""
        run, layout = self._layout.runs[number], self._layout
        tag = layout.nodes[run.node].tag
        tag = tag if tag in TAGS else "other"
        position = "in" if layout.first <= number <= layout.last else "pre" if number < layout.first else "post"
        place = ("I" if layout.depth[number] is not None else "O") + position
        return [
            *self._own(number, tag), *self._placed(number, tag, position, place), *self._hinted(number, place),
            *self._lettered(number, position, place), *self._beside(number),
        ]  # fmt: skip

    def _own(self, n: int, tag: str) -> list[str]:
        length, link = self._length[n], self._link[n]
        end = self._end[n]
        return [
            f"len{length}", f"link{link}", f"tag {tag}", f"len{length}{end}", f"tag {tag} link{link}",
            f"len{length // 2} link{link}",
        ]  # fmt: skip

    def _placed(self, n: int, tag: str, position: str, place: str) -> list[str]:
        layout, length, link = self._layout, self._length[n], self._link[n]
        node = layout.nodes[layout.runs[n].node]
        gap = {"in": "", "post": str(min(4, (n - layout.last) // 2)), "pre": str(min(4, (layout.first - n) // 2))}[
            position
        ]
        style = bisect_right(SHARES, self._styles[node.tag, node.style] / self._inside)
        return [
            place, f"{place}{gap}", f"{place} tag {tag}", f"{place} len{length // 2}", f"{place}{self._end[n]}",
            f"{place} link{min(2, link)}", f"style{style}{place[0]}", f"style{style} tag {tag}",
            f"parent link{self._link_of_parent[node.parent]}",
        ]  # fmt: skip

    def _hinted(self, n: int, place: str) -> list[str]:
        layout, length = self._layout, self._length[n]
        node = layout.nodes[layout.runs[n].node]
        around, tags = layout.below(layout.runs[n].node)
        own = node.hints if layout.runs[n].node not in layout.above_best else 0
        parent = layout.nodes[node.parent].hints if node.parent >= 0 and node.parent not in layout.above_best else 0
        names = []
        for bit, name in enumerate(HINT_NAMES):
            if around >> bit & 1:
                names += [f"around {name}", f"around {name} {place}"]
            if own >> bit & 1:
                names += [f"own {name}", f"own {name} len{length // 3}"]
            elif parent >> bit & 1:
                names.append(f"parent {name}")
        return names + [f"in {tag}" for tag in AROUND if tag in tags]

    def _lettered(self, n: int, position: str, place: str) -> list[str]:
        run, length = self._layout.runs[n], self._length[n]
        text, likeness = run.text, self._titles[n]
        house = min(3, len(HOUSE.findall(text[:HOUSE_REACH].lower())))
        title = (
            "x" if self._title_at < 0 else "after" if n > self._title_at else "is" if n == self._title_at else "before"
        )
        names = [f"title {title} {position}", f"h1 {'x' if self._h1_at < 0 else int(n > self._h1_at)}"]
        if likeness > 0.3:
            names.append("title" if likeness > 0.6 else "near title")
        if self._seen[text] > 1:
            names += ["twice", f"twice {place}", f"twice {text in self._met:d}{length // 3}"]
            self._met.add(text)
        if house:
            names += [f"house{house}", f"house{min(2, house)}{place}"]
        if run.bold >= 0.8 * len(text):
            names += ["bold", f"bold {position}"]
        flags = {
            "only link": bool(run.links) and self._link[n] == 4, "upper": text.isupper(), "bar": "©" in text or "|" in text,
            "at": "@" in text or "http" in text, "asks": "?" in text[-2:], "quoted": text[0] in "\"“„«‘'",
            "lower": text[0].islower(),
        }  # fmt: skip
        return names + [name for name, holds in flags.items() if holds]

    def _beside(self, n: int) -> list[str]:
        around = [(step, n + step) for step in (-1, 1)]
        return [
            f"{step} len{self._length[i] // 2} link{self._link[i] // 2}"
            if 0 <= i < len(self._length)
            else f"{step} none"
            for step, i in around
        ]


def context(first: Sequence[float], n: int) -> list[str]:
    """Return the first pass's scores of a run and its neighbours as features for the second pass."""
    tenth = [min(9, int(p * 10)) for p in first[max(0, n - 6) : n + 7]]
    at = min(n, 6)
    names = [f"P{tenth[at]}"]
    for step in NEAR:
        there = n + step
        names.append(f"P{step} {min(9, int(first[there] * 10)) // 2 if 0 <= there < len(first) else 'x'}")
    before, after = max(tenth[:at], default=0) // 2, max(tenth[at + 1 :], default=0) // 2
    return [*names, f"P before{before} after{after}", f"P{tenth[at] // 2} before{before} after{after}"]
