"""`claimwire extract FILE|URL`: print the clean text and the claims of one document."""

import argparse
import asyncio
from datetime import UTC, date, datetime, time

from claimwire.config.settings import Loaded, Settings
from claimwire.errors import ConfigError
from claimwire.ids import host_of
from claimwire.records.base import decode
from claimwire.records.sightings import Article, Sighting
from claimwire.text.display import claim_line, quantity_text, shown, speaker_words
from claimwire.text.words import words_of
from console.batch import Input, article_row, claim_row, read_inputs, run_batch
from console.cli.output import print_json
from processors.claims import PACKS
from processors.claims.events.local_day import local_day
from processors.claims.explain import explained
from producers.http.fetch import Fetched, Fetcher
from sinks.notify.notifications import plain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE|URL", help=".html or .txt, or a page's URL")
    parser.add_argument("--explain", action="store_true", help="show for each sentence what was extracted and why")
    parser.add_argument("--published", type=date.fromisoformat, metavar="DATE", help="publication date")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    from claimwire import topics
    from claimwire.ledger import read_ledger

    if arguments.file.endswith(".jsonl"):
        raise ConfigError(f"{arguments.file}:0: file: extract reads one document; batch reads .jsonl")
    if arguments.file.startswith(("http://", "https://")):
        documents = [_fetched(arguments.file, arguments.published, loaded.settings)]
    else:
        documents = list(read_inputs([arguments.file], arguments.published))
    log, names = run_batch(documents, loaded.settings)
    articles = [
        decode(m.value, Article) for p in range(topics.ARTICLES.partitions) for m in log.read(topics.ARTICLES, p)
    ]
    if not articles:
        outcome = next(iter(read_ledger(log).values()))
        print(f"{outcome.state.value}: {outcome.reason}")
        return 1
    article, doc = articles[0], next(iter(names.values()))
    if arguments.json:
        print_json({**article_row(article, doc), "claims": [claim_row(s, doc) for s in article.sightings]})
        return 0
    if arguments.explain:
        _print_explanation(article)
        return 0
    print(article.clean.text)
    print()
    print(f"body     by the route {article.clean.route.value}, confidence {article.clean.confidence:.2f}")
    for name in ("byline", "dateline", "canonical", "provenance"):
        if value := getattr(article.clean, name):
            print(f"{name:<9}{plain(value)}")
    for removed in article.clean.removed:
        print(f"removed  line {removed.line + 1} ({removed.rule}): {plain(removed.text)}")
    for sighting in article.sightings:
        _print_claim(sighting)
    return 0


def _print_claim(sighting: Sighting) -> None:
    claim = sighting.claim
    found, numbers = shown(sighting), ", ".join(map(quantity_text, claim.quantities))
    print(f"claim    {claim.start}-{claim.end}: {plain(claim_line(found))}")
    who = plain(speaker_words(found)) or "the outlet"
    if claim.claimant_text not in ("", name := ", ".join(claim.claimant)):
        who += f" [{name}]"
    print(f"         {words_of(claim.event_type)}; said by {who} ({claim.cue or 'no verb'}); "
          f"{', '.join(claim.actor) or '-'} -> {', '.join(claim.target) or '-'}; {numbers or 'no numbers'}; "
          f"{', '.join(claim.places) or 'no place'}")  # fmt: skip


def _print_explanation(article: Article) -> None:
    clean = article.clean
    if clean.language not in PACKS:
        print(f"language {clean.language}: no language pack; its headline is its one claim")
        return
    last = ""
    day = local_day(clean.published_at or clean.first_seen_at, None, clean.url)
    for found in explained(clean.text, clean.blocks, day):
        if found.sentence != last:
            last = found.sentence
            print(f"\n{plain(found.sentence)}")
        print(f"  {'claim' if found.is_claim else 'other'}  {plain(found.evidence)}")
        for line in found.lines:
            print(f"         {plain(line)}")


def _fetched(url: str, published: date | None, settings: Settings) -> Input:
    """Fetch the page at a URL with the producers' limits and address guard. Raises FetchError."""

    async def fetch() -> Fetched:
        async with Fetcher(settings) as fetcher:
            return await fetcher.fetch(url, settings.max_page_bytes)

    page = asyncio.run(fetch())
    when = datetime.combine(published, time(12), UTC) if published else None
    kind = page.media_type or "text/html"
    return Input(page.url, host_of(page.url), page.url, when, None, None, kind, page.body, datetime.now(UTC))
