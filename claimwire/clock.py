"""The wall clock, which may be wrong for a while: what was written meanwhile must neither sleep nor be deleted for it."""

from datetime import datetime, timedelta

from claimwire.log import Log
from claimwire.topics import DAY_MS, OUTCOMES

# Clocks of two machines, or of one that a time server corrects, differ by less.
SKEW = timedelta(minutes=1)


class SetBack:
    """Notices that the clock was set back, so that durable times can be looked at again."""

    def __init__(self) -> None:
        self._latest: datetime | None = None

    def look(self, now: datetime) -> bool:
        """Return whether it is earlier than at the last look; True at the first one."""
        is_back = self._latest is None or now < self._latest - SKEW
        self._latest = now
        return is_back


def is_plausible(log: Log, now_ms: int) -> bool:
    """Return whether the ledger has lines of the day before: what is deleted by age may be deleted now.

    A clock that runs ahead, or a machine that was off, has none; a log of less than a day needs no deletion.
    """
    since, until = log.offsets_at(OUTCOMES, now_ms - 2 * DAY_MS), log.offsets_at(OUTCOMES, now_ms - DAY_MS)
    return any(since[partition] < end for partition, end in until.items())
