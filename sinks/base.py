"""Housekeeping of every sink between its batches."""

import logging
import threading
from collections.abc import Callable

from claimwire.errors import UnreachableError

logger = logging.getLogger(__name__)
RETRY_SECONDS = 2.0


def run_until(stop: threading.Event, step: Callable[[], object]) -> None:
    """Call `step` until `stop`; a broker that is away is waited for."""
    while not stop.is_set():
        try:
            step()
        except UnreachableError as error:
            logger.warning("%s; trying again", error)
            stop.wait(RETRY_SECONDS)


def insist(call: Callable[[], object], stop: threading.Event | None) -> bool:
    """Call until the broker is there; False where `stop` came first.

    For what a batch needs before it is committed: a batch that were given up would be passed over by the next one's commit.
    """
    while True:
        try:
            call()
        except UnreachableError as error:
            logger.warning("%s; trying again", error)
            if (stop or threading.Event()).wait(RETRY_SECONDS):
                return False
        else:
            return True
