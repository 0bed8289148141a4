"""Sinks as parts of `claimwire run`: one line in SINKS adds a sink.

A sink's module is imported when it starts, so that a process without it stays small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from claimwire import topics
from claimwire.config.channels import CONSOLE, load_channels
from claimwire.errors import ConfigError
from claimwire.store.drivers import open_settings_store
from claimwire.topics import Topic
from console.resources import resolved
from sinks.search.documents import SEARCHED_TOPICS

if TYPE_CHECKING:
    from console.process import Process
    from sinks.base import Sink

# An article becomes about thirty documents: the sink's batches have as many articles as a stage's.
SEARCHED_A_RECORD = 20


@dataclass(frozen=True)
class SinkPart:
    """A sink as a part of `claimwire run`: its topics, and `opened(process)`, which opens one member of its group.

    With a `setting`, it runs only if that setting is not empty.
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
    """Open the archive sink. Raises ConfigError if its folder is not writable."""
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
