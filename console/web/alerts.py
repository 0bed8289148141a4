"""The page of alerts."""

from urllib.parse import urlencode

from starlette.requests import Request

from claimwire.errors import ConfigError
from claimwire.records.marks import mark_key
from claimwire.store import FACETS
from console.queries.claim_filter import checked
from console.web.backends import Backends
from console.web.claims import A_PAGE, COUNTED, after_of, older_of
from console.web.mark_actions import current_marks
from console.web.pages import View

SHOWN = ("rule", "severity", "verdict", "source")


def filters_of(request: Request) -> dict[str, list[str]]:
    """Parse the filters of the URL. Raises ConfigError for an invalid name or value."""
    filters: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name == "after" or not value:
            continue
        if name not in FACETS["alerts"]:
            raise ConfigError(f"{name}: no such filter; use one of {', '.join(FACETS['alerts'])}")
        filters.setdefault(name, []).append(value)
    checked({name: tuple(values) for name, values in filters.items()})
    return filters


def alerts_page(request: Request) -> View:
    """Show the newest alerts; `rule`, `severity`, `verdict`, `source` and `story_id` in the URL are filters."""
    backends: Backends = request.app.state.backends
    filters = filters_of(request)
    after = after_of(request.query_params.get("after"))
    with backends.store() as store:
        found = store.search("alerts", "", filters, A_PAGE, after=after, count_to=COUNTED)
        facets = store.facets("alerts", SHOWN, "", filters, 12, sample=COUNTED)
    hits = list(found.hits)
    known = current_marks(backends)
    alerts = [dict(h.body) | {"mark": known.get(mark_key("alert", h.id))} for h in hits]
    data = {
        "total": found.total,
        "is_more": found.total >= COUNTED,
        "alerts": alerts,
        "facets": facets,
        "older": older_of(hits),
    }
    query = urlencode([(name, v) for name, values in filters.items() for v in values])
    return View("alerts.html", data, {"filters": filters, "query": query})
