"""The Grafana dashboard, by Grafana's own typed builders; `python -m docs.build` writes it."""

from typing import Any

from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import StackingConfig
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import GraphDrawStyle, StackingMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
RATE = "$__rate_interval"
# Title, unit, [(expression, legend)]: rows of the dashboard.
STATS = (
    ("Articles a minute", "short", f"60 * sum(rate(claimwire_outcomes_total{{state='indexed'}}[{RATE}]))"),
    (
        "New and changed claims a minute",
        "short",
        f"60 * sum(rate(claimwire_sightings_total{{verdict!='repeat'}}[{RATE}]))",
    ),
    ("Records not yet taken", "short", "sum(claimwire_lag_records)"),
    ("Dead letters in a day", "short", "sum(increase(claimwire_deadletters_total[1d]))"),
    ("Notices that wait", "short", "sum(claimwire_notices_waiting)"),
    ("Unhealthy hosts", "short", "sum(claimwire_unhealthy_hosts)"),
)
ROWS = (
    ("The way of an article", (
        ("Outcomes", "cps", ((f"sum by (state) (rate(claimwire_outcomes_total[{RATE}]))", "{{state}}"),)),
        ("Rejections by reason", "cps",
         ((f"sum by (reason) (rate(claimwire_outcomes_total{{state='rejected'}}[{RATE}]))", "{{reason}}"),)),
        ("Claims by verdict", "cps", ((f"sum by (verdict) (rate(claimwire_sightings_total[{RATE}]))", "{{verdict}}"),)),
        ("Records taken by stage", "cps", ((f"sum by (stage) (rate(claimwire_records_total[{RATE}]))", "{{stage}}"),)),
        ("Lag by stage", "short", (("sum by (stage) (claimwire_lag_records)", "{{stage}}"),)),
        ("Oldest unread record by stage", "s", (("max by (stage) (claimwire_oldest_unread_seconds)", "{{stage}}"),)),
        ("Parts alive", "short", (("sum by (part) (claimwire_part_alive)", "{{part}}"),)),
        ("Time of a batch (p95)", "s",
         ((f"histogram_quantile(0.95, sum by (le, stage) (rate(claimwire_stage_batch_seconds_bucket[{RATE}])))", "{{stage}}"),)),
    )),
    ("Feeds and pages", (
        ("Polls by status", "cps", ((f"sum by (status) (rate(claimwire_polls_total[{RATE}]))", "{{status}}"),)),
        ("Feeds by parser", "cps", ((f"sum by (parser) (rate(claimwire_feeds_parsed_total[{RATE}]))", "{{parser}}"),)),
        ("Fetches of pages by status", "cps", ((f"sum by (status) (rate(claimwire_pages_total[{RATE}]))", "{{status}}"),)),
        ("What may be lost", "cps", (
            (f"sum(rate(claimwire_polls_maybe_lost_total[{RATE}]))", "polls of a whole new window"),
            (f"sum(rate(claimwire_entries_truncated_total[{RATE}]))", "entries over the limit"),
            (f"sum(rate(claimwire_pages_unwatched_total[{RATE}]))", "pages not watched"),
            (f"sum by (kind) (rate(claimwire_window_expired_total[{RATE}]))", "out of the window: {{kind}}"),
        )),
        ("Pushes of hubs", "cps", ((f"sum by (result) (rate(claimwire_pushes_total[{RATE}]))", "{{result}}"),)),
    )),
    ("Store, alerts and page", (
        ("Documents by result", "cps", ((f"sum by (result) (rate(claimwire_store_documents_total[{RATE}]))", "{{result}}"),)),
        ("Fetch to indexed", "s", (
            (f"histogram_quantile(0.5, sum by (le) (rate(claimwire_indexed_seconds_bucket[{RATE}])))", "p50"),
            (f"histogram_quantile(0.95, sum by (le) (rate(claimwire_indexed_seconds_bucket[{RATE}])))", "p95"),
        )),
        ("Fetch to alert", "s", (
            (f"histogram_quantile(0.5, sum by (le) (rate(claimwire_alerted_seconds_bucket[{RATE}])))", "p50"),
            (f"histogram_quantile(0.95, sum by (le) (rate(claimwire_alerted_seconds_bucket[{RATE}])))", "p95"),
        )),
        ("Alerts", "cps", (
            (f"sum(rate(claimwire_alerts_delivered_total[{RATE}]))", "delivered"),
            (f"sum by (why) (rate(claimwire_alerts_put_off_total[{RATE}]))", "put off: {{why}}"),
        )),
        ("Deliveries by result", "cps", ((f"sum by (result) (rate(claimwire_deliveries_total[{RATE}]))", "{{result}}"),)),
        ("Browsers on the page", "short", (("sum(claimwire_page_browsers)", "browsers"),)),
        ("Dead letters by stage, and records that readers skip", "cps", (
            (f"sum by (stage) (rate(claimwire_deadletters_total[{RATE}]))", "{{stage}}"),
            (f"sum by (topic) (rate(claimwire_unreadable_records_total[{RATE}]))", "skipped on {{topic}}"),
        )),
        ("Archive", "cps", ((f"sum(rate(claimwire_archived_total[{RATE}]))", "articles archived"),)),
        ("Outputs by stage", "cps", ((f"sum by (stage) (rate(claimwire_outputs_total[{RATE}]))", "{{stage}}"),)),
    )),
)  # fmt: skip


def expressions() -> list[str]:
    """Every expression on the dashboard."""
    return [e for _, _, e in STATS] + [e for _, panels in ROWS for _, _, lines in panels for e, _ in lines]


def dashboard() -> str:
    """The dashboard as JSON."""
    board = (
        dashboards.Dashboard("claimwire").uid("claimwire").tags(["claimwire"]).refresh("30s").time("now-6h", "now")
        .timezone("utc").with_variable(dashboards.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )  # fmt: skip
    for title, unit, expression in STATS:
        panel = (
            stat.Panel()
            .title(title)
            .unit(unit)
            .datasource(SOURCE)
            .height(4)
            .span(4)
            .with_target(_query(expression, ""))
        )
        board = board.with_panel(panel)
    for title, panels in ROWS:
        board = board.with_row(dashboards.Row(title))
        for name, unit, lines in panels:
            board = board.with_panel(_graph(name, unit, lines))
    return JSONEncoder(sort_keys=True, indent=1).encode(board.build()) + "\n"


def _graph(title: str, unit: str, lines: tuple[tuple[str, str], ...]) -> Any:
    panel = timeseries.Panel().title(title).unit(unit).datasource(SOURCE).height(8).span(8).min(0)
    if unit == "cps":
        panel = (
            panel.draw_style(GraphDrawStyle.BARS).stacking(StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(60)
        )
    for expression, legend in lines:
        panel = panel.with_target(_query(expression, legend))
    return panel


def _query(expression: str, legend: str) -> Any:
    return prometheus.Dataquery().expr(expression).legend_format(legend)
