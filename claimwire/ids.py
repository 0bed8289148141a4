"""Deterministic ids, equal in every replay: hex of blake2b over length-prefixed parts."""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# Tracking parameters: they name the referrer, not the document.
TRACKING = re.compile(
    r"^(utm_.*|at_.*|mc_[ce]id|fbclid|gclid|dclid|msclkid|igshid|ito|cmpid|cmp|ocid|xtor|smid|ns_.*|amp|rss|"
    r"ref|ref_src|src|partner|feed(type|name)?|__source|guccounter|traffic_source)$"
)
# A query that decoding and encoding leave as it is.
PLAIN_QUERY = re.compile(r"[\w.~-]*(?:=[\w.~-]*)?(?:&[\w.~-]*(?:=[\w.~-]*)?)*", re.ASCII)
MAX_URL = 2048


def digest(*parts: str, size: int = 16) -> str:
    """Return hex of blake2b over length-prefixed parts: `size` bytes, twice as many characters."""
    h = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        h.update(len(data).to_bytes(8, "big"))
        h.update(data)
    return h.hexdigest()


def number_of(key: str) -> int:
    """Return a 64-bit hash of `key` for compact tables; a million keys collide with a chance of 1 in 40 million."""
    digested = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digested, "big", signed=True)


def canonical_url(url: str) -> str:
    """Return the canonical URL: https, lower-case host, no fragment, tracking parameters, AMP or trailing slash.

    Raises ValueError if `url` is not an absolute http(s) URL of at most 2,048 characters.
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
    return urlunsplit(("https", netloc, path, _canonical_query(parts.query), ""))


def _canonical_query(query: str) -> str:
    """Return the sorted parameters but for tracking; a plain query, as most are, without decoding and encoding."""
    if not PLAIN_QUERY.fullmatch(query):
        return urlencode(
            sorted(p for p in parse_qsl(query, keep_blank_values=True) if not TRACKING.match(p[0].lower()))
        )
    pairs = [part.partition("=") for part in query.split("&") if part]
    return "&".join(f"{name}={value}" for name, _, value in sorted(pairs) if not TRACKING.match(name.lower()))


def host_of(url: str) -> str:
    """Return the lower-case host of `url`; empty if it has none."""
    try:
        return (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def article_id(url: str | None, source: str, entry_id: str = "") -> str:
    """Return the id of the document at `url`, or of source and entry id if the entry has no usable URL."""
    if url:
        try:
            return digest("url", canonical_url(url))
        except ValueError:
            pass
    return digest("entry", source, entry_id)


def revision_id(parts: Iterable[str]) -> str:
    """Return the id of one version of an article, from its published content."""
    return digest("revision", *parts)


def claim_id(article: str, span_text: str, ordinal: int) -> str:
    """Return the id of one claim in one article. Edits elsewhere in the article do not change it."""
    return digest("claim", article, " ".join(span_text.lower().split()), str(ordinal))


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of `key`, the same in both drivers of the log."""
    return (
        int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        % partitions
    )
