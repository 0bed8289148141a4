"""Alert rules for Prometheus and their unit tests (promtool), from one list: each rule with what makes it fire and what not.

Series are in promtool's notation: `start+step x minutes`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from claimwire import topics
from console.queries.health import GROUPS

RUNBOOK = "docs/runbook.md"
MINUTES = 180
Series = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AlertRule:
    """`fires` and `silent` are series of one minute each; at `at` minutes it must fire with `labels`, or stay silent."""

    name: str
    expr: str
    wait: str
    severity: str
    summary: str
    fires: Series
    silent: Series
    at: int = 120
    labels: tuple[tuple[str, str], ...] = ()


def _polls(failing: int, well: int) -> Series:
    return (
        ('claimwire_polls_total{status="timed_out"}', f"0+{failing}x{MINUTES}"),
        ('claimwire_polls_total{status="ok"}', f"0+{well}x{MINUTES}"),
    )


# Parts that every installation runs; the archive is a matter of choice.
PARTS = ("rss", "web", "analyse", "match", "alert", "learn", "search", "notify", "page")
TAKEN = {group.name: group.topics for group in GROUPS if group.name in PARTS} | {
    "rss": (topics.FEEDS,), "web": (topics.PAGES,),
}  # fmt: skip


def _absent(metric: str, label: str, values: Iterable[str]) -> str:
    return " or ".join(f'absent({metric}{{{label}="{value}"}})' for value in values)


def _unowned() -> str:
    """Groups whose members own fewer partitions than their topics have: those of the others have no lag."""
    alike: dict[int, list[str]] = {}
    for stage, taken in TAKEN.items():
        alike.setdefault(sum(topic.partitions for topic in taken), []).append(stage)
    return " or ".join(
        f'count by (stage) (group by (stage, topic, partition) (claimwire_lag_records{{stage=~"{"|".join(stages)}"}})) < {count}'
        for count, stages in alike.items()
    )


def _lags(*, without: tuple[str, str, int] | None = None) -> Series:
    """The lag of every partition of every group, but for one partition or, where its number is -1, a group."""
    return tuple(
        (f'claimwire_lag_records{{stage="{stage}",topic="{topic.name}",partition="{partition}"}}', f"0x{MINUTES}")
        for stage, taken in TAKEN.items()
        for topic in taken
        for partition in range(topic.partitions)
        if without not in ((stage, topic.name, partition), (stage, topic.name, -1))
    )


def _alive(parts: Iterable[str], value: int) -> Series:
    return tuple((f'claimwire_part_alive{{part="{part}",instance="a"}}', f"{value}x{MINUTES}") for part in parts)


RULES = (
    AlertRule(
        "ScrapeMissing", 'up{job="claimwire"} == 0', "3m", "page", "A claimwire process does not answer on /metrics.",
        (('up{job="claimwire",instance="a"}', f"0x{MINUTES}"),), (('up{job="claimwire",instance="a"}', f"1x{MINUTES}"),),
        labels=(("job", "claimwire"), ("instance", "a")),
    ),
    AlertRule(
        "PartMissing", _absent("claimwire_part_alive", "part", PARTS), "5m", "page", "A part of claimwire is not running.",
        _alive([p for p in PARTS if p != "match"], 1), _alive(PARTS, 1), labels=(("part", "match"),),
    ),
    AlertRule(
        "PartStandsStill", "max by (part) (claimwire_part_alive) == 0", "5m", "page",
        "A part of claimwire runs and gives no sign of life.",
        _alive(["match"], 0), _alive(["match"], 1), labels=(("part", "match"),),
    ),
    AlertRule(
        "GroupWithoutPartitions", _absent("claimwire_lag_records", "stage", TAKEN), "10m", "page",
        "A part runs, and its consumer group owns no partition.",
        _lags(without=("match", "articles.clean", -1)), _lags(), labels=(("stage", "match"),),
    ),
    AlertRule(
        "PartitionUnowned", _unowned(), "10m", "page", "A partition of a topic is not read, while others are.",
        _lags(without=("match", "articles.clean", 2)), _lags(), labels=(("stage", "match"),),
    ),
    AlertRule(
        "RecordsWait", "max by (stage) (claimwire_oldest_unread_seconds) > 300", "5m", "page",
        "A record waits for its stage for more than five minutes, on one partition or on all.",
        (('claimwire_oldest_unread_seconds{stage="match",topic="articles.clean",partition="1"}', f"0+60x{MINUTES}"),
         ('claimwire_oldest_unread_seconds{stage="match",topic="articles.clean",partition="2"}', f"0x{MINUTES}")),
        (('claimwire_oldest_unread_seconds{stage="match",topic="articles.clean",partition="1"}', f"20x{MINUTES}"),),
        labels=(("stage", "match"),),
    ),
    AlertRule(
        "FeedPollingStalled", "sum(increase(claimwire_polls_total[30m])) == 0", "10m", "page",
        "No feed was polled for half an hour.", _polls(0, 0), _polls(0, 2),
    ),
    AlertRule(
        "FeedsFail",
        'sum(rate(claimwire_polls_total{status!~"ok|not_modified|pushed"}[1h])) / sum(rate(claimwire_polls_total[1h])) > 0.5',
        "30m", "ticket", "More than half of all polls fail.", _polls(3, 1), _polls(1, 3),
    ),
    AlertRule(
        "ConsumerLagGrowing",
        "sum by (stage) (min_over_time(claimwire_lag_records[15m])) > 100"
        " and sum by (stage) (delta(claimwire_lag_records[15m])) > 0", "15m",
        "page", "A stage is slower than its input.",
        (('claimwire_lag_records{stage="match",topic="articles.clean",partition="1"}', f"0+20x{MINUTES}"),),
        (('claimwire_lag_records{stage="match",topic="articles.clean",partition="1"}', f"5000-20x{MINUTES}"),),
        labels=(("stage", "match"),),
    ),
    AlertRule(
        "DeadLettersPresent", "sum by (stage) (increase(claimwire_deadletters_total[15m])) > 0", "0m", "ticket",
        "Records failed and became dead letters.",
        (('claimwire_deadletters_total{stage="match"}', f"0x110 1x{MINUTES - 110}"),),
        (('claimwire_deadletters_total{stage="match"}', f"7x{MINUTES}"),), labels=(("stage", "match"),),
    ),
    AlertRule(
        "RecordsDeletedUnread", "sum by (group) (increase(claimwire_records_deleted_unread_total[1h])) > 0", "0m", "page",
        "Records were deleted before a part read them.",
        (('claimwire_records_deleted_unread_total{group="match"}', f"0x110 45x{MINUTES - 110}"),),
        (('claimwire_records_deleted_unread_total{group="match"}', f"45x{MINUTES}"),), labels=(("group", "match"),),
    ),
    AlertRule(
        "ExtractionRateDrop",
        'sum(rate(claimwire_records_total{stage="analyse"}[1h]))'
        ' < 0.3 * sum(rate(claimwire_records_total{stage="analyse"}[1h] offset 1w))',
        "30m", "ticket", "Far fewer articles are analysed than at this hour a week ago.",
        (('claimwire_records_total{stage="analyse"}', "0+60x10080 604800+6x180"),),
        (('claimwire_records_total{stage="analyse"}', "0+60x10260"),), at=10_200,
    ),
    AlertRule(
        "NoClaims",
        'sum(increase(claimwire_sightings_total[1h])) == 0 and sum(increase(claimwire_outcomes_total{state="indexed"}[1h])) > 10',
        "30m", "ticket", "Articles are indexed, but have no claims.",
        (('claimwire_sightings_total{verdict="new"}', f"5x{MINUTES}"),
         ('claimwire_outcomes_total{state="indexed"}', f"0+1x{MINUTES}")),
        (('claimwire_sightings_total{verdict="new"}', f"0+3x{MINUTES}"),
         ('claimwire_outcomes_total{state="indexed"}', f"0+1x{MINUTES}")),
    ),
    AlertRule(
        "HostsUnhealthy", "sum(claimwire_unhealthy_hosts) > 0", "1h", "ticket",
        "Extraction on a host has become worse; its layout may have changed.",
        (('claimwire_unhealthy_hosts{partition="1"}', f"2x{MINUTES}"),),
        (('claimwire_unhealthy_hosts{partition="1"}', f"0x{MINUTES}"),),
    ),
    AlertRule(
        "StoreRefusesDocuments", 'sum(increase(claimwire_store_documents_total{result="refused"}[15m])) > 0', "0m", "ticket",
        "The store rejects documents; they become dead letters.",
        (('claimwire_store_documents_total{result="refused"}', f"0x110 4x{MINUTES - 110}"),),
        (('claimwire_store_documents_total{result="refused"}', f"4x{MINUTES}"),),
    ),
    AlertRule(
        "StoreStalled",
        'sum(increase(claimwire_store_documents_total{result="written"}[15m])) == 0'
        ' and sum(increase(claimwire_outputs_total{stage="match"}[15m])) > 0',
        "15m", "page", "The matcher continues, but nothing is written to the store.",
        (('claimwire_store_documents_total{result="written"}', f"9x{MINUTES}"),
         ('claimwire_outputs_total{stage="match"}', f"0+30x{MINUTES}")),
        (('claimwire_store_documents_total{result="written"}', f"0+30x{MINUTES}"),
         ('claimwire_outputs_total{stage="match"}', f"0+30x{MINUTES}")),
    ),
    AlertRule(
        "DeliveriesFail", 'sum(increase(claimwire_deliveries_total{result="failed"}[15m])) > 3', "0m", "page",
        "Deliveries on a channel fail; they are kept and retried.",
        (('claimwire_deliveries_total{result="failed"}', f"0+1x{MINUTES}"),),
        (('claimwire_deliveries_total{result="failed"}', f"1x{MINUTES}"),),
    ),
    AlertRule(
        "AlertsSlow", "histogram_quantile(0.95, sum by (le) (rate(claimwire_alerted_seconds_bucket[15m]))) > 60", "15m", "ticket",
        "Delivery of alerts takes more than a minute from the fetch.",
        (('claimwire_alerted_seconds_bucket{le="60"}', f"0x{MINUTES}"),
         ('claimwire_alerted_seconds_bucket{le="300"}', f"0+10x{MINUTES}"),
         ('claimwire_alerted_seconds_bucket{le="+Inf"}', f"0+10x{MINUTES}")),
        (('claimwire_alerted_seconds_bucket{le="5"}', f"0+10x{MINUTES}"),
         ('claimwire_alerted_seconds_bucket{le="+Inf"}', f"0+10x{MINUTES}")),
    ),
    AlertRule(
        "ClockSkew", "abs(claimwire_clock_seconds - timestamp(claimwire_clock_seconds)) > 30", "5m", "ticket",
        "The clock of a process is wrong, and so are times of claims, polls and policies.",
        (('claimwire_clock_seconds{instance="a"}', f"100+60x{MINUTES}"),),
        (('claimwire_clock_seconds{instance="a"}', f"1+60x{MINUTES}"),), labels=(("instance", "a"),),
    ),
)  # fmt: skip


def alerts() -> dict[str, Any]:
    """The rules file."""
    rules = [
        {
            "alert": r.name,
            "expr": r.expr,
            "for": r.wait,
            "labels": {"severity": r.severity},
            "annotations": _annotations(r),
        }
        for r in RULES
    ]
    return {"groups": [{"name": "claimwire", "rules": rules}]}


def _annotations(rule: AlertRule) -> dict[str, str]:
    return {"summary": rule.summary, "runbook_url": f"{RUNBOOK}#{rule.name.lower()}"}


def tests() -> dict[str, Any]:
    """Its unit tests: two for each rule."""
    found = []
    for rule in RULES:
        expected = {
            "exp_labels": {"severity": rule.severity, **dict(rule.labels)},
            "exp_annotations": _annotations(rule),
        }
        for series, alerts_ in ((rule.fires, [expected]), (rule.silent, [])):
            found.append({
                "interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series],
                "alert_rule_test": [{"eval_time": f"{rule.at}m", "alertname": rule.name, "exp_alerts": alerts_}],
            })  # fmt: skip
    return {"rule_files": ["alerts.yml"], "evaluation_interval": "5m", "tests": found}


def as_yaml(value: dict[str, Any]) -> str:
    """JSON, which is YAML too (YAML 1.2, 1.3): nothing in it needs another writer."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
