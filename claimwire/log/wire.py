"""Conversion of keys and headers between bytes on a log and text of a `Message`, lossless for any bytes.

Keys are decoded with the error handler surrogateescape (PEP 383), which round-trips. A header is plain if it is UTF-8
and the last of its name; others (null, binary, repeated) are kept separately, for dead letters.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

Pairs = Sequence[tuple[str, bytes | None]]
_ENCODER = msgspec.json.Encoder()


def key_text(key: bytes | None) -> str:
    """Return the key of a record as text; empty if it has none."""
    return (key or b"").decode("utf-8", "surrogateescape")


def key_bytes(text: str) -> bytes:
    """Return the bytes of `key_text`; lone surrogates that stand for no byte are encoded unchanged."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def is_plain(text: str) -> bool:
    """Return whether the key was valid UTF-8."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def split_headers(pairs: Iterable[tuple[str, bytes | None]]) -> tuple[dict[str, str], Pairs]:
    """Split headers into plain ones by name and a list of the others."""
    plain: dict[str, str] = {}
    odd: list[tuple[str, bytes | None]] = []
    for name, value in pairs:
        before = plain.pop(name, None)
        if before is not None:
            odd.append((name, before.encode()))
        try:
            plain[name] = (b"\xff" if value is None else bytes(value)).decode()
        except UnicodeDecodeError:
            odd.append((name, value))
    return plain, tuple(odd)


def joined_headers(plain: Mapping[str, str], odd: Pairs) -> list[tuple[str, bytes | None]]:
    """Join headers for a log; those of one name keep their order."""
    return [*odd, *((name, value.encode("utf-8", "backslashreplace")) for name, value in plain.items())]


def pack_headers(plain: Mapping[str, str], odd: Pairs) -> str:
    """Encode headers as JSON: an object if all are plain, else a list of [name, base64 or null]; "" for none."""
    if odd:
        pairs = joined_headers(plain, odd)
        return json.dumps([[name, None if v is None else base64.b64encode(v).decode()] for name, v in pairs])
    try:
        return _ENCODER.encode(plain).decode() if plain else ""
    except UnicodeEncodeError:
        return pack_headers({k: v.encode("utf-8", "backslashreplace").decode() for k, v in plain.items()}, ())


def unpack_headers(packed: str | bytes) -> tuple[dict[str, str], Pairs]:
    """Reverse `pack_headers`. JSON of another form gives no headers."""
    try:
        found: Any = msgspec.json.decode(packed) if packed else {}
        if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
            return found, ()
        pairs = found.items() if isinstance(found, dict) else [(name, _unpacked(value)) for name, value in found]
        return split_headers((str(name), value if isinstance(value, bytes) else None) for name, value in pairs)
    except (msgspec.MsgspecError, ValueError, TypeError):
        return {}, ()


def _unpacked(value: Any) -> bytes | None:
    return None if value is None else base64.b64decode(value, validate=True)
