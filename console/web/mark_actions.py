"""Marks of readers on the page."""

from datetime import UTC, datetime

from starlette.responses import RedirectResponse, Response

from console.queries.marking import read_marks, set_mark
from console.web.backends import Backends


def current_marks(backends: Backends) -> dict[str, str]:
    """Return the marks by key."""
    with backends.log() as log:
        return {key: mark.mark.value for key, mark in read_marks(log).items()}


def mark(backends: Backends, action: str, ident: str, back: str) -> Response:
    """Set a mark and redirect to the page of the form."""
    with backends.log() as log:
        set_mark(log, action, ident, datetime.now(UTC))
    return RedirectResponse(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/", 303)
