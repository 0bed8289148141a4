"""Labelled reports of our own, as documents for `claimwire batch` and lines for the shared scorer."""

import json
import tomllib
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "reports.toml"


def reports() -> list[dict[str, Any]]:
    """The reports of the file, in its order."""
    found: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["report"]
    return found


def write_documents(folder: Path) -> list[str]:
    """One .txt a report, metadata on its first line; their paths."""
    paths = []
    for report in reports():
        meta = {"id": report["id"], "source": report["source"], "published": f"{report['published']}T12:00:00Z"}
        path = folder / f"{report['id']}.txt"
        path.write_text(f"{json.dumps(meta | {'lang': 'en'})}\n{report['text'].strip()}\n", "utf-8")
        paths.append(str(path))
    return paths


def gold() -> list[dict[str, Any]]:
    """The labelled claims in the scorer's form. Raises ValueError where a span is not in its text."""
    lines = []
    for report in reports():
        text = report["text"].strip()
        for number, claim in enumerate(report.get("claim", ()), 1):
            start = text.find(claim["span"])
            if start < 0:
                raise ValueError(f"{report['id']}: not in the text: {claim['span']}")
            lines.append(_line(report, text, start, number, claim))
    return lines


def _line(report: dict[str, Any], text: str, start: int, number: int, claim: dict[str, Any]) -> dict[str, Any]:
    end = start + len(claim["span"])
    first, last, day = text.rfind("\n", 0, start) + 1, text.find("\n", end), claim.get("date")
    begin, _, stop = (day or "").partition("/")
    last = last if last >= 0 else len(text)
    defaults = {"source": ["narrator"], "cue": None, "actor": [], "target": [], "places": [], "quantities": []}
    return defaults | {"modality": "asserted", "event_type_alt": [], "relations": [], "optional": False} | claim | {
        "id": f"{report['id']}#c{number:02}", "doc": report["id"], "sent": {"start": first, "end": last},
        "text": text[first:last], "span": {"start": start, "end": end, "text": claim["span"]},
        "cluster": f"{report['id']}-{claim['cluster']}", "source_type": "", "alert": None,
        "date": {"start": begin, "end": stop or begin, "precision": "month" if stop else "day"} if day else None,
    }  # fmt: skip
