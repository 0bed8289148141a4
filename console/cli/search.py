"""`claimwire search WORDS`: articles (or another kind) with all words and "quoted phrases", newest first."""

import argparse

from claimwire.config.settings import Loaded
from claimwire.errors import ConfigError
from claimwire.store import FACETS, KINDS
from claimwire.store.drivers import open_settings_store
from claimwire.text.words import value_words
from console.cli.output import print_json
from console.queries.claim_filter import checked
from sinks.notify.notifications import plain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD", help='words and "quoted phrases", all of which must match')
    parser.add_argument("--kind", choices=KINDS, default="articles", help="kind of document (default: articles)")
    parser.add_argument("--filter", action="append", default=[], metavar="FIELD=VALUE", help="only with this value")
    parser.add_argument("--facet", metavar="FIELD", help="the most frequent values of a field instead of hits")
    parser.add_argument("--limit", type=int, default=20, help="maximum hits (default: 20)")


def query_of(words: list[str]) -> str:
    """Join the arguments into a query; one with a space was quoted in the shell and becomes a phrase."""
    return " ".join(f'"{w}"' if " " in w and '"' not in w else w for w in words)


def filters_of(kind: str, texts: list[str]) -> dict[str, str]:
    """Parse FIELD=VALUE texts into filters. Raises ConfigError."""
    filters = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or name not in FACETS[kind]:
            raise ConfigError(f"--filter {text}: expected FIELD=VALUE, FIELD of {', '.join(FACETS[kind])}")
        filters[name] = value
    if kind != "feeds":
        # The language of a feed may include a country (en-GB).
        checked({name: (value,) for name, value in filters.items()})
    return filters


def _facet_line(name: str, value: str, count: int) -> str:
    """Return a value with its count: in plain words, and in the form of `--filter` if that differs."""
    words = value_words(name, value)
    return f"{count:6}  {plain(words)}" + (f"  ({name}={plain(value)})" if words != value else "")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    filters = filters_of(arguments.kind, arguments.filter)
    store = open_settings_store(loaded.settings)
    query = query_of(arguments.words)
    try:
        if arguments.facet:
            rows = store.facets(arguments.kind, [arguments.facet], query, filters, arguments.limit)[arguments.facet]
            print_json(dict(rows)) if arguments.json else [print(_facet_line(arguments.facet, *row)) for row in rows]
            return 0
        found = store.search(arguments.kind, query, filters, arguments.limit)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    finally:
        store.close()
    if arguments.json:
        print_json({"total": found.total, "hits": [{"id": h.id, **h.body} for h in found.hits]})
        return 0
    print(f"{found.total} {arguments.kind}")
    for hit in found.hits:
        body = hit.body
        title = body.get("line") or body.get("title") or body.get("evidence") or str(body.get("text", ""))[:120]
        print(f"- {plain(str(title))}")
        detail = [body.get("source"), body.get("url"), str(body.get("published_at") or body.get("first_seen_at"))[:16]]
        detail += [f"story: {body['story_title']}"] if body.get("story_title") else []
        print(f"  {plain(' · '.join(d for d in detail if d))}")
        if hit.highlight:
            # The store separates title and sentence by this character.
            print(f"  {plain(hit.highlight.replace('␞', '·'))}")
    return 0
