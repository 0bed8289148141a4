"""Frozen structs, JSON on the wire.

Changes are additive: unknown fields are ignored, unknown words of a vocabulary kept, a missing required field is a
ContractError. Times are aware UTC.
"""

from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from claimwire.errors import ContractError

# A time without an offset from UTC could not be compared with others.
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of every record on a topic."""

    schema_version: int = 1


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of structs inside a record."""


R = TypeVar("R", bound=Record)


_ENCODER = msgspec.json.Encoder()


_DECODERS: dict[type[Record], msgspec.json.Decoder[Any]] = {}


def encode(record: Record) -> bytes:
    """Encode `record` as JSON."""
    return _ENCODER.encode(record)


def decode(data: bytes | None, kind: type[R]) -> R:
    """Decode a record of `kind` from JSON. Raises ContractError with the reason if it is invalid."""
    if data is None:
        raise ContractError(f"{kind.__name__}: no value (a tombstone)")
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    try:
        record: R = decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError(f"{kind.__name__}: {error}") from None
    if record.schema_version != 1:
        raise ContractError(f"{kind.__name__}: schema_version {record.schema_version} is not known here (1 is)")
    return record


def version_of(fetched_at: datetime) -> int:
    """Return the version of an article's documents: its fetch time in ms."""
    return int(fetched_at.timestamp() * 1000)
