"""A recorded decision takes along what the matcher's state needs of it, ready-made, in its header `fold`: to compute it
again from the text would cost six times the rest of a rebuild."""

import base64
import binascii
from dataclasses import replace

import msgspec
import zstandard

from claimwire.log import Message

HEADER = "fold"
_ENCODER = msgspec.msgpack.Encoder()


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """Of a sighting the features that its cluster keeps, empty where it keeps none, and its statement; both as JSON."""

    features: bytes
    statement: bytes


class Fold(msgspec.Struct, frozen=True, array_like=True):
    """Of an article its day (ordinal), the hash of its words and its sketch; of each sighting what its cluster keeps, None
    where the claim was folded before; the centroid of the story with this article as JSON, None for a later revision; and
    how central the article is in its story.
    """

    day: int
    text_hash: str
    sketch: bytes
    kept: tuple[Kept | None, ...]
    centroid: bytes | None
    centrality: float


_DECODER = msgspec.msgpack.Decoder(Fold)


def with_fold(decision: Message, fold: Fold, most_bytes: int) -> Message:
    """The decision with its fold, unless both together would be over `most_bytes`: then it is computed again."""
    text = base64.b64encode(zstandard.ZstdCompressor(level=1).compress(_ENCODER.encode(fold))).decode()
    if len(decision.value or b"") + len(text) > most_bytes:
        return decision
    return replace(decision, headers={**decision.headers, HEADER: text})


def fold_of(message: Message) -> Fold | None:
    """The fold that a decision took along; None where it has none, as those of versions before, or one that is damaged."""
    text = message.headers.get(HEADER)
    if text is None:
        return None
    try:
        return _DECODER.decode(zstandard.ZstdDecompressor().decompress(base64.b64decode(text, validate=True)))
    except (binascii.Error, zstandard.ZstdError, msgspec.MsgspecError, UnicodeEncodeError, ValueError):
        return None


def without_fold(message: Message) -> Message:
    """The message as it is published where the state cannot be lost without the log."""
    if HEADER not in message.headers:
        return message
    headers = {name: value for name, value in message.headers.items() if name != HEADER}
    return replace(message, headers=headers)
