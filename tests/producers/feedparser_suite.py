"""feedparser's own test files, read by our parser: `python -m tests.producers.feedparser_suite` prints what came of them.

The files come from feedparser's source distribution, where a package index can be asked for it; nothing of them is kept.
"""

import json
import subprocess
import sys
import tarfile
from collections import Counter
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import feedparser

from producers.feeds.entries import MAX_TITLE, entry_url, plain_text
from producers.feeds.parse import MAX_ENTRIES, FeedBytes, ParseFailure, parsed_or_failure

URL = "http://paper.example/feed.xml"


def source_files(folder: Path) -> dict[str, bytes]:
    """Name and bytes of the suite's feeds; empty where no index has the source distribution."""
    wanted = f"feedparser=={version('feedparser')}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--no-binary",
        "feedparser",
        wanted,
        "-d",
        str(folder),
    ]
    if subprocess.run(command, capture_output=True, timeout=120, check=False).returncode:
        return {}
    with tarfile.open(next(folder.glob("feedparser-*.tar.gz"))) as archive:
        found = [m for m in archive.getmembers() if m.isfile() and "/tests/" in m.name and m.name.endswith(".xml")]
        return {m.name.split("/tests/", 1)[1]: archive.extractfile(m).read() for m in found}


def outcome(body: bytes) -> str:
    """Return what our parser makes of a feed, compared with feedparser as it comes."""
    theirs = feedparser.parse(BytesIO(body), response_headers={"content-location": URL})
    ours = parsed_or_failure(FeedBytes(URL, body, ""))
    if isinstance(ours, ParseFailure):
        return "equal" if not theirs.entries else f"refused: {ours.reason}"
    if len(ours.entries) != len(_telling(theirs.entries)):
        return "another number of entries"
    for mine, other in zip(ours.entries, _telling(theirs.entries), strict=True):
        if mine.title != plain_text(other.get("title"), MAX_TITLE):
            return "another title"
        if other.get("link") and mine.url != entry_url(other["link"], URL):
            return "another link"
    return "equal"


def _telling(entries: list) -> list:
    """Entries that have anything to identify them by: an id, an address, or words."""
    return [
        e for e in entries[:MAX_ENTRIES] if e.get("id") or any(map(_address, _links(e))) or any(map(_words, _texts(e)))
    ]


def _links(entry: Any) -> list:
    return [entry.get("link"), *(e.get("href") for e in entry.get("enclosures", [])[:1])]


def _texts(entry: Any) -> list:
    return [entry.get("title"), entry.get("summary")]


def _address(link: str | None) -> str | None:
    return entry_url(link, URL)


def _words(text: str | None) -> str | None:
    return plain_text(text, MAX_TITLE)


def outcomes(files: dict[str, bytes]) -> Counter[str]:
    """How often each outcome came. Any exception of ours comes through."""
    return Counter(outcome(body) for body in files.values())


def main() -> int:
    with TemporaryDirectory() as folder:
        files = source_files(Path(folder))
    if not files:
        print("no package index has the source distribution of feedparser", file=sys.stderr)
        return 1
    found = outcomes(files)
    print(
        json.dumps(
            {"files": len(files), "share_equal": round(found["equal"] / len(files), 4)} | dict(found.most_common())
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
