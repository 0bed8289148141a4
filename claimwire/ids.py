"""Ids that are stable over replays: hex of blake2b over unambiguous parts."""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# Query parameters that name the way a reader came, not the document.
TRACKING = re.compile(
    r"^(utm_.*|at_.*|mc_[ce]id|fbclid|gclid|dclid|msclkid|igshid|ito|cmpid|cmp|ocid|xtor|smid|ns_.*|amp|rss|"
    r"ref|ref_src|src|partner|feed(type|name)?|__source|guccounter|traffic_source)$"
)
MAX_URL = 2048


def digest(*parts: str, size: int = 16) -> str:
    """Hex of blake2b over length-prefixed parts; `size` bytes, so twice as many characters."""
    h = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        h.update(len(data).to_bytes(8, "big"))
        h.update(data)
    return h.hexdigest()


def number_of(key: str) -> int:
    """64-bit number of `key`, for compact tables: among a million keys two are alike with a chance of 1 to 40 million."""
    digested = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digested, "big", signed=True)


def canonical_url(url: str) -> str:
    """One spelling for one document: https, lower-case host, no fragment, tracking, AMP or trailing slash.

    Raises ValueError where `url` is not an absolute http(s) URL of at most 2,048 characters.
    """
    url = url.strip()
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().rstrip(".")
    if parts.scheme.lower() not in ("http", "https") or not host or len(url) > MAX_URL:
        raise ValueError(f"not an absolute http(s) URL: {url[:80]!r}")
    port = parts.port
    netloc = f"[{host}]" if ":" in host else host
    if port and port not in (80, 443):
        netloc += f":{port}"
    path = parts.path.rstrip("/").removesuffix("/amp").rstrip("/") or "/"
    if not parts.query:
        return urlunsplit(("https", netloc, path, "", ""))
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.match(k.lower())]
    return urlunsplit(("https", netloc, path, urlencode(sorted(query)), ""))


def host_of(url: str) -> str:
    """Lower-case host of `url`, empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def article_id(url: str | None, source: str, entry_id: str = "") -> str:
    """Id of the document at `url`; of source and entry id where the entry has no usable URL."""
    if url:
        try:
            return digest("url", canonical_url(url))
        except ValueError:
            pass
    return digest("entry", source, entry_id)


def revision_id(parts: Iterable[str]) -> str:
    """Id of one version of an article, from what the source published of it."""
    return digest("revision", *parts)


def claim_id(article: str, span_text: str, ordinal: int) -> str:
    """Id of one claim in one article: an edit elsewhere in the article leaves it as it is."""
    return digest("claim", article, " ".join(span_text.lower().split()), str(ordinal))


def partition_of(key: str, partitions: int) -> int:
    """The partition of `key`; the same in every driver, so that both logs order records alike."""
    return (
        int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        % partitions
    )
