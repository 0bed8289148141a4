"""Versions of hosts' rules for the stage `analyse`: read from their topic, passed on with each record."""

import time
from bisect import bisect_right
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.log import Log, Message
from claimwire.log.reading import decoded, skip
from claimwire.records.base import Record, Time, decode, encode
from claimwire.records.hosts import HostRules, host_key, host_name
from claimwire.records.vocabulary import BodySource

HEADER = "hostrules"
# A version is published a day before it is valid.
REFRESH_SECONDS = 30.0


class RawHead(Record, frozen=True, kw_only=True):
    """Fields of a raw article that determine its host's rules."""

    url: str | None = None
    lane: str = "live"
    body_source: BodySource = BodySource.PAGE
    first_seen_at: Time


class HostTable:
    """Versions of the rules of all hosts, oldest first."""

    def __init__(self) -> None:
        self._versions: defaultdict[str, dict[datetime, HostRules]] = defaultdict(dict)
        self._read: dict[int, int] = {}
        self._due = 0.0

    def refresh(self, log: Log) -> None:
        """Read newly published versions, at most every REFRESH_SECONDS."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + REFRESH_SECONDS
        for partition, end in log.ends(topics.HOSTRULES).items():
            start = self._read.get(partition, 0)
            if start < end:
                for message in log.read(topics.HOSTRULES, partition, start, end):
                    self._fold(message)
                self._read[partition] = end

    def _fold(self, message: Message) -> None:
        if message.value is None:
            key, _, start = message.key.rpartition(" ")
            with suppress(ValueError):
                self._versions.get(key, {}).pop(datetime.fromisoformat(start), None)
            return
        try:
            rules = decoded(message, HostRules)
        except ContractError as error:
            skip(message, error)
            return
        key = host_key(rules.host, rules.body_source)
        self._versions[key] = dict(sorted({**self._versions[key], rules.valid_from: rules}.items()))

    def valid(self, host: str, body_source: str, at: datetime) -> HostRules | None:
        """Return the version of a host's rules for an article first seen at a time."""
        versions = self._versions.get(host_key(host, body_source))
        if not versions:
            return None
        starts = list(versions)
        index = bisect_right(starts, at)
        return versions[starts[index - 1]] if index else None

    def attached(self, message: Message) -> Message:
        """Return a raw article's message with its host's rules in a header, if there are any."""
        if HEADER in message.headers:
            message = replace(message, headers={k: v for k, v in message.headers.items() if k != HEADER})
        if not self._versions:
            return message
        try:
            head = decoded(message, RawHead)
        except ContractError:
            return message
        host = host_name(head.url)
        rules = self.valid(host, head.body_source, head.first_seen_at)
        if rules is None or head.lane != "live":
            return message
        return replace(message, headers={**message.headers, HEADER: encode(rules).decode()})


def rules_of(message: Message) -> HostRules | None:
    """Return the rules in a record's header."""
    return decode(message.headers[HEADER].encode(), HostRules) if HEADER in message.headers else None
