"""`claimwire show ID`: show a cluster with its time line of values, or a claim; `--why` explains its decisions."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from claimwire.config.settings import Loaded
from claimwire.errors import ConfigError
from claimwire.records.claims import Claim, Quantity
from claimwire.store import SearchStore
from claimwire.store.drivers import open_settings_store
from claimwire.text.display import Shown, claim_line, claimant_words, mark_of, quantity_text, reason_words, shown, why
from claimwire.text.words import NARRATOR, value_words, words_of
from console.cli.output import print_json, print_table
from console.cli.why import explanation, lines
from console.queries.stored_claims import cluster_of
from processors.match.clusters import MEMBERS_KEPT, THRESHOLD, WEIGHTS, Features, features_of, nearness, probability
from sinks.notify.notifications import claim_lines, plain

MOST_CLAIMS = 2000
NEAREST = 5
# The parts of the score of two claims, in words.
PARTS = {
    "type": "same kind of event", "family": "related kind of event", "actor": "same actor", "other actor": "different actor",
    "target": "same people or things affected", "other target": "different people or things affected", "place": "same place",
    "other place": "different place", "value": "same number", "role": "numbers of the same kind",
    "loose role": "numbers of a vague kind", "toll": "tolls of the same kind",
    "words": "similar words", "meant": "words of the claim that it denies or takes back",
    "claimant": "said by the same", "names": "same names",
    "other kind": "different groups of people counted",
    "other victims": "tolls of different people or things", "one culprit": "actor named by one only",
    "one victim": "affected named by one only", "mirrored": "actor and affected swapped",
    "other role": "numbers of different things", "refers": "refers to it",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="a cluster_id or claim_id, or its first characters")
    parser.add_argument(
        "--why",
        action="store_true",
        help="explain a claim: the nearest claims, each condition of a change, and the reasons for reporting it",
    )


def run(arguments: argparse.Namespace, loaded: Loaded) -> int:
    store = open_settings_store(loaded.settings)
    try:
        for kind, show in (("clusters", _show_cluster), ("claims", _show_claim)):
            body = _found(store, kind, arguments.id)
            if body is not None:
                show(store, body, arguments)
                return 0
        if alone := _alone(store, arguments.id):
            _show_cluster(store, alone, arguments)
            return 0
    finally:
        store.close()
    print(f"{arguments.id}: no cluster and no claim has this id")
    return 1


def _found(store: SearchStore, kind: str, ident: str) -> Mapping[str, Any] | None:
    """Return the document with this id or unique id prefix. Raises ConfigError if the prefix is ambiguous."""
    body = store.get(kind, ident)
    if body is not None or len(ident) < 4:
        return body
    matches = [body for id_, _, body in store.dump(kind) if id_.startswith(ident)]
    if len(matches) > 1:
        raise ConfigError(f"{ident}: {len(matches)} {kind} begin with it; give more of the id")
    return matches[0] if matches else None


def _alone(store: SearchStore, ident: str) -> Mapping[str, Any] | None:
    """Return the cluster with this id or unique id prefix that has a single claim, and so no document."""
    claims = _claims_of(store, "cluster_id", ident)
    if not claims and len(ident) >= 4:
        claims = [body for _, _, body in store.dump("claims") if body["cluster_id"].startswith(ident)]
    if len({claim["cluster_id"] for claim in claims}) > 1:
        raise ConfigError(f"{ident}: several clusters begin with it; give more of the id")
    return cluster_of(claims[0]) if claims else None


def _claims_of(store: SearchStore, field: str, value: str) -> list[Mapping[str, Any]]:
    found = store.search("claims", "", {field: value}, MOST_CLAIMS)
    return sorted((h.body for h in found.hits), key=lambda b: (str(b["first_seen_at"]), b["start"], b["claim_id"]))


def _show_cluster(store: SearchStore, cluster: Mapping[str, Any], arguments: argparse.Namespace) -> None:
    claims = _claims_of(store, "cluster_id", cluster["cluster_id"])
    if arguments.json:
        print_json({**cluster, "claims": [dict(c) for c in claims]})
        return
    origins, seen = cluster.get("origins", []), {c["claim_id"]: shown(c) for c in claims}
    who = dict.fromkeys(claimant_words(s) or s.source for s in seen.values())
    story = store.get("stories", cluster["story_id"]) or {}
    print(plain(str(cluster["evidence"])))
    print(
        f"{value_words('event_type', cluster['event_type'])} · story: {plain(str(story.get('title') or 'Without a title'))}"
    )
    print(f"claims {cluster['cluster_id']} · story {cluster['story_id']}")
    print(f"said {cluster['sightings']} times, by {plain(', '.join(who))}")
    print(f"independent origins: {len(origins)} ({plain(', '.join(origins))})")
    print()
    values = [v for v in cluster["values"] if v["role"] not in ("context", "duration")]
    if values:
        head = ("value", "who says it", "origin", "as of", "first seen", "")
        print_table(head, [_value_row(v, seen.get(v["claim_id"])) for v in values])
        print()
    rows = [(mark_of(seen[c["claim_id"]]), str(c["first_seen_at"])[:16], c["source"],
             _shortened(claim_line(seen[c["claim_id"]]))) for c in claims]  # fmt: skip
    print_table(("", "first seen", "outlet", "claim"), rows)


def _value_row(value: Mapping[str, Any], by: Shown | None) -> tuple[str, ...]:
    quantity = msgspec.convert({n: value.get(n) for n in ("value", "unit", "role", "op", "value_max")}, Quantity)
    outlet = value.get("origin") or value["source"]
    who = claimant_words(by) if by else ", ".join(c for c in value["claimant"] if c != NARRATOR)
    return (
        quantity_text(quantity), who or value["source"], outlet, str(value.get("as_of") or ""), str(value["seen_at"])[:16],
        "disputed" if value.get("conflicts") else "",
    )  # fmt: skip


def _shortened(text: str, limit: int = 90) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _show_claim(store: SearchStore, claim: Mapping[str, Any], arguments: argparse.Namespace) -> None:
    story = _claims_of(store, "story_id", claim["story_id"]) if arguments.why else []
    nearest = _nearest(claim, story)
    explained = explanation(store, claim, story) if arguments.why else {}
    if arguments.json:
        print_json({**claim, "nearest": nearest, **explained} if arguments.why else claim)
        return
    found = shown(claim)
    print(claim_lines(found))
    print(f"sentence: {plain(found.sentence)}")
    kind, how = value_words("event_type", claim["event_type"]), words_of(found.modality)
    print(f"{kind}, {how} · {str(claim['first_seen_at'])[:16]} {claim['url'] or ''}")
    print(f"why: {plain(why(found))}" + (f"; not reported: {reason_words(found)}" if not found.reported else ""))
    print(f"claim {claim['claim_id']} · cluster of the same claim {claim['cluster_id']}")
    if not arguments.why:
        return
    print(
        f"\nnearest claims of the story when it was seen (the same from {THRESHOLD} on, of 1), and what counts for and against:"
    )
    for row in nearest:
        print(f"- {row['score']:.2f}  {row['cluster_id']}  {plain(_shortened(row['evidence']))}")
        print("        " + ", ".join(f"{PARTS.get(name, name)} {value:+.2f}" for name, value in row["parts"].items()))
    for line in lines(explained, _shortened):
        print(line)


def _nearest(claim: Mapping[str, Any], story: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Compare a claim with the clusters that its story had before it; return each part of the scores."""
    clusters: dict[str, list[tuple[Features, str]]] = {}
    for body in story:
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
