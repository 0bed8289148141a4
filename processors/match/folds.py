"""Folds: the data that a recorded decision adds to the matcher's state, kept in its header `fold`.

Computing them from the text would take six times as long as the rest of a rebuild.
"""

import base64
import binascii
from dataclasses import replace

import msgspec
import zstandard

from claimwire.log import Message

HEADER = "fold"
_ENCODER = msgspec.msgpack.Encoder()


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """Features and statement of a sighting as JSON; `features` is empty if the cluster does not keep them."""

    features: bytes
    statement: bytes


class Fold(msgspec.Struct, frozen=True, array_like=True):
    """Data of an article: its day (ordinal), text hash and sketch; `kept` of each sighting, None for a claim that was folded
    before; the story's new centroid as JSON, None for a later revision; and the article's similarity to it (`centrality`).
    """

    day: int
    text_hash: str
    sketch: bytes
    kept: tuple[Kept | None, ...]
    centroid: bytes | None
    centrality: float


_DECODER = msgspec.msgpack.Decoder(Fold)


def with_fold(decision: Message, fold: Fold, most_bytes: int) -> Message:
    """Return the decision with its fold in the header, or without it if both would exceed `most_bytes`.

    A rebuild computes a missing fold again.
    """
    text = base64.b64encode(zstandard.ZstdCompressor(level=1).compress(_ENCODER.encode(fold))).decode()
    if len(decision.value or b"") + len(text) > most_bytes:
        return decision
    return replace(decision, headers={**decision.headers, HEADER: text})


def fold_of(message: Message) -> Fold | None:
    """Return the fold of a decision; None if it has none or a damaged one."""
    text = message.headers.get(HEADER)
    if text is None:
        return None
    try:
        return _DECODER.decode(zstandard.ZstdDecompressor().decompress(base64.b64decode(text, validate=True)))
    except (binascii.Error, zstandard.ZstdError, msgspec.MsgspecError, UnicodeEncodeError, ValueError):
        return None


def without_fold(message: Message) -> Message:
    """Return the message without its fold, for logs that are kept in the same place as the state."""
    if HEADER not in message.headers:
        return message
    headers = {name: value for name, value in message.headers.items() if name != HEADER}
    return replace(message, headers=headers)
