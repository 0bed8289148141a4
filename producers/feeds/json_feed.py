"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

import html
import json
from typing import Any

from producers.feeds.entries import RawEntry

VERSION = "https://jsonfeed.org/version/1"


def json_feed(text: str) -> tuple[str, str, str, list[RawEntry]] | None:
    """Return (title, language, site's URL, entries); None if the text is not a JSON Feed."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or not str(feed.get("version", "")).startswith(VERSION):
        return None
    items = feed.get("items")
    rows = [_row(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return _string(feed.get("title")), _string(feed.get("language")), _string(feed.get("home_page_url")), rows


def _row(item: dict[str, Any]) -> RawEntry:
    text = _string(item.get("content_text"))
    content = _string(item.get("content_html")) or (f"<p>{html.escape(text, quote=False)}</p>" if text else "")
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    summary = html.escape(_string(item.get("summary")), quote=False)
    return RawEntry(
        ident=_string(item.get("id")), link=_string(item.get("url")) or _string(item.get("external_url")),
        title=html.escape(_string(item.get("title")), quote=False), summary=summary or content, content=content,
        published=_string(item.get("date_published")) or _string(item.get("date_modified")),
        authors=tuple(_string(a.get("name")) for a in authors or [] if isinstance(a, dict)),
    )  # fmt: skip


def _string(value: Any) -> str:
    """Return a string, or a number (an invalid but common id) as one."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int | float) else ""
