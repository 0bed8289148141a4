"""Protection against a wrong wall clock: nothing waits too long or is deleted early because of it."""

from datetime import datetime, timedelta

from claimwire.log import Log
from claimwire.topics import DAY_MS, OUTCOMES

# Larger than the usual difference between machines, or a correction by a time server.
SKEW = timedelta(minutes=1)


class SetBack:
    """Detects that the clock was set back, so that stored times can be checked again."""

    def __init__(self) -> None:
        self._latest: datetime | None = None

    def look(self, now: datetime) -> bool:
        """Return whether it is earlier than at the last call; True at the first call."""
        is_back = self._latest is None or now < self._latest - SKEW
        self._latest = now
        return is_back


def is_plausible(log: Log, now_ms: int) -> bool:
    """Return whether retention by age may run: the ledger has lines of the last day, so the clock is plausible.

    There are none if the clock is ahead or the machine was off; a log younger than a day needs no retention.
    """
    since, until = log.offsets_at(OUTCOMES, now_ms - 2 * DAY_MS), log.offsets_at(OUTCOMES, now_ms - DAY_MS)
    return any(since[partition] < end for partition, end in until.items())
