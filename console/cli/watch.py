"""`claimwire watch`: reported claims as they are decided, by verdict, story, source or words; `--all` with the others."""

import argparse
import sys
import time

from claimwire import topics
from claimwire.log import open_settings_log
from claimwire.reading import readable
from claimwire.records import Sighting, Verdict, encode
from claimwire.settings import Loaded
from claimwire.store import VOCABULARIES
from claimwire.vocabulary import ReportReason
from console.claim_filter import ClaimFilter, checked, since_of
from sinks.notices import mark_of, painted, plain

FLAGS = {
    "source": "source",
    "claimant": "claimant",
    "event_type": "event_type",
    "modality": "modality",
    "place": "places",
    "language": "language",
    "reason": "reason",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--verdict", action="append", choices=[v.value for v in Verdict], help="only these verdicts")
    parser.add_argument("--all", action="store_true", help="also the claims that are not reported, with the reason")
    parser.add_argument("--story", help="only a story whose title or id holds this")
    parser.add_argument("--text", default="", help='only with these words and "quoted phrases" in title or sentence')
    for flag, name in FLAGS.items():
        words = VOCABULARIES.get(name)
        listed = f": {', '.join(words)}" if words else ""
        parser.add_argument(
            f"--{flag.replace('_', '-')}", action="append", help=f"only with this value; may be given again{listed}"
        )
    parser.add_argument("--since", metavar="WHEN", help="begin there: hours, or like 90m, 24h, 7d, or a date")
    parser.add_argument("--for", type=float, dest="seconds", metavar="SECONDS", help="end after so many seconds")


def filter_of(arguments: argparse.Namespace) -> ClaimFilter:
    """The filter that the flags name: that of the page's address. Raises ConfigError for a value that cannot be."""
    fields = {field: getattr(arguments, flag) for flag, field in FLAGS.items()} | {"verdict": arguments.verdict}
    if arguments.all and not arguments.reason:
        fields["reason"] = [reason.value for reason in ReportReason]
    return ClaimFilter(arguments.text, checked({name: tuple(values) for name, values in fields.items() if values}))


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    wanted = filter_of(arguments)
    log = open_settings_log(loaded.settings)
    starts = log.ends(topics.CLAIMS)
    if arguments.since:
        since = (
            f"{float(arguments.since) * 60:.0f}m" if arguments.since.replace(".", "", 1).isdigit() else arguments.since
        )
        starts = log.offsets_at(topics.CLAIMS, int(since_of(since).timestamp() * 1000))
    tail = log.tail(topics.CLAIMS, starts)
    deadline = time.monotonic() + arguments.seconds if arguments.seconds is not None else None
    while deadline is None or time.monotonic() < deadline:
        for message in tail.poll(0.3):
            for _, sighting in readable((message,), Sighting):
                _show(sighting, wanted, arguments)
    tail.close()
    log.close()
    return 0


def _show(sighting: Sighting, wanted: ClaimFilter, arguments: argparse.Namespace) -> None:
    story = f"{sighting.title or ''} {sighting.story_id}".casefold()
    if not wanted.fits(sighting) or (arguments.story and arguments.story.casefold() not in story):
        return
    if arguments.json:
        print(encode(sighting).decode(), flush=True)
        return
    who, mark = ", ".join(sighting.claim.claimant), painted(mark_of(sighting.verdict), sys.stdout)
    why = "" if sighting.reported else f" · not reported: {sighting.reason.replace('_', ' ')}"
    print(f"{mark} {plain(sighting.evidence)}\n{'':13} {plain(who)} · {plain(sighting.source)}{why}", flush=True)
