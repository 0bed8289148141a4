"""Notifications: one or more alerts as text, neutralised so that no channel interprets it as mark-up or a mention."""

import os
import sys
from dataclasses import dataclass
from typing import TextIO
from urllib.parse import urlsplit

from claimwire.records.alerts import Alert
from claimwire.text.display import Shown, change_text, claim_line, mark_of, shown, story_words, who_says

MAX_TEXT = 300
MOST_ALERTS = 20
COLOURS = {"New": 32, "Update": 34, "Called off": 34, "Disputed": 31, "Took back": 35, "Said before": 90, "Article": 36}
WIDTH = 13
# Characters of mentions, links and mark-up in chat services and mail, mapped to harmless look-alikes.
NEUTRAL = str.maketrans("<>@[]`*#|~_", "‹›＠［］ʼ∗＃¦∼‗")


@dataclass(frozen=True)
class Notification:
    """Notification: alerts of one group of a rule, sent together. Retries have the same `notice_id`."""

    notice_id: str
    channel: str
    rule: str
    severity: str
    alerts: tuple[Alert, ...]


def plain(text: str) -> str:
    """Return text for a terminal: control characters become spaces, at most MAX_TEXT characters."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= MAX_TEXT else flat[: MAX_TEXT - 1] + "…"


def neutral(text: str) -> str:
    """Return `plain` text without anything that a service would interpret as a mention, a link or mark-up."""
    return plain(text).translate(NEUTRAL).replace("://", ":⁄⁄")


def painted(mark: str, out: TextIO) -> str:
    """Return a mark padded to the common width, in its colour on a terminal (unless NO_COLOR, no-color.org, is set)."""
    text = f"{plain(mark):<{WIDTH}}"
    return f"\x1b[{COLOURS.get(mark, 0)}m{text}\x1b[0m" if out.isatty() and not os.environ.get("NO_COLOR") else text


def claim_lines(found: Shown, out: TextIO | None = None, note: str = "") -> str:
    """Format a claim or an alert for the terminal: its line, changes, claimant, story and a note."""
    indent = " " * WIDTH
    lines = [f"{painted(mark_of(found), out or sys.stdout)} {plain(claim_line(found))}"]
    lines += [f"{indent} {plain(change_text(change, found))}" for change in found.changes]
    lines.append(f"{indent} {plain(who_says(found))} · story: {plain(story_words(found))}")
    return "\n".join([*lines, *([f"{indent} {note}"] if note else [])])


def notice_title(notice: Notification) -> str:
    """Return the title of a notification: the rule and the story."""
    more = len(notice.alerts) - 1
    also = f" (and {more} more)" if more else ""
    return neutral(f"{notice.rule}: {story_words(shown(notice.alerts[0]))}")[:200] + also


def notice_text(notice: Notification) -> str:
    """Return the alerts as text: claim, claimant, reason, story and URL; at most MOST_ALERTS of them."""
    parts = []
    for alert in notice.alerts[:MOST_ALERTS]:
        found = shown(alert)
        lines = [
            f"{neutral(mark_of(found))}: {neutral(claim_line(found))}",
            neutral(who_says(found)),
            # Alerts of earlier versions have a suffix.
            f"Why: {neutral(alert.why.split(' (matched')[0])}",
            f"Story: {neutral(story_words(found))}",
        ]
        if link := outward(alert.url):
            lines.append(link)
        parts.append("\n".join(lines))
    left = len(notice.alerts) - MOST_ALERTS
    return "\n\n".join(parts) + (f"\n\nand {left} more" if left > 0 else "")


def outward(url: str | None) -> str:
    """Return an article's URL if it is http(s), with mark-up characters escaped; else an empty string."""
    if not url or any(c in url for c in "<>|`\"'()[]*") or any(c.isspace() or not c.isprintable() for c in url):
        return ""
    try:
        return url if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname else ""
    except ValueError:
        return ""
