"""Saved objects for Kibana 8.x and 9.x, as lines of NDJSON for `POST /api/saved_objects/_import`.

The version of each type is the lowest that supports what we use: Kibana imports objects of its own or older versions
only. https://www.elastic.co/docs/extend/kibana/saved-objects/export
"""

import json
from typing import Any

from claimwire.store import VOCABULARIES
from claimwire.store.mappings import MAPPINGS
from claimwire.text.words import OF_FIELD, field_words
from sinks.kibana.panels import DASHBOARDS, SEARCHES, VIEWS, Dashboard, Metric, Panel, Search, View

CORE = "8.8.0"
TYPES = {"index-pattern": "8.0.0", "search": "8.0.0", "lens": "8.9.0", "dashboard": "8.9.0"}
LAYER, TIME, VALUE = "layer", "time", "value"
RECORDS = "___records___"
# In other kinds, fields of the same name have other vocabularies.
SHOWN_KINDS = ("claims", "clusters", "alerts")
VISUALIZATIONS = {"bars": "lnsXY", "table": "lnsDatatable", "metric": "lnsMetric", "donut": "lnsPie"}
Object = dict[str, Any]


def saved_objects(namespace: str) -> list[Object]:
    """Return all objects, data views first."""
    found = [_view(v, namespace) for v in VIEWS] + [_search(s, namespace) for s in SEARCHES]
    for dashboard in DASHBOARDS:
        found += [_lens(p, namespace) for p in dashboard.panels]
        found.append(_dashboard(dashboard, namespace))
    return found


def ndjson(namespace: str) -> str:
    """Return the content of the file to import."""
    return "".join(json.dumps(o, sort_keys=True, ensure_ascii=False) + "\n" for o in saved_objects(namespace))


def object_id(namespace: str, ident: str) -> str:
    """Return an object's id, which includes the namespace."""
    return f"{namespace}-{ident}"


def _object(kind: str, namespace: str, ident: str, attributes: Object, references: list[Object]) -> Object:
    return {
        "id": object_id(namespace, ident), "type": kind, "attributes": attributes, "references": references,
        "coreMigrationVersion": CORE, "typeMigrationVersion": TYPES[kind],
    }  # fmt: skip


def _to_view(namespace: str, kind: str, name: str) -> Object:
    return {"type": "index-pattern", "id": object_id(namespace, f"view-{kind}"), "name": name}


def _view(view: View, namespace: str) -> Object:
    title = f"{namespace}-{view.kind}"
    attributes = {
        "title": title, "name": f"{namespace} {view.kind}", "timeFieldName": view.time, "fieldFormatMap": _formats(view.kind),
    }  # fmt: skip
    return _object("index-pattern", namespace, f"view-{view.kind}", attributes, [])


def _formats(kind: str) -> str:
    """Return static lookups, with which Kibana displays plain words for those of our vocabularies."""
    found = {
        name: {"id": "static_lookup", "params": {
            "lookupEntries": [{"key": str(word), "value": text} for word, text in words.items()], "unknownKeyValue": None,
        }}
        for name, words in OF_FIELD.items()
        if name in MAPPINGS[kind] and name in VOCABULARIES and kind in SHOWN_KINDS
    }  # fmt: skip
    return json.dumps(found, sort_keys=True)


def _source(kql: str, **more: Any) -> Object:
    source = {"query": {"query": kql, "language": "kuery"}, "filter": [], **more}
    return {"searchSourceJSON": json.dumps(source, sort_keys=True)}


def time_field(kind: str) -> str:
    """Return the date field of a kind's view."""
    return next(v.time for v in VIEWS if v.kind == kind)


def _search(search: Search, namespace: str) -> Object:
    name = "kibanaSavedObjectMeta.searchSourceJSON.index"
    attributes = {
        "title": f"claimwire: {search.title}", "description": "", "columns": list(search.columns),
        "sort": [[time_field(search.kind), "desc"]], "grid": {}, "hideChart": False, "isTextBasedQuery": False,
        "timeRestore": False, "kibanaSavedObjectMeta": _source(search.kql, indexRefName=name, highlightAll=True, version=True),
    }  # fmt: skip
    return _object("search", namespace, f"search-{search.id}", attributes, [_to_view(namespace, search.kind, name)])


def columns_of(panel: Panel) -> dict[str, Object]:
    """Return the columns of a panel's only layer, by id: time or the split fields, and the value."""
    found: dict[str, Object] = {}
    if panel.shape == "bars":
        field = time_field(panel.kind)
        found[TIME] = {
            "operationType": "date_histogram", "sourceField": field, "label": field, "dataType": "date", "isBucketed": True,
            "scale": "interval", "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
        }  # fmt: skip
    for field in panel.split:
        found[f"by-{field}"] = {
            "operationType": "terms", "sourceField": field, "label": field_words(field), "dataType": "string", "isBucketed": True,
            "scale": "ordinal",
            "params": {
                "size": panel.size, "orderBy": {"type": "column", "columnId": VALUE}, "orderDirection": "desc",
                "otherBucket": panel.shape in ("bars", "donut"), "missingBucket": False, "parentFormat": {"id": "terms"},
            },
        }  # fmt: skip
    found[VALUE] = _value(panel.metric)
    return found


def _value(metric: Metric) -> Object:
    label = "count" if metric.operation == "count" else f"{metric.operation.replace('_', ' ')} of {metric.field}"
    params: Object = {"emptyAsNull": True} if metric.operation in ("count", "unique_count", "sum") else {}
    if metric.operation == "percentile":
        params = {"percentile": 95}
    return {
        "operationType": metric.operation, "sourceField": metric.field or RECORDS, "label": label, "dataType": "number",
        "isBucketed": False, "scale": "ratio", "params": params,
    }  # fmt: skip


def _visualization(panel: Panel) -> Object:
    splits = [f"by-{field}" for field in panel.split]
    layer: Object = {"layerId": LAYER, "layerType": "data"}
    match panel.shape:
        case "bars":
            one = {**layer, "seriesType": "bar_stacked", "xAccessor": TIME, "accessors": [VALUE], "position": "top",
                   "showGridlines": False, "splitAccessor": splits[0]}  # fmt: skip
            legend = {"isVisible": True, "position": "right"}
            return {"preferredSeriesType": "bar_stacked", "legend": legend, "valueLabels": "hide", "layers": [one]}
        case "table":
            return {**layer, "columns": [{"columnId": c, "isTransposed": False} for c in (*splits, VALUE)]}
        case "metric":
            return {**layer, "metricAccessor": VALUE}
    one = {**layer, "primaryGroups": splits, "metrics": [VALUE], "numberDisplay": "percent", "categoryDisplay": "default",
           "legendDisplay": "default", "nestedLegend": False}  # fmt: skip
    return {"shape": "donut", "layers": [one]}


def _lens(panel: Panel, namespace: str) -> Object:
    columns = columns_of(panel)
    state = {
        "datasourceStates": {"formBased": {"layers": {LAYER: {
            "columns": columns, "columnOrder": list(columns), "incompleteColumns": {}, "sampling": 1,
        }}}},
        "visualization": _visualization(panel), "query": {"query": panel.kql, "language": "kuery"}, "filters": [],
        "internalReferences": [], "adHocDataViews": {},
    }  # fmt: skip
    attributes = {
        "title": panel.title, "description": "", "visualizationType": VISUALIZATIONS[panel.shape], "state": state,
    }  # fmt: skip
    references = [_to_view(namespace, panel.kind, f"indexpattern-datasource-layer-{LAYER}")]
    return _object("lens", namespace, f"lens-{panel.id}", attributes, references)


def _dashboard(dashboard: Dashboard, namespace: str) -> Object:
    panels, references = [], []
    shown = [("lens", f"lens-{p.id}", p.grid) for p in dashboard.panels]
    shown += [("search", f"search-{ident}", grid) for ident, grid in dashboard.searches]
    for number, (kind, ident, (x, y, w, h)) in enumerate(shown, 1):
        index, name = str(number), f"panel_{number}"
        panels.append({
            "type": kind, "panelIndex": index, "gridData": {"x": x, "y": y, "w": w, "h": h, "i": index},
            "embeddableConfig": {"enhancements": {}}, "panelRefName": name,
        })  # fmt: skip
        references.append({"type": kind, "id": object_id(namespace, ident), "name": f"{index}:{name}"})
    controls = {
        field: {"order": order, "width": "medium", "grow": True, "type": "optionsListControl",
                "explicitInput": {"id": field, "fieldName": field, "title": field_words(field), "enhancements": {}}}
        for order, (_, field) in enumerate(dashboard.controls)
    }  # fmt: skip
    references += [
        _to_view(namespace, kind, f"controlGroup_{field}:optionsListDataView") for kind, field in dashboard.controls
    ]
    attributes = {
        "title": dashboard.title, "description": dashboard.description, "version": 1, "timeRestore": True,
        "timeFrom": "now-7d", "timeTo": "now", "refreshInterval": {"pause": False, "value": 60_000},
        "panelsJSON": json.dumps(panels, sort_keys=True), "kibanaSavedObjectMeta": _source(""),
        "optionsJSON": json.dumps({"useMargins": True, "syncColors": True, "hidePanelTitles": False}, sort_keys=True),
        "controlGroupInput": {
            "chainingSystem": "HIERARCHICAL", "controlStyle": "oneLine", "panelsJSON": json.dumps(controls, sort_keys=True),
            "ignoreParentSettingsJSON": json.dumps(
                {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
            ),
        },
    }  # fmt: skip
    return _object("dashboard", namespace, f"dashboard-{dashboard.id}", attributes, references)
