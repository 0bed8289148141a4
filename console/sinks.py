"""The sinks that `claimwire run` knows: a sink of one's own is one line in SINKS.

A sink's module is imported when it starts, so that a process without it is small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from claimwire import topics
from claimwire.channels import CONSOLE, load_channels
from claimwire.errors import ConfigError
from claimwire.store.drivers import open_settings_store
from claimwire.topics import Topic
from console.resources import resolved
from sinks.search.documents import SEARCHED_TOPICS

if TYPE_CHECKING:
    from console.process import Process
    from sinks.base import Sink

# An article becomes some thirty documents: the sink's batches are of as many articles as a stage's.
SEARCHED_A_RECORD = 20


@dataclass(frozen=True)
class SinkPart:
    """A part of `claimwire run`: its topics, and `opened(process)`, one member of its group.

    `setting`: it runs only where this setting is not empty.
    """

    topics: tuple[Topic, ...]
    opened: "Callable[[Process], Sink]"
    setting: str = ""


def _search(process: "Process") -> "Sink":
    from sinks.search.sink import SearchSink

    settings = process.settings
    store = open_settings_store(settings)
    return SearchSink(process.log(), store, settings.batch_size * SEARCHED_A_RECORD, settings.keep_days)


def _notify(process: "Process") -> "Sink":
    from sinks.notify.channels import open_channels
    from sinks.notify.sink import NotifySink

    settings = process.settings
    channels = open_channels(load_channels(resolved(settings.rules)), allow_private=settings.allow_private_addresses)
    if process.deliver is not None:
        channels[CONSOLE] = process.deliver
    return NotifySink(process.log(), str(Path(settings.data_dir) / "notify.db"), settings.batch_size, channels)


def _archive(process: "Process") -> "Sink":
    """Raises ConfigError where its folder cannot be written."""
    from sinks.archive import ArchiveSink

    settings = process.settings
    try:
        return ArchiveSink(process.log(), Path(settings.archive_dir), settings.archive_bytes, settings.batch_size)
    except OSError as error:
        raise ConfigError(f"archive_dir: {settings.archive_dir}: {error.strerror or error}") from None


SINKS: dict[str, SinkPart] = {
    "search": SinkPart(SEARCHED_TOPICS, _search),
    "notify": SinkPart((topics.ALERTS,), _notify),
    "archive": SinkPart((topics.RAW,), _archive, "archive_dir"),
}
