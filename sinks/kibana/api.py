"""Dashboards for the dashboards API (Kibana 9.5 and later), and rules for the alerting API."""

import json
from typing import Any

from sinks.kibana.objects import object_id, time_field
from sinks.kibana.panels import DASHBOARDS, WATCHES, Dashboard, Metric, Panel, Watch

MOST_HITS = 100
TYPES = {"bars": "xy", "table": "data_table", "metric": "metric", "donut": "pie"}
Body = dict[str, Any]


def dashboards(namespace: str) -> dict[str, Body]:
    """Return the body of `PUT /api/dashboards/ID` by id; they refer only to saved searches."""
    return {object_id(namespace, f"dashboard-{d.id}"): _dashboard(d, namespace) for d in DASHBOARDS}


def _dashboard(dashboard: Dashboard, namespace: str) -> Body:
    panels: list[Body] = [
        {"type": "vis", "grid": _grid(p.grid), "config": _config(p, namespace)} for p in dashboard.panels
    ]
    panels += [
        {"type": "discover_session", "grid": _grid(grid), "config": {"ref_id": object_id(namespace, f"search-{ident}")}}
        for ident, grid in dashboard.searches
    ]
    pinned = [
        {
            "type": "options_list_control",
            "config": {"field_name": field, "title": field, "data_view_id": view_id(namespace, kind)},
        }
        for kind, field in dashboard.controls
    ]
    return {
        "title": dashboard.title, "description": dashboard.description, "panels": panels, "pinned_panels": pinned,
        "time_range": {"from": "now-7d", "to": "now"}, "refresh_interval": {"pause": False, "value": 60_000},
        "query": {"language": "kql", "expression": ""},
    }  # fmt: skip


def view_id(namespace: str, kind: str) -> str:
    """Return the id of a kind's data view."""
    return object_id(namespace, f"view-{kind}")


def _grid(grid: tuple[int, int, int, int]) -> Body:
    return dict(zip("xywh", grid, strict=True))


def _config(panel: Panel, namespace: str) -> Body:
    spec = {
        "type": "data_view_spec",
        "index_pattern": f"{namespace}-{panel.kind}",
        "time_field": time_field(panel.kind),
    }
    value = _metric(panel.metric)
    terms = [{"operation": "terms", "fields": [field], "limit": panel.size} for field in panel.split]
    config: Body = {
        "type": TYPES[panel.shape], "title": panel.title, "data_source": spec,
        "query": {"language": "kql", "expression": panel.kql},
    }  # fmt: skip
    match panel.shape:
        case "bars":
            histogram = {"operation": "date_histogram", "field": time_field(panel.kind)}
            layer = {"type": "bar_stacked", "x": histogram, "y": [value], "breakdown_by": terms[0], "data_source": spec}
            config["layers"] = [layer]
        case "table":
            config |= {"metrics": [value], "rows": terms}
        case "donut":
            config |= {"metrics": [value], "group_by": terms}
        case "metric":
            config["metrics"] = [value]
    return config


def _metric(metric: Metric) -> Body:
    if metric.operation == "count":
        return {"operation": "count"}
    percentile = {"percentile": 95} if metric.operation == "percentile" else {}
    return {"operation": metric.operation, "field": metric.field, **percentile}


def rules(namespace: str) -> dict[str, Body]:
    """Return the body of `POST /api/alerting/rule/ID` by id.

    Rules have no actions: connectors differ by installation.
    """
    return {object_id(namespace, f"rule-{w.id}"): _rule(w, namespace) for w in WATCHES}


def _rule(watch: Watch, namespace: str) -> Body:
    return {
        "name": f"{namespace}: {watch.name}", "rule_type_id": ".es-query", "consumer": "stackAlerts", "enabled": True,
        "tags": ["claimwire"], "schedule": {"interval": "5m"}, "alert_delay": {"active": 1}, "actions": [],
        "params": {
            "searchType": "esQuery", "index": [f"{namespace}-{watch.kind}"], "timeField": watch.time,
            "esQuery": json.dumps({"query": watch.query}, sort_keys=True), "size": MOST_HITS,
            "timeWindowSize": watch.minutes, "timeWindowUnit": "m", "thresholdComparator": ">", "threshold": [0],
            "aggType": "count", "groupBy": "all", "excludeHitsFromPreviousRun": True,
        },
    }  # fmt: skip
