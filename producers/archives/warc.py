"""Web archives (WARC 1.0 and 1.1, ISO 28500; ARC): their pages as back-fill articles."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from claimwire.errors import ContractError, ParseError
from claimwire.ids import article_id, digest, host_of
from claimwire.records.articles import RawArticle
from claimwire.records.base import decode
from claimwire.text.bodies import ARCHIVE_METADATA, MAX_BODY_BYTES, pack_body

HTML_TYPES = ("text/html", "application/xhtml+xml")
MAX_URL = 2048
# Later times come from a wrong clock: such a page would remain the newest article for a long time.
MOST_AHEAD = timedelta(days=1)


def archived_articles(path: Path, source: str | None, passed: Counter[str]) -> Iterator[RawArticle]:
    """Yield the pages of an archive as back-fill, in the lane of their capture month; without `source` it is the host.

    Records that are not pages are counted in `passed` by reason. Raises ParseError for an invalid or truncated file,
    and OSError.
    """
    with path.open("rb") as file:
        for record in _records(file, path):
            article = _article(record, source)
            if isinstance(article, RawArticle):
                yield article
            else:
                passed[article] += 1


def _records(file: BinaryIO, path: Path) -> Iterator[Any]:
    try:
        yield from ArchiveIterator(file)
    except (ArchiveLoadFailed, EOFError, ValueError) as error:
        raise ParseError(f"{path}: {' '.join(str(error).split())[:200]}", reason="bad_archive") from None


def _article(record: Any, source: str | None) -> RawArticle | str:
    """Return the article of a record, or the reason why there is none."""
    if record.rec_type not in ("response", "resource"):
        return f"{record.rec_type} record"
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    at = _time(record.rec_headers.get_header("WARC-Date") or "")
    is_ours = url.startswith("urn:claimwire:")
    if at is None or not (
        is_ours or (host_of(url) and url.startswith(("http://", "https://")) and len(url) <= MAX_URL)
    ):
        return "no address or time"
    if at > datetime.now(UTC) + MOST_AHEAD:
        return "time in the future"
    headers = record.http_headers
    if headers is not None and headers.get_statuscode() != "200":
        return "status other than 200"
    declared = (headers or record.rec_headers).get_header("Content-Type") or ""
    kind, _, parameters = declared.partition(";")
    ours = record.rec_headers.get_header(ARCHIVE_METADATA)
    if ours is None and kind.strip().lower() not in HTML_TYPES:
        return "not HTML"
    try:
        body = record.content_stream().read(MAX_BODY_BYTES + 1)
    except (OSError, ValueError, EOFError):
        return "broken body"
    if len(body) > MAX_BODY_BYTES:
        return "too large"
    if ours is not None:
        return _known(ours, body)
    charset = parameters.partition("charset=")[2].strip("\"' ")[:40] or None
    return RawArticle(
        article_id=article_id(url, source or ""), revision_id=digest("archived", url, hashlib.blake2b(body).hexdigest()), url=url,
        source=source or host_of(url).removeprefix("www."), lane=at.strftime("%Y-%m"), fetched_at=at, first_seen_at=at,
        media_type="text/html", charset=charset, body=pack_body(body), backfill=True,
    )  # fmt: skip


def _known(metadata: str, body: bytes) -> RawArticle | str:
    """Return an article of our own archive with its metadata, as back-fill."""
    try:
        raw = decode(metadata.encode(), RawArticle)
    except ContractError:
        return "unreadable metadata"
    lane = raw.first_seen_at.strftime("%Y-%m")
    return msgspec.structs.replace(raw, body=pack_body(body), backfill=True, lane=lane)


def _time(text: str) -> datetime | None:
    """Parse a WARC-Date (W3C profile of ISO 8601, UTC); None if it is invalid."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
