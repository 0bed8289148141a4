"""The claims stage and the matcher by themselves, one core."""

import random
import resource
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import wordfreq

from claimwire.ids import article_id
from claimwire.records.articles import Block, CleanArticle
from claimwire.records.vocabulary import BlockType
from claimwire.runtime.process_pool import collect_less
from processors.claims import claims_of
from processors.clean.document import Declared, Document, clean_document
from processors.match.matcher import Matcher
from processors.match.stories import article_vectors
from processors.match.vectors import words_of
from processors.match.window import Limits
from tests.bench.report import cpu_rate, report
from tests.corpus import read_stories
from tests.processors.match.articles import big_story
from tests.quality.reports import reports

CHARACTERS = 4_500
START = datetime(2026, 11, 1, tzinfo=UTC)
SMALL, LARGE, MEASURED = 10_000, 100_000, 2_000
BATCH = 50
ARTICLES_A_STORY = 8
STORY = 2_000


def texts() -> list[tuple[str, str]]:
    """Return title and text of our own English reports: the labelled ones and those of the corpus."""
    labelled = [report["text"].strip() for report in reports()]
    found = [(text.split("\n", 1)[0], text) for text in labelled]
    return found + [(s.title, "\n".join(s.body)) for s in read_stories() if s.language == "en"]


def documents() -> list[Document]:
    """Return the texts, cleaned."""
    cleaned = [
        clean_document(body.encode(), "text/plain", "utf-8", declared=Declared(title=title)) for title, body in texts()
    ]
    return [document for document in cleaned if isinstance(document, Document)]


def clean_article(number: int, title: str, text: str, blocks: tuple[Block, ...], with_claims: bool) -> CleanArticle:
    """A clean article, one a minute."""
    ident, when = article_id(f"https://bench.example/{number}", "bench"), START + timedelta(minutes=number % 20_000)
    claims = claims_of(ident, text, blocks, when.date()) if with_claims else ()
    return CleanArticle(
        article_id=ident, revision_id=str(number), url=None, source=f"Source {number % 50}", lane="live", language="en",
        fetched_at=when, first_seen_at=when, published_at=when, published_estimated=False, title=title, text=text,
        blocks=blocks, removed=(), claims=claims,
    )  # fmt: skip


def claims_and_matching() -> None:
    """Milliseconds of the claims stage for an article of 4,500 characters; articles a second through the matcher."""
    # As in the processes of the stage.
    collect_less()
    found = documents()
    characters = sum(len(d.text) for d in found)
    day = date(2026, 11, 1)
    [claims_of("a", d.text, d.blocks, day) for d in found]
    stage = cpu_rate(characters, lambda: [claims_of("a", d.text, d.blocks, day) for d in found])
    report("claims_stage", 1000 * CHARACTERS / stage, "CPU-ms for 4,500 characters", "goal", 25.0)
    articles = []
    for number, (title, body) in enumerate(texts()):
        text = f"{title}\n\n{body}"
        blocks = (Block(type=BlockType.PARAGRAPH, start=len(title) + 2, end=len(text)),)
        articles.append(clean_article(number, title, text, blocks, with_claims=True))
    vectors = cpu_rate(len(articles), lambda: [article_vectors(a, words_of(a.text)) for a in articles])
    matcher = Matcher(sqlite3.connect(":memory:", isolation_level=None))
    matched = cpu_rate(len(articles), lambda: [matcher.process(a, 0, n) for n, a in enumerate(articles)])
    report("matching_with_claims", matched, "articles/CPU-s", "article_vectors alone", vectors)


def growing_story() -> None:
    """CPU-milliseconds an article of a story of 2,000: of the last 200 against those of articles 200 to 400."""
    matcher = Matcher(sqlite3.connect(":memory:", isolation_level=None))
    spent = []
    for number, article in enumerate(list(big_story(STORY))):
        started = time.process_time()
        matcher.process(article, 0, number)
        spent.append(1000 * (time.process_time() - started))
    first, last = sum(spent[200:400]) / 200, sum(spent[-200:]) / 200
    report("matching_story_2000", last, "CPU-ms an article", "articles 200 to 400", first)


def synthetic(count: int) -> Iterator[CleanArticle]:
    """Articles without claims, in stories of their own words and names; the same for every run."""
    source = random.Random(11)
    words = wordfreq.top_n_list("en", 20_000)[300:]
    story: list[str] = []
    for number in range(count):
        if number % ARTICLES_A_STORY == 0:
            names = ["".join(source.choice("bdgklmnprstaeiou") for _ in range(7)).title() for _ in range(6)]
            story = source.sample(words, 60) + names * 3
        body = [*source.choices(story, k=90), *source.choices(words, k=60), str(source.randrange(2, 900))]
        source.shuffle(body)
        text = f"{' '.join(story[:6])}\n\n{' '.join(body)}."
        yield clean_article(number, " ".join(story[:6]), text, (), with_claims=False)


def window() -> None:
    """Articles a second with 100,000 articles in the window against 10,000, and the memory that they take."""
    db = sqlite3.connect("", isolation_level=None)
    matcher = Matcher(db, Limits(stories=1_000_000, articles=1_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds: dict[int, float] = {}
    spent = 0.0
    for number, article in enumerate(synthetic(LARGE + MEASURED)):
        started = time.process_time()
        if number % BATCH == 0:
            # As the runners do: one transaction for a batch.
            db.execute("COMMIT" if db.in_transaction else "SELECT 1")
            db.execute("BEGIN")
        matcher.process(article, 0, number)
        spent += time.process_time() - started
        if number in (SMALL, LARGE):
            spent = 0.0
        if number in (SMALL + MEASURED, LARGE + MEASURED - 1):
            seconds[number // SMALL] = spent / MEASURED
    small, large = (seconds[key] for key in sorted(seconds))
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    report("matching_window_100k", 1 / large, "articles/CPU-s", "window of 10,000", 1 / small)
    report("matching_window_memory", memory, "MiB for 100,000 articles", "goal", 300.0)
