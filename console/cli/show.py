"""`claimwire show ID`: a cluster with its time line of values, or a claim; `--why` compares it with the nearest clusters."""

import argparse
from collections.abc import Mapping
from typing import Any

import msgspec

from claimwire.errors import ConfigError
from claimwire.records import Claim
from claimwire.settings import Loaded
from claimwire.store import SearchStore
from console.cli.output import print_json, print_table
from processors.match.clusters import MEMBERS_KEPT, THRESHOLD, WEIGHTS, Features, features_of, nearness, probability
from sinks.notices import plain
from sinks.stores import open_settings_store

MOST_CLAIMS = 2000
NEAREST = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="a cluster_id or a claim_id; the first characters will do")
    parser.add_argument("--why", action="store_true", help="a claim's scores against the nearest clusters of its story")


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    store = open_settings_store(loaded.settings)
    try:
        for kind, show in (("clusters", _show_cluster), ("claims", _show_claim)):
            body = _found(store, kind, arguments.id)
            if body is not None:
                show(store, body, arguments)
                return 0
    finally:
        store.close()
    print(f"{arguments.id}: no cluster and no claim has this id")
    return 1


def _found(store: SearchStore, kind: str, ident: str) -> Mapping[str, Any] | None:
    """The document with this id, or the only one whose id begins with it. Raises ConfigError where several do."""
    body = store.get(kind, ident)
    if body is not None or len(ident) < 4:
        return body
    matches = [body for id_, _, body in store.dump(kind) if id_.startswith(ident)]
    if len(matches) > 1:
        raise ConfigError(f"{ident}: {len(matches)} {kind} begin with it; give more of the id")
    return matches[0] if matches else None


def _claims_of(store: SearchStore, field: str, value: str) -> list[Mapping[str, Any]]:
    found = store.search("claims", "", {field: value}, MOST_CLAIMS)
    return sorted((h.body for h in found.hits), key=lambda b: (str(b["first_seen_at"]), b["start"], b["claim_id"]))


def _show_cluster(store: SearchStore, cluster: Mapping[str, Any], arguments: argparse.Namespace) -> None:
    claims = _claims_of(store, "cluster_id", cluster["cluster_id"])
    if arguments.json:
        print_json({**cluster, "claims": [dict(c) for c in claims]})
        return
    origins = cluster.get("origins", [])
    print(plain(str(cluster["evidence"])))
    print(f"cluster {cluster['cluster_id']}  {cluster['event_type']}  story {cluster['story_id']}")
    print(f"told {cluster['sightings']} times by {', '.join(cluster['claimants'])}")
    print(f"independent origins: {len(origins)} ({plain(', '.join(origins))})")
    print()
    values = [v for v in cluster["values"] if v["role"] not in ("context", "duration")]
    if values:
        head = ("value", "unit", "role", "claimant", "origin", "as of", "first seen", "")
        print_table(head, [_value_row(v) for v in values])
        print()
    rows = [
        (c["verdict"], c["modality"], str(c["first_seen_at"])[:16], c["source"], _shortened(c["evidence"]))
        for c in claims
    ]
    print_table(("verdict", "modality", "first seen", "source", "claim"), rows)


def _value_row(value: Mapping[str, Any]) -> tuple[str, ...]:
    sign = {"min": "≥ ", "max": "≤ ", "approx": "~ "}.get(value["op"], "")
    number = f"{sign}{value['value']:,.10g}" + (f"–{value['value_max']:,.10g}" if value.get("value_max") else "")
    return (
        number, value["unit"], value["role"], ", ".join(value["claimant"]), value.get("origin") or value["source"],
        str(value.get("as_of") or ""), str(value["seen_at"])[:16], "conflict" if value.get("conflicts") else "",
    )  # fmt: skip


def _shortened(text: str, limit: int = 90) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _show_claim(store: SearchStore, claim: Mapping[str, Any], arguments: argparse.Namespace) -> None:
    nearest = _nearest(store, claim) if arguments.why else []
    if arguments.json:
        print_json({**claim, "nearest": nearest} if arguments.why else claim)
        return
    print(plain(str(claim["sentence"])))
    print(f"claim {claim['claim_id']}  {claim['event_type']}  {claim['modality']}  cluster {claim['cluster_id']}")
    print(
        f"says {', '.join(claim['claimant'])}; {claim['source']} {str(claim['first_seen_at'])[:16]} {claim['url'] or ''}"
    )
    print(f"{claim['verdict']}: {plain(str(claim['why']))}")
    if not arguments.why:
        return
    print(f"\nnearest clusters of the story when it was seen (joined at {THRESHOLD} and more):")
    for row in nearest:
        print(f"- {row['score']:.2f}  {row['cluster_id']}  {plain(_shortened(row['evidence']))}")
        print("        " + ", ".join(f"{name} {value:+.2f}" for name, value in row["parts"].items()))


def _nearest(store: SearchStore, claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The live comparison of a claim with the clusters that its story had before it, and what each part added."""
    clusters: dict[str, list[tuple[Features, str]]] = {}
    for body in _claims_of(store, "story_id", claim["story_id"]):
        if (str(body["first_seen_at"]), body["start"]) >= (str(claim["first_seen_at"]), claim["start"]):
            continue
        if claim["verdict"] == "new" and body["cluster_id"] == claim["cluster_id"]:
            continue
        members = clusters.setdefault(body["cluster_id"], [])
        features = _features(body)
        if len(members) < MEMBERS_KEPT and features not in [m for m, _ in members]:
            members.append((features, body["evidence"]))
    own = _features(claim)
    rows: list[dict[str, Any]] = []
    for cluster_id, members in clusters.items():
        odds, parts = nearness(own, [m for m, _ in members])
        added = {name: round(WEIGHTS[name] * value, 2) for name, value in sorted(parts.items())}
        row = {"cluster_id": cluster_id, "score": probability(odds), "evidence": members[0][1], "parts": added}
        rows.append(row)
    return sorted(rows, key=lambda row: (-row["score"], row["cluster_id"]))[:NEAREST]


def _features(body: Mapping[str, Any]) -> Features:
    names = set(Claim.__struct_fields__)
    claim = msgspec.convert({k: v for k, v in body.items() if k in names}, Claim)
    return features_of(claim, body["evidence"], body["language"])
