"""Pages: data (also served as JSON) with a template. Errors are pages too."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from claimwire.errors import ClaimwireError, ConfigError, UnreachableError
from claimwire.records.claims import Quantity
from claimwire.text.display import (
    claim_line,
    is_reworded,
    mark_of,
    quantity_text,
    reason_words,
    shown,
    speaker_words,
    story_words,
    why,
)
from claimwire.text.numbers import number_text
from claimwire.text.words import field_words, value_words
from console.web import charts

HERE = Path(__file__).resolve().parent
LONG_TEXT = 400
SPACED_TEXT = 20_000
RETRY_SECONDS = 5
WHOLE = 0.9
# Control characters, including those for text direction (Unicode TR 9, 2.1 to 2.7).
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class View:
    """A page: `data` is also served as `.json`, `shown` is for the template only."""

    template: str
    data: Mapping[str, Any]
    shown: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


class NotFoundError(ClaimwireError):
    """The requested document does not exist."""


def said(text: object, limit: int = LONG_TEXT) -> str:
    """Return untrusted text for display: no control or direction characters, at most `limit` characters."""
    flat = " ".join(UNSEEN.sub(" ", str(text)).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def marked(claim: Mapping[str, Any]) -> Markup:
    """Return a claim's sentence with the claim marked, or its line if the words alone would mean something else."""
    if is_reworded(found := shown(claim)):
        return Markup("<mark>{}</mark>").format(said(claim_line(found)))
    sentence, start = claim["sentence"], claim["start"] - claim["sentence_start"]
    end = start + claim["end"] - claim["start"]
    if not 0 <= start < end <= len(sentence):
        return Markup("<mark>{}</mark>").format(said(claim["evidence"]))
    if end - start > WHOLE * len(sentence):
        # Marking a whole sentence would not highlight anything.
        return Markup("{}").format(said(sentence, 2 * LONG_TEXT))
    before, words, after = sentence[:start], sentence[start:end], sentence[end:]
    return Markup("{}<mark>{}</mark>{}").format(spaced(before), spaced(words), spaced(after))


def display(value: object, name: str) -> str:
    """Return a value of a field in plain words."""
    return value_words(name, str(value or ""))


def quantity_words(quantity: Mapping[str, Any]) -> str:
    """Format a number of a claim from a document of the store."""
    return quantity_text(msgspec.convert(quantity, Quantity))


def spaced(text: str) -> str:
    """Return `said` text with its leading and trailing space, for parts of one sentence."""
    shown = said(text, SPACED_TEXT)
    return (" " if text[:1].isspace() else "") + shown + (" " if shown and text[-1:].isspace() else "")


def outside(url: object) -> str:
    """Return a URL that is safe for a link (http, https), else an empty string."""
    text = str(url or "")
    try:
        return text if urlsplit(text).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def moment(value: object) -> Markup:
    """Format a time to the minute, in UTC."""
    if not value:
        return Markup("–")
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    at = at.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M}")


def age(value: object) -> Markup:
    """Format the age of a time; the script keeps it up to date."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    seconds = max(0, int((datetime.now(UTC) - at).total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            text = f"{seconds // size} {unit}"
            break
    else:
        text = "now"
    whole = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Markup('<time class="age" datetime="{}" title="{}">{}</time>').format(whole, whole, text)


def environment() -> jinja2.Environment:
    """Return the template environment: always escapes, and rejects undefined names."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "said": said, "spaced": spaced, "marked": marked, "outside": outside, "moment": moment, "age": age, "number": number_text,
        "shown": shown, "line": claim_line, "markword": mark_of, "who": speaker_words, "story": story_words, "why": why,
        "display": display, "field": field_words, "quantity": quantity_words, "unreported": reason_words, "reworded": is_reworded,
    }  # fmt: skip
    made.globals |= {"spark": charts.spark, "world": charts.world}
    return made


TEMPLATES = environment()


def respond(request: Request, page: View) -> Response:
    """Render the page, as JSON if its path ends in .json."""
    headers = {"Retry-After": str(RETRY_SECONDS)} if page.status == 503 else {}
    if request.url.path.endswith(".json"):
        body = msgspec.json.encode(page.data, enc_hook=str)
        return Response(body, page.status, headers, "application/json")
    if page.status == 503:
        headers["Refresh"] = str(RETRY_SECONDS)
    state = request.app.state
    shown = {"path": request.url.path, "csrf": state.csrf, "namespace": state.settings.namespace, **page.shown}
    html = TEMPLATES.get_template(page.template).render(**page.data, **shown)
    return Response(html, page.status, headers, "text/html")


def error_page(error: Exception) -> View:
    """Return the error page for an exception; 503 for an unreachable server, which the page retries."""
    match error:
        case UnreachableError():
            return failure(503, "A server cannot be reached", str(error))
        case ConfigError():
            return failure(400, "Bad request", str(error))
        case NotFoundError():
            return failure(404, "Not found", str(error))
    return failure(500, "Server error", f"{type(error).__name__}: see the log of this process")


def failure(status: int, title: str, detail: str) -> View:
    """Return the page of an error."""
    return View("error.html", {"status": status, "title": title, "detail": detail}, status=status)


Handler = Callable[[Request], View]
