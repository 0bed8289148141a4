"""Ends a process whose stage has stopped: with records waiting and none taken, a supervisor does better with a new one."""

import logging
import os
import threading
import time
from collections.abc import Callable

from claimwire import metrics
from claimwire.errors import ClaimwireError
from claimwire.log import Log
from processors.steps import Stage

logger = logging.getLogger(__name__)
WATCH_SECONDS = 5.0


def end_when_stalled(
    log: Log,
    stage: Stage,
    progress: Callable[[], int],
    is_active: Callable[[], bool],
    seconds: float,
    stop: threading.Event,
) -> None:
    """Look until `stop`; what waits while `progress` grows, or while the log is away, is no stall."""
    seen, since = -1, time.monotonic()
    while not stop.wait(min(WATCH_SECONDS, seconds / 2)):
        try:
            lag = log.lag(stage.name, stage.source)
        except ClaimwireError:
            since = time.monotonic()
            continue
        metrics.LAG.labels(stage.name).set(lag)
        if lag == 0 or progress() != seen:
            seen, since = progress(), time.monotonic()
        elif time.monotonic() - since > seconds and is_active():
            logger.critical(
                "stage %s: %d records wait and none was taken for %.0f s; the process ends", stage.name, lag, seconds
            )
            os._exit(1)
