"""`claimwire watch`: print reported claims as they arrive, filtered; `--all` includes unreported ones."""

import argparse
import threading
import time
from collections.abc import Callable

from claimwire import topics
from claimwire.config.settings import Loaded
from claimwire.log import Log, open_settings_log
from claimwire.log.reading import readable
from claimwire.records.base import encode
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import ReportReason, Verdict
from claimwire.store import VOCABULARIES
from claimwire.text.display import reason_words, shown
from console.queries.claim_filter import ClaimFilter, checked, since_of
from sinks.notify.notifications import claim_lines

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
    parser.add_argument("--all", action="store_true", help="include claims that are not reported, with the reason")
    parser.add_argument("--story", help="only stories with this text in title or id")
    parser.add_argument("--text", default="", help='only with these words and "quoted phrases" in title or sentence')
    for flag, name in FLAGS.items():
        words = VOCABULARIES.get(name)
        listed = f": {', '.join(words)}" if words else ""
        parser.add_argument(
            f"--{flag.replace('_', '-')}", action="append", help=f"only with this value; repeatable{listed}"
        )
    parser.add_argument("--since", metavar="WHEN", help="start time: hours, or like 90m, 24h, 7d, or a date")
    parser.add_argument("--for", type=float, dest="seconds", metavar="SECONDS", help="exit after this many seconds")


def filter_of(arguments: argparse.Namespace) -> ClaimFilter:
    """Return the filter of the flags, the same as in the page's URL. Raises ConfigError for an invalid value."""
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
    printed: set[tuple[str, bool]] = set()
    deadline = time.monotonic() + arguments.seconds if arguments.seconds is not None else None
    while deadline is None or time.monotonic() < deadline:
        for message in tail.poll(0.3):
            for _, sighting in readable((message,), Sighting):
                _show(sighting, wanted, arguments, printed)
    tail.close()
    log.close()
    return 0


def _show(
    sighting: Sighting, wanted: ClaimFilter, arguments: argparse.Namespace, printed: set[tuple[str, bool]]
) -> None:
    story = f"{sighting.story_title or ''} {sighting.title or ''} {sighting.story_id}".casefold()
    if not wanted.fits(sighting) or (arguments.story and arguments.story.casefold() not in story):
        return
    if arguments.json:
        print(encode(sighting).decode(), flush=True)
        return
    # A later revision repeats the claims that it still makes.
    once = sighting.claim_id, bool(sighting.withdrawn_in)
    if once not in printed:
        printed.add(once)
        print_claim(sighting)


def print_claim(sighting: Sighting) -> None:
    """Print a claim, with a note if it is not reported or no longer in its article."""
    found = shown(sighting)
    notes = [f"not reported: {reason_words(found)}"] if not sighting.reported else []
    notes += ["no longer in the article"] if sighting.withdrawn_in else []
    print(claim_lines(found, note="; ".join(notes)), flush=True)


def unreported(log: Log, stop: threading.Event) -> Callable[[], None]:
    """Return a function that prints new claims that are not reported, until `stop`."""
    tail = log.tail(topics.CLAIMS, log.ends(topics.CLAIMS))

    def follow() -> None:
        while not stop.is_set():
            for _, sighting in readable(tail.poll(0.3), Sighting):
                if not (sighting.reported or sighting.withdrawn_in or sighting.backfill):
                    print_claim(sighting)
        tail.close()

    return follow
