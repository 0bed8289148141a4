"""Claims of the store as records, and the clusters that they stand for."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from claimwire.records.claims import Claim
from claimwire.records.sightings import Sighting
from claimwire.store import SearchStore
from processors.match.cluster_history import PUBLISHED_VALUES, folded, published

Body = Mapping[str, Any]


def sighting_of(body: Body) -> Sighting:
    """Return a stored claim as a record."""
    claim = {name: body[name] for name in Claim.__struct_fields__ if name in body}
    own = {name: body[name] for name in Sighting.__struct_fields__ if name in body}
    return msgspec.convert(own | {"claim": claim}, Sighting)


def clusters_of(store: SearchStore, claims: Iterable[Body]) -> dict[str, Body]:
    """Return the clusters of claims by id; one that has no document has no other claim."""
    wanted = {claim["cluster_id"]: claim for claim in claims}
    found = dict(store.get_many("clusters", list(wanted)))
    return found | {ident: cluster_of(claim) for ident, claim in wanted.items() if ident not in found}


def cluster_of(claim: Body) -> Body:
    """Return the cluster of a claim that is the only one in it, like a document of the store."""
    origin = claim.get("origin") or claim["source"]
    cluster = published(folded(None, sighting_of(claim), origin, PUBLISHED_VALUES))
    body: dict[str, Any] = msgspec.to_builtins(cluster)
    del body["schema_version"]
    return body
