"""`claimwire batch FILES... --out DIR`."""

import argparse
import time
from datetime import date
from pathlib import Path

from claimwire.config.settings import Loaded
from claimwire.errors import ConfigError
from claimwire.text.words import value_words
from console.batch import read_inputs, run_batch, write_results
from console.cli.output import print_json, print_table

POOL_FROM = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help=".txt, .html or .jsonl")
    parser.add_argument("--out", required=True, metavar="DIR", help="output folder for articles.jsonl and claims.jsonl")
    parser.add_argument("--published", type=_date, metavar="DATE", help="publication date of documents without one")


def _date(text: str) -> date:
    return date.fromisoformat(text)


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    started = time.monotonic()
    documents = list(read_inputs(arguments.files, arguments.published))
    if not documents:
        raise ConfigError("batch: no documents in the files")
    settings = loaded.settings
    log, names = run_batch(documents, settings, in_children=len(documents) >= POOL_FROM)
    counted: dict[str, object] = dict(write_results(log, names, Path(arguments.out)))
    log.close()
    counted["seconds"] = round(time.monotonic() - started, 2)
    if arguments.json:
        print_json(counted)
    else:
        print_table(("batch", ""), [(value_words("verdict", name), count) for name, count in counted.items()])
    return 0 if counted["articles"] or counted.get("rejected") else 1
