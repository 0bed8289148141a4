"""The claims that are not reported, with the reason in plain words: `run --all`, `demo --all`."""

import threading
import time

import msgspec

from claimwire import topics
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.records.base import encode
from claimwire.records.sightings import Sighting
from claimwire.records.vocabulary import ReportReason
from console.cli.watch import unreported
from tests.processors.test_rules import sighting


def message(found: Sighting) -> Message:
    return Message(topics.CLAIMS.name, found.claim_id, encode(found))


def test_claims_that_are_not_reported_are_printed_with_the_reason(capsys):
    log = SqliteLog.open("sqlite:///:memory:", "claimwire")
    log.ensure_topics((topics.CLAIMS,))
    stop = threading.Event()
    follow = unreported(log, stop)
    base = sighting(story_title="Landslide near Vila Longa")
    kept = msgspec.structs.replace(base, claim_id="b", reported=False, reason=ReportReason.BACKGROUND)
    log.publish([message(base), message(kept)])
    thread = threading.Thread(target=follow)
    thread.start()
    deadline, printed = time.monotonic() + 20, ""
    while "background" not in printed and time.monotonic() < deadline:
        printed += capsys.readouterr().out
        time.sleep(0.02)
    stop.set()
    thread.join(10)
    printed += capsys.readouterr().out
    log.close()
    lines = printed.splitlines()
    assert lines[-1].strip() == "not reported: background"
    assert "story: Landslide near Vila Longa" in printed
    assert len([line for line in lines if not line.startswith(" ")]) == 1
