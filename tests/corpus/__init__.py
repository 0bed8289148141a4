"""Pages of our own for tests and benches: 60 invented reports in eleven languages, each in one of twenty layouts.

They are made, not kept: the same bytes for every run.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.corpus.layouts import LAYOUTS
from tests.corpus.story import Chrome, Story

STORIES = Path(__file__).resolve().parent / "stories.toml"
# Encodings of a language's pages before UTF-8.
LEGACY = {"ru": "windows-1251", "tr": "windows-1254", "ja": "shift_jis", "zh": "gb18030", "ar": "windows-1256"}
WESTERN = "windows-1252"


@dataclass(frozen=True)
class Page:
    """A page: `html` in the encoding that it declares; `story` is the report in it."""

    name: str
    url: str
    html: bytes
    encoding: str
    layout: str
    story: Story


@cache
def own_pages() -> tuple[Page, ...]:
    """Return all pages; each layout has three, each of another story, and a third of all are not in UTF-8."""
    return tuple(_pages())


def _pages() -> Iterator[Page]:
    stories, layouts = list(read_stories()), list(LAYOUTS.items())
    for number, story in enumerate(stories):
        # Steps of 7 over 20 layouts: a story's three pages, and a language's, differ in their layout.
        layout, render = layouts[number * 7 % len(layouts)]
        name = f"{story.language}-{story.id}-{layout}"
        encoding = LEGACY.get(story.language, WESTERN) if number % 3 == 1 else "utf-8"
        url = f"https://{layout}.example/{story.language}/{story.id}"
        html = render(story, encoding).encode(encoding, "xmlcharrefreplace")
        yield Page(name, url, html, encoding, layout, story)


def read_stories() -> Iterator[Story]:
    """Yield each story of the file in each of its wordings."""
    table = tomllib.loads(STORIES.read_text("utf-8"))
    chrome = {language: Chrome(**{k: _kept(v) for k, v in row.items()}) for language, row in table["chrome"].items()}
    for row in table["story"]:
        for number, words in enumerate(row["told"]):
            yield Story(
                id=f"{row['id']}{number}", language=row["language"], section=row["section"], author=row["author"],
                title=row["title"].format(**words), body=tuple(row["body"].format(**words).strip().splitlines()),
                chrome=chrome[row["language"]],
            )  # fmt: skip


def _kept(value: str | list[str]) -> str | tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else value
