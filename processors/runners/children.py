"""Child processes of CPU-bound stages."""

from functools import partial
from pathlib import Path

from claimwire.config.settings import Settings
from claimwire.errors import ContractError
from claimwire.log import Message
from claimwire.records.base import decode
from claimwire.records.hosts import host_name
from claimwire.runtime.process_pool import Pool, Rescue
from claimwire.runtime.strikes import Attempts, Breaker
from processors.learn.table import RawHead
from processors.stage import CpuBoundStage, Stage

StagePool = Pool[Message, list[Message]]
ATTEMPTS_FILE = "attempts.db"


def stage_pool(stage: Stage, settings: Settings, *, is_durable: bool = False) -> StagePool | None:
    """Return the children of a CPU-bound stage; None for another.

    `is_durable`: records that killed a child are remembered over a restart of the process.
    """
    if not isinstance(stage, CpuBoundStage):
        return None
    attempts = Attempts(Path(settings.data_dir) / ATTEMPTS_FILE if is_durable else None)
    rescue = Rescue(stage.plainly, stage.give_up, name_of, host_of, attempts, Breaker())
    process = partial(stage.process, state=None)
    return Pool(process, settings.workers, settings.analyse_timeout, warm=stage.warm, rescue=rescue)


def name_of(message: Message) -> str:
    """Return a record's stable name: its revision, or else its position."""
    ids = message.headers.get("article_id"), message.headers.get("revision_id")
    return "/".join(filter(None, ids)) or f"{message.topic}/{message.partition}@{message.offset}"


def host_of(message: Message) -> str:
    """Return the host of an article with a URL; empty for other records."""
    try:
        return host_name(decode(message.value, RawHead).url) if message.value else ""
    except ContractError:
        return ""
