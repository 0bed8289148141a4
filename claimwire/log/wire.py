"""Keys and headers between the bytes on a log and the text of a `Message`: anybody may have written a record.

A key becomes text with the error handler surrogateescape (PEP 383), so that any bytes come back as they were. A header is
plain where it is UTF-8 and the last of its name; what is not (null, binary, written twice) is kept beside, for the dead letter.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

Pairs = Sequence[tuple[str, bytes | None]]
_ENCODER = msgspec.json.Encoder()


def key_text(key: bytes | None) -> str:
    """The key of a record as text, empty where it has none."""
    return (key or b"").decode("utf-8", "surrogateescape")


def key_bytes(text: str) -> bytes:
    """The bytes of `key_text`; lone surrogates that stand for no byte are encoded as they are."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def is_plain(text: str) -> bool:
    """Return whether a key came from UTF-8."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def split_headers(pairs: Iterable[tuple[str, bytes | None]]) -> tuple[dict[str, str], Pairs]:
    """The plain headers by name, and those that are not."""
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
    """The headers as they go on a log: of one name in the order in which they came."""
    return [*odd, *((name, value.encode("utf-8", "backslashreplace")) for name, value in plain.items())]


def pack_headers(plain: Mapping[str, str], odd: Pairs) -> str:
    """Headers as JSON: an object where all are plain, else a list of [name, base64 or null]; empty where there are none."""
    if odd:
        pairs = joined_headers(plain, odd)
        return json.dumps([[name, None if v is None else base64.b64encode(v).decode()] for name, v in pairs])
    try:
        return _ENCODER.encode(plain).decode() if plain else ""
    except UnicodeEncodeError:
        return pack_headers({k: v.encode("utf-8", "backslashreplace").decode() for k, v in plain.items()}, ())


def unpack_headers(packed: str | bytes) -> tuple[dict[str, str], Pairs]:
    """The reverse of `pack_headers`. JSON that is neither form has no headers."""
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
