"""`claimwire extract FILE`: the clean text and claims of one document."""

import argparse
from datetime import date

from claimwire.errors import ConfigError
from claimwire.settings import Loaded
from console.batch import article_row, claim_row, read_inputs, run_batch
from console.cli.output import print_json
from sinks.notify import plain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=".html or .txt")
    parser.add_argument("--published", type=date.fromisoformat, metavar="DATE", help="publication date")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    from claimwire import topics
    from claimwire.ledger import read_ledger
    from claimwire.records import Article, decode

    if arguments.file.endswith(".jsonl"):
        raise ConfigError(f"{arguments.file}:0: file: extract reads one document; batch reads .jsonl")
    log, names = run_batch(list(read_inputs([arguments.file], arguments.published)), loaded.settings)
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
    print(article.clean.text)
    print()
    for removed in article.clean.removed:
        print(f"removed  line {removed.line + 1} ({removed.rule}): {plain(removed.text)}")
    for sighting in article.sightings:
        claim = sighting.claim
        numbers = ", ".join(f"{q.value:g} {q.unit} {q.role}" for q in claim.quantities)
        print(f"claim    {claim.start}-{claim.end} {claim.event_type} {claim.modality}: {plain(sighting.evidence)}")
        print(f"         says {', '.join(claim.claimant)} ({claim.cue or 'no cue'}); {', '.join(claim.actor) or '-'} -> "
              f"{', '.join(claim.target) or '-'}; {numbers or 'no numbers'}; {', '.join(claim.places) or 'no place'}")  # fmt: skip
    return 0
