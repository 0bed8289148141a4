"""Checks of saved objects without Kibana: references, grids, JSON in strings, and every field against our mappings.

Kibana shows a missing field, or one of the wrong type, only as an empty panel.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claimwire.store.mappings import MAPPINGS
from sinks.kibana.kql import fields_of, parse_kql
from sinks.kibana.objects import RECORDS

COLUMNS = 48
MOST_PANELS = 100
REQUIRED = ("id", "type", "attributes", "references", "coreMigrationVersion", "typeMigrationVersion")
JSON_STRINGS = ("panelsJSON", "optionsJSON", "searchSourceJSON", "ignoreParentSettingsJSON")
NUMBERS = frozenset(("long", "double"))
# Field types that each operation or KQL test supports.
FITTING: Mapping[str, frozenset[str]] = {
    "date_histogram": frozenset(("date",)), "terms": frozenset(("keyword", "boolean")), "sum": NUMBERS, "average": NUMBERS,
    "percentile": NUMBERS, "max": NUMBERS | {"date"}, "min": NUMBERS | {"date"},
    "unique_count": frozenset(("keyword",)) | NUMBERS, "gt": NUMBERS | {"date"}, "gte": NUMBERS | {"date"},
    "lt": NUMBERS | {"date"}, "lte": NUMBERS | {"date"},
}  # fmt: skip
Object = Mapping[str, Any]


def problems(objects: Sequence[Object]) -> list[str]:
    """Return all problems, one line each; empty if there are none."""
    found = []
    seen: set[tuple[str, str]] = set()
    for one in objects:
        where = f"{one.get('type')}/{one.get('id')}"
        missing = [name for name in REQUIRED if name not in one]
        if missing:
            found.append(f"{where}: lacks {', '.join(missing)}")
            continue
        if (one["type"], one["id"]) in seen:
            found.append(f"{where}: duplicate")
        seen.add((one["type"], one["id"]))
    if found:
        return found
    views = {
        one["id"]: one["attributes"]["title"].rsplit("-", 1)[1] for one in objects if one["type"] == "index-pattern"
    }
    for one in objects:
        where = f"{one['type']}/{one['id']}"
        found += [f"{where}: {p}" for p in (*_references(one, seen), *_json_strings(one["attributes"]))]
        found += [f"{where}: {p}" for p in _of_type(one, views)]
    return found


def _references(one: Object, there: set[tuple[str, str]]) -> Iterator[str]:
    names = [ref["name"] for ref in one["references"]]
    if len(names) != len(set(names)):
        yield "two references have one name"
    for ref in one["references"]:
        if (ref["type"], ref["id"]) not in there:
            yield f"refers to {ref['type']}/{ref['id']}, which does not exist"


def _json_strings(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name in JSON_STRINGS:
                try:
                    json.loads(value)
                except (TypeError, ValueError) as error:
                    yield f"{name}: invalid JSON: {error}"
            yield from _json_strings(value)
    elif isinstance(node, list):
        for item in node:
            yield from _json_strings(item)


def _of_type(one: Object, views: Mapping[str, str]) -> Iterator[str]:
    attributes = one["attributes"]
    kind = next((views.get(r["id"]) for r in one["references"] if r["type"] == "index-pattern"), None)
    match one["type"]:
        case "index-pattern":
            yield from _field(views[one["id"]], attributes["timeFieldName"], "date_histogram")
        case "search" if kind:
            for column in (*attributes["columns"], *(name for name, _ in attributes["sort"])):
                yield from _field(kind, column, "")
            source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
            yield from _kql(kind, source["query"]["query"])
        case "lens" if kind:
            yield from _lens(kind, attributes["state"])
        case "dashboard":
            yield from _dashboard(one, views)


def _lens(kind: str, state: Object) -> Iterator[str]:
    yield from _kql(kind, state["query"]["query"])
    shown = json.dumps(state["visualization"])
    for layer in state["datasourceStates"]["formBased"]["layers"].values():
        if set(layer["columnOrder"]) != set(layer["columns"]):
            yield "columnOrder and columns differ"
        for ident, column in layer["columns"].items():
            if f'"{ident}"' not in shown:
                yield f"column {ident} is not shown"
            if column["sourceField"] != RECORDS:
                yield from _field(kind, column["sourceField"], column["operationType"])


def _dashboard(one: Object, views: Mapping[str, str]) -> Iterator[str]:
    panels = json.loads(one["attributes"]["panelsJSON"])
    names = {ref["name"] for ref in one["references"]}
    if len(panels) > MOST_PANELS:
        yield f"{len(panels)} panels; {MOST_PANELS} at most"
    for panel in panels:
        if f"{panel['panelIndex']}:{panel['panelRefName']}" not in names:
            yield f"panel {panel['panelIndex']}: {panel['panelRefName']} is not a reference"
    yield from _grid([panel["gridData"] for panel in panels])
    controls = json.loads(one["attributes"]["controlGroupInput"]["panelsJSON"])
    targets = {r["name"]: views.get(r["id"], "") for r in one["references"] if r["type"] == "index-pattern"}
    for ident, control in controls.items():
        kind = targets.get(f"controlGroup_{ident}:optionsListDataView")
        if kind is None:
            yield f"control {ident}: has no data view"
        else:
            yield from _field(kind, control["explicitInput"]["fieldName"], "terms")


def _grid(places: Sequence[Mapping[str, int]]) -> Iterator[str]:
    taken: dict[tuple[int, int], str] = {}
    for place in places:
        name = str(place["i"])
        if place["x"] < 0 or place["w"] < 1 or place["h"] < 1 or place["x"] + place["w"] > COLUMNS:
            yield f"panel {name}: exceeds {COLUMNS} columns"
            continue
        cells = [
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        under = next((taken[cell] for cell in cells if cell in taken), None)
        if under is not None:
            yield f"panel {name}: overlaps panel {under}"
        taken |= dict.fromkeys(cells, name)


def _kql(kind: str, text: str) -> Iterator[str]:
    try:
        tests = fields_of(parse_kql(text))
    except ValueError as error:
        yield str(error)
        return
    for name, test in sorted(tests):
        yield from _field(kind, name, test)


def _field(kind: str, path: str, use: str) -> Iterator[str]:
    """Yield the problem if a field of a kind of document does not support this use."""
    properties: Mapping[str, Any] = MAPPINGS[kind]
    spec: Mapping[str, Any] = {}
    for part in path.split("."):
        spec = properties.get(part, {})
        properties = spec.get("properties", {})
    if "type" not in spec:
        yield f"field {path} is not in the mapping of {kind}"
    elif use in FITTING and spec["type"] not in FITTING[use]:
        yield f"field {path} of {kind} is a {spec['type']}, which {use} does not support"
