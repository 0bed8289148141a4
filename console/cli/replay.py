"""`claimwire replay FILE.warc.gz`: the pages of web archives, as back-fill in lanes of their own."""

import argparse
from collections import Counter
from pathlib import Path

from claimwire import topics
from claimwire.errors import ConfigError, ParseError
from claimwire.log import Log, Message
from claimwire.settings import Loaded
from console.cli.output import print_json, print_table, progress
from console.runtime import open_settings_log
from producers.articles import opened, raw_message
from producers.warc import archived_articles

BATCH = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a web archive: .warc, .warc.gz or .arc.gz")
    parser.add_argument("--source", help="the source that all pages are of (default: each page's host)")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    paths = [Path(name) for name in arguments.files]
    for path in paths:
        if not path.is_file():
            raise ConfigError(f"{path}:0: file: no such file")
    log = open_settings_log(loaded.settings)
    log.ensure_topics(topics.TOPICS)
    counted: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    broken = []
    for path in paths:
        try:
            _publish(log, path, arguments.source, counted, passed)
        except (ParseError, OSError) as error:
            broken.append(str(error))
            progress(f"{error}; what came before it is taken")
    log.close()
    if arguments.json:
        print_json({"articles": counted["articles"], "passed_over": dict(sorted(passed.items())), "broken": broken})
    else:
        rows = [("articles", counted["articles"]), *((f"passed over: {why}", n) for why, n in sorted(passed.items()))]
        print_table(("replay", ""), rows)
    return 1 if broken else 0


def _publish(log: Log, path: Path, source: str | None, counted: Counter[str], passed: Counter[str]) -> None:
    """Raises ParseError or OSError, after what could be read is published."""
    batch: list[Message] = []
    try:
        for article in archived_articles(path, source, passed):
            batch += [opened(article, "replay"), raw_message(article)]
            counted["articles"] += 1
            if len(batch) >= 2 * BATCH:
                log.publish(batch)
                batch = []
                progress(f"{path}: {counted['articles']} articles")
    finally:
        log.publish(batch)
