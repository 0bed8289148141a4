"""Queries of panels as Kibana sends them to Elasticsearch: searches with aggregations."""

from typing import Any

from sinks.kibana.kql import parse_kql, to_dsl
from sinks.kibana.objects import columns_of
from sinks.kibana.panels import Panel, Search, Watch

OPERATIONS = {"unique_count": "cardinality", "average": "avg", "percentile": "percentiles"}


def panel_query(panel: Panel) -> dict[str, Any]:
    """Return the search of a panel: nested buckets of its columns, with the metric innermost as `value`."""
    columns = columns_of(panel)
    operation, field = columns["value"]["operationType"], columns["value"]["sourceField"]
    value: dict[str, Any] = {}
    if operation != "count":
        percents = {"percents": [95]} if operation == "percentile" else {}
        value = {"value": {OPERATIONS.get(operation, operation): {"field": field, **percents}}}
    nested = value
    for ident, column in reversed([(i, c) for i, c in columns.items() if c["isBucketed"]]):
        if column["operationType"] == "date_histogram":
            bucket: dict[str, Any] = {
                "date_histogram": {"field": column["sourceField"], "fixed_interval": "1h", "min_doc_count": 1}
            }
        else:
            bucket = {"terms": {"field": column["sourceField"], "size": column["params"]["size"]}}
        nested = {ident: bucket | ({"aggs": nested} if nested else {})}
    asked = {"size": 0, "track_total_hits": True, "query": to_dsl(parse_kql(panel.kql))}
    return asked | ({"aggs": nested} if nested else {})


def search_query(search: Search) -> dict[str, Any]:
    """Return the query of a saved search."""
    return {
        "size": 5,
        "track_total_hits": True,
        "query": to_dsl(parse_kql(search.kql)),
        "_source": list(search.columns),
    }


def watch_query(watch: Watch) -> dict[str, Any]:
    """Return the query that counts a rule's documents."""
    within = {"range": {watch.time: {"gte": f"now-{watch.minutes}m"}}}
    return {"size": 0, "track_total_hits": True, "query": {"bool": {"filter": [dict(watch.query), within]}}}
