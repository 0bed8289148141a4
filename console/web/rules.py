"""The page of rules: the rules file, the alerts of each rule, and a back-test of edited rules."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request

from claimwire.config.channels import SECTIONS, channels_of
from claimwire.config.sections import sections_of
from claimwire.errors import ConfigError
from console.cli.rules import as_json, story_marks
from console.queries.claim_filter import since_of
from console.queries.marking import read_marks
from console.queries.rule_backtest import history, try_rules
from console.resources import resolved
from console.web.backends import Backends
from console.web.pages import View
from processors.rules import Rule, rules_of
from processors.rules.fields import FIELDS

LATEST = 20
SHOWN = 20
DEFAULT_SINCE = "7d"


def rules_page(request: Request) -> View:
    """Show the active rules."""
    return _page(request, Path(resolved(request.app.state.settings.rules)).read_text("utf-8"), DEFAULT_SINCE, None)


def try_page(request: Request, form: dict[str, str]) -> View:
    """Show the result of a back-test of edited rules. No file that they name is read."""
    text, since = form.get("text", ""), form.get("since", DEFAULT_SINCE)
    try:
        rules = _parsed(text)
        backends: Backends = request.app.state.backends
        with backends.log() as log:
            marks = story_marks(read_marks(log))
        with backends.store() as store:
            subjects = history(store, since_of(since, datetime.now(UTC)))
        found = {name: as_json(of_rule) for name, of_rule in try_rules(rules, subjects, marks).items()}
    except ConfigError as error:
        return _page(request, text, since, None, str(error))
    return _page(request, text, since, found)


def _parsed(text: str) -> tuple[Rule, ...]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"rules: syntax: {error}") from None
    return rules_of(sections_of("rules", text, table, SECTIONS))


def _page(request: Request, text: str, since: str, found: dict[str, Any] | None, problem: str = "") -> View:
    path = resolved(request.app.state.settings.rules)
    with request.app.state.backends.store() as store:
        counted = dict(store.facets("alerts", ["rule"], limit=1000)["rule"])
        latest = store.search("alerts", "", limit=LATEST, count_to=LATEST)
    current = Path(path).read_text("utf-8")
    sections = sections_of(path, current, tomllib.loads(current), SECTIONS)
    rules = [
        {"name": r.name, "on": r.on, "severity": r.severity, "notify": list(r.notify), "line": r.line,
         "policy": {name: value for name in r.policy.__struct_fields__ if (value := getattr(r.policy, name))},
         "independent_origins": r.independent_origins, "alerts": counted.get(r.name, 0)}
        for r in rules_of(sections)
    ]  # fmt: skip
    data = {
        "file": Path(path).name, "rules": rules, "channels": sorted(channels_of(sections["channel"])), "since": since,
        "trial": found, "problem": problem, "latest": [h.body for h in latest.hits],
    }  # fmt: skip
    return View("rules.html", data, {"text": text, "shown": SHOWN, "fields": FIELDS}, 400 if problem else 200)
