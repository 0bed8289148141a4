"""The archive sink: fetched pages as WARC 1.1 files (ISO 28500), rotated by size and day.

The archive is complete: a batch is on disk before its offsets are committed, and the next start repairs the file of a
killed process. A crash can duplicate a record; both copies have the WARC-Record-ID of their revision.
"""

import fcntl
import json
import logging
import os
import re
import uuid
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

import msgspec
from warcio.warcwriter import WARCWriter

from claimwire import topics
from claimwire.errors import ContractError
from claimwire.ids import digest
from claimwire.log import Log, Message
from claimwire.records.articles import RawArticle
from claimwire.records.base import Record
from claimwire.runtime import metrics
from claimwire.runtime.private_files import make_private, private_folder, private_open
from claimwire.text.bodies import ARCHIVE_METADATA, unpack_body
from sinks.base import Batch, Sink

logger = logging.getLogger(__name__)
OPEN = ".open"
FORGOTTEN = "forgotten"
CHUNK = 1 << 18


class ArchiveSink(Sink):
    """Sink that writes files of its own in `folder`."""

    group = "archive"
    topics = (topics.RAW,)

    def __init__(self, log: Log, folder: Path, max_bytes: int, batch_size: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        private_folder(folder)
        for path in finished(folder):
            make_private(path)
        mended(folder)
        super().__init__(log, batch_size)
        self._file: IO[bytes] | None = None
        self._day = date.min
        self._forgotten = forgotten_articles(folder)

    def handle(self, batch: Batch) -> None:
        """Write the records and sync them to disk."""
        batch.each(self._take_record)
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
        metrics.ARCHIVED.inc(len(batch.messages))

    def _take_record(self, message: Message, record: Record | None) -> None:
        if isinstance(record, RawArticle):
            self._write(record)
        else:
            self._forget(_article_of(message))

    def _forget(self, article_id: str) -> None:
        """Erase an article from all closed files; from another member's open file when that is closed."""
        self._finish()
        self._forgotten |= {article_id}
        with private_open(self._folder / FORGOTTEN, "a") as file:
            file.write(f"{article_id}\n")
        for path in finished(self._folder):
            without_articles(path, [article_id])

    def _write(self, raw: RawArticle) -> None:
        if raw.article_id in self._forgotten:
            return
        today = datetime.now(UTC).date()
        if self._file is not None and (self._day != today or self._file.tell() > self._max_bytes):
            self._finish()
        if self._file is None:
            name = f"{self._log.namespace}-{today:%Y%m%d}-{uuid.uuid4().hex[:12]}.warc.gz{OPEN}"
            self._file, self._day = private_open(self._folder / name, "xb"), today
            fcntl.flock(self._file, fcntl.LOCK_EX)
        writer, start = WARCWriter(self._file, gzip=True, warc_version="1.1"), self._file.tell()
        try:
            writer.write_record(record_of(writer, raw))
        except BaseException:
            self._file.seek(start)
            self._file.truncate()
            raise

    def _finish(self) -> None:
        if self._file is not None:
            self._file.close()
            path = Path(self._file.name)
            self._file = None
            done = path.rename(path.with_suffix(""))
            meanwhile = forgotten_articles(self._folder) - self._forgotten
            if meanwhile:
                self._forgotten |= meanwhile
                without_articles(done, meanwhile)

    def close(self) -> None:
        """Close the file and leave the group."""
        self._finish()
        super().close()


def _article_of(message: Message) -> str:
    """Return the article id of a tombstone, checked for the file FORGOTTEN. Raises ContractError."""
    if not re.fullmatch(r"[!-~]{1,128}", message.key):
        raise ContractError(
            f"{message.topic}: a record without a value whose key is not an article id: {message.key[:40]!a}"
        )
    return message.key


def record_of(writer: WARCWriter, raw: RawArticle) -> Any:
    """Return a `resource` record: the fetched bytes, with the producer's metadata in a header."""
    known = msgspec.to_builtins(msgspec.structs.replace(raw, body=""))
    charset = f"; charset={raw.charset}" if raw.charset else ""
    headers = {
        "WARC-Record-ID": f"<urn:uuid:{uuid.UUID(digest('warc', raw.article_id, raw.revision_id))}>",
        "WARC-Date": raw.fetched_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        ARCHIVE_METADATA: json.dumps(known),
    }
    return writer.create_warc_record(
        raw.url or f"urn:claimwire:{raw.article_id}", "resource", payload=BytesIO(unpack_body(raw.body)),
        warc_content_type=f"{raw.media_type}{charset}", warc_headers_dict=headers,
    )  # fmt: skip


def mended(folder: Path) -> list[Path]:
    """Close the files of killed processes, truncated after the last complete record; skip files in use."""
    done = []
    for path in sorted(folder.glob(f"*.warc.gz{OPEN}")):
        with path.open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            end = whole_records(file)
            file.truncate(end)
        if end:
            done.append(path.rename(path.with_suffix("")))
        else:
            path.unlink()
        logger.warning("archive %s: left by a killed process; truncated at byte %d", path.name, end)
    return done


def whole_records(file: BinaryIO) -> int:
    """Return the end of the last complete record of an archive, in bytes."""
    last = 0
    for _, end, _ in members(file):
        last = end
    return last


def members(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield start, end and decompressed bytes of each record (one gzip member each), up to a truncated one."""
    start, unpacker, rest, unpacked = 0, zlib.decompressobj(31), b"", bytearray()
    try:
        while chunk := rest or file.read(CHUNK):
            unpacked += unpacker.decompress(chunk)
            rest = unpacker.unused_data
            if unpacker.eof:
                end = file.tell() - len(rest)
                yield start, end, bytes(unpacked)
                start, unpacker, unpacked = end, zlib.decompressobj(31), bytearray()
    except zlib.error:
        pass


def finished(folder: Path) -> list[Path]:
    """Return the closed files of an archive."""
    return sorted(folder.glob("*.warc.gz"))


def forgotten_articles(folder: Path) -> frozenset[str]:
    """Return the ids of erased articles."""
    path = folder / FORGOTTEN
    return frozenset(path.read_text("ascii").split()) if path.exists() else frozenset()


def records_of(path: Path, idents: Iterable[str]) -> list[tuple[int, int]]:
    """Return the start and end of the records of these articles in an archive file."""
    marks = [f'"article_id": "{ident}"'.encode() for ident in idents]
    with path.open("rb") as file:
        heads = ((start, end, record.split(b"\r\n\r\n", 1)[0]) for start, end, record in members(file))
        return [(start, end) for start, end, head in heads if any(mark in head for mark in marks)]


def without_articles(path: Path, idents: Iterable[str]) -> int:
    """Rewrite a closed archive file without the records of these articles; return their number."""
    gone = records_of(path, idents)
    if not gone:
        return 0
    new = path.with_suffix(".new")
    with path.open("rb") as old, private_open(new, "wb") as out:
        for start, _ in [*gone, (path.stat().st_size, 0)]:
            while (left := start - old.tell()) > 0:
                out.write(old.read(min(CHUNK, left)))
            old.seek(next((end for begin, end in gone if begin == start), start))
        out.flush()
        os.fsync(out.fileno())
        is_empty = out.tell() == 0
    new.rename(path)
    if is_empty:
        path.unlink()
    return len(gone)
