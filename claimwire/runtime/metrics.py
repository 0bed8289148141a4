"""All metrics. Label values come from closed enums only, never from a URL or an error text."""

import time
from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from claimwire.net.ports import in_use
from claimwire.runtime import metrics_server

OUTCOMES = Counter("claimwire_outcomes_total", "Revisions that ended, by outcome and reason", ["state", "reason"])
RECORDS = Counter("claimwire_records_total", "Records that a stage took", ["stage"])
OUTPUTS = Counter("claimwire_outputs_total", "Records that a stage published", ["stage"])
DEADLETTERS = Counter("claimwire_deadletters_total", "Records sent to the dead-letter topic", ["stage"])
DELETED_UNREAD = Counter(
    "claimwire_records_deleted_unread_total", "Records that were deleted before a group read them", ["group"]
)
SKIPPED = Counter("claimwire_unreadable_records_total", "Records that a reader skipped as unreadable", ["topic"])
VERDICTS = Counter("claimwire_sightings_total", "Claims in articles, by verdict", ["verdict"])
FEEDS_PARSED = Counter("claimwire_feeds_parsed_total", "Feeds parsed, by parser", ["parser"])
POLLS = Counter("claimwire_polls_total", "Polls of feeds, by status", ["status"])
PUSHES = Counter("claimwire_pushes_total", "WebSub notifications from hubs, by result", ["result"])
FETCHES = Counter("claimwire_pages_total", "Fetches of pages, by status", ["status"])
PAGES_UNWATCHED = Counter("claimwire_pages_unwatched_total", "Pages not watched for revisions: the table is full")
ENTRIES_TRUNCATED = Counter("claimwire_entries_truncated_total", "Feed entries over the limit of a poll")
ENTRIES_MAYBE_LOST = Counter("claimwire_polls_maybe_lost_total", "Polls that found a full window of new entries")
EXPIRED = Counter("claimwire_window_expired_total", "Entries expired from the matcher's window", ["kind"])
STORE_WRITES = Counter("claimwire_store_documents_total", "Documents written to the store, by result", ["result"])
ARCHIVED = Counter("claimwire_archived_total", "Raw articles written to the archive")
ALERTS = Counter("claimwire_alerts_delivered_total", "Alerts delivered, once for each of their channels")
ALERTS_PUT_OFF = Counter("claimwire_alerts_put_off_total", "Alerts delayed by their rule's policy, by reason", ["why"])
DELIVERIES = Counter("claimwire_deliveries_total", "Notifications tried on a channel, by result", ["result"])
STAGE_SECONDS = Histogram("claimwire_stage_batch_seconds", "Time of one batch", ["stage"])
UNHEALTHY_HOSTS = Gauge("claimwire_unhealthy_hosts", "Hosts on which extraction has become worse", ["partition"])
DELAYS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 1800)
INDEXED_SECONDS = Histogram("claimwire_indexed_seconds", "From fetch to indexed, live articles", buckets=DELAYS)
ALERTED_SECONDS = Histogram("claimwire_alerted_seconds", "From fetch to delivery of an alert", buckets=DELAYS)
NOTICES_WAITING = Gauge("claimwire_notices_waiting", "Notifications that are not yet delivered on every channel")
BROWSERS = Gauge("claimwire_page_browsers", "Browsers connected to the page's stream of claims")
CLOCK = Gauge("claimwire_clock_seconds", "Unix time by this process's clock")
CLOCK.set_function(time.time)
PART_ALIVE = Gauge("claimwire_part_alive", "1 if a part of this process is alive, 0 if not", ["part"])
OF_PARTITION = ["stage", "topic", "partition"]
LAG = Gauge("claimwire_lag_records", "Unread records of the partitions that a process owns", OF_PARTITION)
OLDEST = Gauge("claimwire_oldest_unread_seconds", "Age of the oldest unread record, by partition", OF_PARTITION)


def serve_metrics(bind: str, port: int, problems: Callable[[], list[str]]) -> None:
    """Serve /metrics and /healthz at `bind`:`port`; port 0 disables both.

    /healthz answers 200, or 503 with the lines of `problems`. Raises ConfigError if the port is in use.
    """
    if not port:
        return
    try:
        metrics_server.start(bind, port, problems)
    except OSError as error:
        raise in_use("metrics_port", bind, port, error, "choose another with --metrics-port, or 0 for none") from None
