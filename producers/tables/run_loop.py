"""Main loop of a producer: follow the owned rows of a table, start due ones, wait while the broker is unreachable."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

from claimwire.errors import UnreachableError
from claimwire.log.table import Table

logger = logging.getLogger(__name__)
TICK = 0.05
RETRY_SECONDS = 2.0


async def follow(table: Table[Any], stop: threading.Event, start_due: Callable[[], None]) -> None:
    """Call `start_due` whenever the table has been read, until `stop`."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(table.refresh, TICK)
        except UnreachableError as error:
            logger.warning("%s; retrying", error)
            await asyncio.sleep(RETRY_SECONDS)
            continue
        if table.is_ready:
            start_due()
        await asyncio.sleep(0)


async def cancelled(tasks: dict[str, asyncio.Task[None]]) -> None:
    """Cancel work in flight and wait for it to end; the next start does it again."""
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
