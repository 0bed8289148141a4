"""What is told to people: notices of one alert or several, as text that no channel takes for markup or a mention."""

import os
import sys
from dataclasses import dataclass
from typing import TextIO
from urllib.parse import urlsplit

from claimwire.records import Alert, Verdict

MAX_TEXT = 300
MOST_ALERTS = 20
COLOURS = {"NEW": 32, "UPDATE": 34, "CONTRADICTION": 31, "RETRACTION": 35, "REPEAT": 90, "ARTICLE": 36}
# What chat services and mail take for mentions, links and markup, as characters that look like it and mean nothing.
NEUTRAL = str.maketrans("<>@[]`*#|~_", "‹›＠［］ʼ∗＃¦∼‗")


@dataclass(frozen=True)
class Notice:
    """Alerts of one group of a rule, told together. `notice_id` is the same however often it is tried."""

    notice_id: str
    channel: str
    rule: str
    severity: str
    alerts: tuple[Alert, ...]


def plain(text: str) -> str:
    """Text for a terminal: control characters become spaces, at most MAX_TEXT characters."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= MAX_TEXT else flat[: MAX_TEXT - 1] + "…"


def neutral(text: str) -> str:
    """`plain`, with nothing in it that a service would take for a mention, a link or markup."""
    return plain(text).translate(NEUTRAL).replace("://", ":⁄⁄")


def mark_of(verdict: Verdict | None) -> str:
    """The verdict of an alert or a claim in capitals; ARTICLE for an alert of an article, which has none."""
    return neutral(verdict.value).upper() if verdict else "ARTICLE"


def painted(mark: str, out: TextIO) -> str:
    """A mark in its colour, on a terminal that wants colours (no-color.org), as wide as the widest."""
    text = f"{mark:<13}"
    return f"\x1b[{COLOURS.get(mark, 0)}m{text}\x1b[0m" if out.isatty() and not os.environ.get("NO_COLOR") else text


def who_says(alert: Alert) -> str:
    """Claimant and cue; of an article its source alone."""
    who = ", ".join(alert.claimant)
    return f"{who} ({alert.cue})" if alert.cue else "the outlet itself" if who in ("narrator", "") else who


def alert_lines(alert: Alert, out: TextIO = sys.stdout) -> str:
    """An alert for the console: verdict, evidence, claimant, source, what changed."""
    lines = [
        f"{painted(mark_of(alert.verdict), out)} {plain(alert.evidence)}",
        f"{'':13} {plain(who_says(alert))} · {plain(alert.source)}",
    ]
    if mark_of(alert.verdict) != "NEW":
        lines.append(f"{'':13} {plain(alert.why.split(' (matched')[0])}")
    return "\n".join(lines)


def notice_title(notice: Notice) -> str:
    """One line: the rule, and what it is about."""
    first, more = notice.alerts[0], len(notice.alerts) - 1
    also = f" (and {more} more)" if more else ""
    return neutral(f"{notice.rule}: {first.title or first.evidence}")[:200] + also


def notice_text(notice: Notice) -> str:
    """The alerts with evidence, who says it, why it is told, and where it stands; at most MOST_ALERTS of them."""
    parts = []
    for alert in notice.alerts[:MOST_ALERTS]:
        lines = [
            f"{mark_of(alert.verdict)}: {neutral(alert.evidence)}",
            f"{neutral(who_says(alert))}, in {neutral(alert.source)}",
            f"Why: {neutral(alert.why.split(' (matched')[0])}",
        ]
        if link := outward(alert.url):
            lines.append(link)
        parts.append("\n".join(lines))
    left = len(notice.alerts) - MOST_ALERTS
    return "\n\n".join(parts) + (f"\n\nand {left} more" if left > 0 else "")


def outward(url: str | None) -> str:
    """An article's address as it may stand in a message: http and https, without what ends or opens markup; else nothing."""
    if not url or any(c in url for c in "<>|`\"'()[]*") or any(c.isspace() or not c.isprintable() for c in url):
        return ""
    try:
        return url if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname else ""
    except ValueError:
        return ""
