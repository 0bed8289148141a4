"""`claimwire watch`: claims as they are decided, by verdict, story, source or words."""

import argparse
import time

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import open_settings_log
from claimwire.records import Sighting, Verdict, decode, encode
from claimwire.settings import Loaded
from sinks.notices import MARKS, plain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--verdict", action="append", choices=[v.value for v in Verdict], help="only these verdicts")
    parser.add_argument("--story", help="only a story whose title or id holds this")
    parser.add_argument("--source", help="only this source")
    parser.add_argument("--since", type=float, default=0.0, metavar="HOURS", help="begin so many hours back")
    parser.add_argument("--for", type=float, dest="seconds", metavar="SECONDS", help="end after so many seconds")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    log = open_settings_log(loaded.settings)
    back = int((time.time() - arguments.since * 3600) * 1000)
    starts = log.offsets_at(topics.CLAIMS, back) if arguments.since else log.ends(topics.CLAIMS)
    tail = log.tail(topics.CLAIMS, starts)
    wanted = set(arguments.verdict or [v.value for v in Verdict if v is not Verdict.REPEAT])
    deadline = time.monotonic() + arguments.seconds if arguments.seconds is not None else None
    while deadline is None or time.monotonic() < deadline:
        for message in tail.poll(0.3):
            if message.value is None:
                continue
            try:
                _show(decode(message.value, Sighting), wanted, arguments)
            except ContractError:
                continue
    tail.close()
    log.close()
    return 0


def _show(sighting: Sighting, wanted: set[str], arguments: argparse.Namespace) -> None:
    story = f"{sighting.title or ''} {sighting.story_id}".casefold()
    if sighting.verdict.value not in wanted or (arguments.source and sighting.source != arguments.source):
        return
    if arguments.story and arguments.story.casefold() not in story:
        return
    if arguments.json:
        print(encode(sighting).decode(), flush=True)
        return
    who = ", ".join(sighting.claim.claimant)
    print(
        f"{MARKS[sighting.verdict.value]:<13} {plain(sighting.evidence)}\n{'':13} {plain(who)} · {plain(sighting.source)}",
        flush=True,
    )
