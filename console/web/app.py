"""Routes of the page, and its middleware: access control and security headers (Content Security Policy)."""

import asyncio
import base64
import hmac
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from math import ceil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claimwire.config.settings import Settings
from claimwire.errors import ClaimwireError, ConfigError
from claimwire.log import open_settings_log
from console.queries.claim_filter import ClaimFilter
from console.queries.stored_claims import cluster_of
from console.web import alerts, atom, claims, glossary, health, mark_actions, rules, stories
from console.web.backends import Backends
from console.web.pages import HERE, TEMPLATES, Handler, error_page, failure, respond
from console.web.stream import KEPT, MOST_BROWSERS, Event, Hub, event_id, positions_of
from console.web.tokens import WrongTokens

logger = logging.getLogger(__name__)
MOST_FORM_BYTES = 200_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin", "x-frame-options": "DENY",
}  # fmt: skip
# Paths that need no token, for probes.
OPEN_PATHS = ("/healthz", "/readyz")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGES: dict[str, Handler] = {
    "/": claims.front,
    "/claims": claims.front,
    "/claims/{claim_id}": claims.claim_page,
    "/articles/{article_id}": claims.article_page,
    "/stories": stories.index,
    "/stories/{story_id}": stories.story_page,
    "/feeds": health.feeds_page,
    "/alerts": alerts.alerts_page,
    "/rules": rules.rules_page,
    "/ledger": health.ledger_page,
    "/glossary": glossary.glossary_page,
}


def create_app(settings: Settings, token: str = "") -> Starlette:
    """Return the application over the log and the store of the settings, protected by `token` if given."""
    for name in TEMPLATES.list_templates():
        # Compile the templates now, not at the first request.
        TEMPLATES.get_template(name)
    backends = Backends(settings)
    hub = Hub(lambda: open_settings_log(settings))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        hub.start()
        # Warm caches, connections and compiled queries of the store, which would delay the first request.
        warming = asyncio.create_task(run_in_threadpool(_warm, backends))
        yield
        await warming
        await run_in_threadpool(hub.close)
        app.state.prober.close()
        await run_in_threadpool(backends.close)

    app = Starlette(
        routes=routes(),
        lifespan=lifespan,
        middleware=[Middleware(Guard, token=token)],
        exception_handlers={Exception: _on_error, HTTPException: _on_error, ClaimwireError: _on_error},
    )
    app.state.settings, app.state.backends, app.state.hub = settings, backends, hub
    app.state.prober, app.state.problems = health.Prober(settings), list
    app.state.csrf = secrets.token_urlsafe(32)
    return app


def _warm(backends: Backends) -> None:
    """Run the front page's queries once; ignore an unreachable store."""
    with suppress(ClaimwireError), backends.store() as store:
        claims.claims_by_story(store, ClaimFilter(), datetime.now(UTC), None)


def routes() -> list[BaseRoute]:
    """Return the routes of every page: its path, and path.json for JSON."""
    found: list[BaseRoute] = [
        Route("/stream", stream),
        Route("/claims.atom", atom.claims_atom),
        Route("/alerts.atom", atom.alerts_atom),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", health.metrics),
        Route("/marks", _post(lambda request, form: mark_actions.mark(
            request.app.state.backends, form.get("mark", ""), form.get("id", ""), form.get("back", "/")
        )), methods=["POST"]),
        Route("/feeds/poll", _post(lambda request, form: health.poll_now(
            request.app.state.backends, form.get("url", "")
        )), methods=["POST"]),
        Route("/rules/try", _post(lambda request, form: respond(request, rules.try_page(request, form))), methods=["POST"]),
        Mount("/static", StaticFiles(directory=Path(HERE) / "static")),
    ]  # fmt: skip
    for path, view in PAGES.items():
        if path != "/":
            found.append(Route(f"{path}.json", _shown(view)))
        found.append(Route(path, _shown(view)))
    return found


def _shown(view: Handler) -> Callable[[Request], Response]:
    def show(request: Request) -> Response:
        began = time.perf_counter()
        response = respond(request, view(request))
        response.headers["Server-Timing"] = f"page;dur={(time.perf_counter() - began) * 1000:.1f}"
        return response

    return show


def _post(act: Callable[[Request, dict[str, str]], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Handle a POST from a form of this process's own pages, which contain its CSRF token."""

    async def take(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_FORM_BYTES:
                return respond(request, failure(413, "Too large", f"a form has at most {MOST_FORM_BYTES} bytes"))
        form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if not hmac.compare_digest(form.get("csrf", "").encode(), request.app.state.csrf.encode()):
            return respond(request, failure(403, "Form expired", "reload the page and send the form again"))
        return await run_in_threadpool(act, request, form)

    return take


async def _on_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return respond(request, failure(error.status_code, error.detail, request.url.path))
    if not isinstance(error, ClaimwireError):
        logger.exception("page %s", request.url.path, exc_info=error)
    return respond(request, error_page(error))


async def stream(request: Request) -> Response:
    """Stream new claims that match the URL's filter; `from` or Last-Event-ID is the position to continue at."""
    hub: Hub = request.app.state.hub
    pairs = [(n, v) for n, v in request.query_params.multi_items() if n != "from"]
    wanted = ClaimFilter.of(pairs)
    begin = request.headers.get("last-event-id") or request.query_params.get("from", "")
    start = positions_of(begin) if begin else None
    if begin and start is None:
        raise ConfigError(f"from: {begin[:80]!r} is not a position of this stream")
    if hub.browsers >= MOST_BROWSERS:
        return PlainTextResponse("too many browsers are connected\n", 503, {"Retry-After": "30"})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_lines(hub, start, wanted), media_type="text/event-stream", headers=headers)


async def _lines(hub: Hub, start: tuple[int, ...] | None, wanted: ClaimFilter) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    async for event, after in hub.events(start, wanted):
        if event is None:
            state = f"event: state\ndata: {msgspec.json.encode({'problem': hub.problem}).decode()}\n\n"
            # The browser stores the id of an event without data, but does not dispatch it (HTML 9.2.6).
            yield (f"id: {event_id(after)}\n\n" if after else "") + state
        else:
            yield f"id: {event_id(after)}\nevent: claim\ndata: {data_of(event)}\n\n"
    if hub.is_open:
        yield "event: reload\ndata: {}\n\n"


@lru_cache(maxsize=KEPT)
def data_of(event: Event) -> str:
    """Return a claim as JSON for the script: its ids, its story's title, and its row as HTML."""
    plain = msgspec.to_builtins(event.sighting)
    body = plain | plain["claim"]
    html = TEMPLATES.get_template("row.html").render(claim=claims.row(body, cluster_of(body)))
    title = body["story_title"] or body["title"]
    row = {"claim_id": body["claim_id"], "story_id": body["story_id"], "title": title, "html": html}
    return msgspec.json.encode(row).decode()


class Guard:
    """Middleware for all routes: checks the Host header and the token, and sets the security headers."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token, self._wrong = app, token, WrongTokens()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((k.encode(), v.encode()) for k, v in HEADERS.items())]
            await send(message)

        refusal = self._refusal(Request(scope))
        await (refusal or self._app)(scope, receive, sent)

    def _refusal(self, request: Request) -> Response | None:
        if request.url.path in OPEN_PATHS:
            return None
        if not self._token:
            # Without a token only this machine's own host names are accepted, which prevents DNS rebinding.
            if host_name(request.headers.get("host", "")) not in LOOPBACK:
                return PlainTextResponse("this page is served to this machine only\n", 421)
            return None
        given = request.headers.get("authorization", "")
        address = request.client.host if request.client else ""
        # The token is not compared: the response would reveal a correct guess.
        if given and (seconds := self._wrong.wait(address)):
            return PlainTextResponse("too many wrong tokens\n", 429, {"Retry-After": str(ceil(seconds))})
        if _is_known(given, self._token):
            return None
        if given:
            self._wrong.note(address)
        return PlainTextResponse("a token is required\n", 401, {"WWW-Authenticate": 'Basic realm="claimwire"'})


def host_name(header: str) -> str:
    """Return the name of a Host header without its port."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _is_known(header: str, token: str) -> bool:
    """Return whether a header carries the token: as Bearer, or as the password of Basic (RFC 7617) with any user."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode("utf-8").partition(":")[2]
        except ValueError:
            return False
    return scheme.lower() in ("basic", "bearer") and hmac.compare_digest(value.strip().encode(), token.encode())
