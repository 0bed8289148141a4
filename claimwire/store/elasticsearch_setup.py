"""Templates, indices and aliases of the store on Elasticsearch.

An older process undoes nothing: it leaves templates of a later `LAYOUT` alone, and only adds fields to templates of the
same layout. Changes to index settings by an administrator are kept: a template stores in `_meta` the values that setup
set, and only those are replaced. Documents are written through the alias `INDEX.write`, which only our templates
create, so that a deleted index is recreated from its template and never by dynamic mapping.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from claimwire.errors import DeniedError, SinkError
from claimwire.store import KINDS
from claimwire.store.elasticsearch_reads import ElasticsearchReads, one_line, refusal
from claimwire.store.mappings import LAYOUT, MAPPINGS

logger = logging.getLogger(__name__)
WRITE = ".write"
PRIORITY = 200
SHARDS, REPLICAS = "index.number_of_shards", "index.number_of_replicas"
REFRESH = "index.refresh_interval"
# A refresh costs about 17 CPU-ms, whatever it makes visible; by default there is one a second for each index.
EVERY = "5s"
# Settings of templates from before `_meta` was stored.
FORMERLY = {SHARDS: "1", REPLICAS: "0"}


@dataclass(frozen=True)
class Template:
    """An index template in the cluster; `put` are the settings that setup wrote."""

    layout: int = -1
    read_as: tuple[str, ...] = ()
    put: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Any]:
        fields: Mapping[str, Any] = self.raw.get("template", {}).get("mappings", {}).get("properties", {})
        return fields

    @classmethod
    def of(cls, raw: Mapping[str, Any], namespace: str) -> "Template":
        """Build from an answer with flat settings."""
        meta = raw.get("_meta") or {}
        return cls(
            layout=int(meta.get("layout", 0)),
            read_as=tuple(meta.get("read_as", (namespace,))),
            put=meta.get("settings", FORMERLY),
            settings=raw.get("template", {}).get("settings", {}),
            raw=raw,
        )


class ElasticsearchSetup(ElasticsearchReads):
    """Creates the indices (`NAMESPACE-KIND-PERIOD`) and aliases (`NAMESPACE-KIND`) of `ElasticsearchStore`."""

    def __init__(self, client: Elasticsearch, namespace: str, replicas: int = 0) -> None:
        super().__init__(client, namespace)
        self._replicas = replicas

    def setup(self) -> list[str]:
        created = []
        templates, unlinked = self._templates(f"{self._namespace}-*"), self._unlinked()
        for kind in KINDS:
            alias = self._alias(kind)
            known = templates.get(alias, Template(read_as=(self._namespace,)))
            is_outdated = self._is_outdated(kind, known)
            if is_outdated:
                self._put_template(kind, known, known.read_as)
                created.append(f"index template {alias}")
            if is_outdated or unlinked[kind]:
                created += self._extend(kind, known, unlinked[kind])
        return created

    def missing(self) -> list[str]:
        templates, unlinked = self._templates(f"{self._namespace}-*"), self._unlinked()
        known = {kind: templates.get(self._alias(kind), Template()) for kind in KINDS}
        found = [f"index template {self._alias(kind)}" for kind, t in known.items() if self._is_outdated(kind, t)]
        return found + [f"alias {name}{WRITE}" for indices in unlinked.values() for name in indices]

    def _is_outdated(self, kind: str, known: Template) -> bool:
        if known.layout != LAYOUT:
            return known.layout < LAYOUT
        if _merged(known.fields, MAPPINGS[kind]) != known.fields:
            return True
        is_ours = known.settings.get(REPLICAS) == known.put.get(REPLICAS)
        return is_ours and known.put.get(REPLICAS) != str(self._replicas)

    def _templates(self, pattern: str) -> dict[str, Template]:
        """Return the index templates by name."""
        try:
            answer = self._client.indices.get_index_template(name=pattern, flat_settings=True).body
        except ApiError as error:
            if error.status_code == 404:
                return {}
            raise refusal("store", error) from None
        return {
            t["name"]: Template.of(t["index_template"], t["name"].rpartition("-")[0]) for t in answer["index_templates"]
        }

    def _unlinked(self) -> dict[str, list[str]]:
        """Return the indices of each kind without a write alias."""
        found = self._call(self._client.indices.get_alias, index=f"{self._namespace}-*", ignore_unavailable=True)
        names = [name for name, index in found.items() if name + WRITE not in index["aliases"]]
        return {kind: [n for n in names if self._period(kind, n)] for kind in KINDS}

    def _period(self, kind: str, index: str) -> str:
        """Return the period of an index of this kind; empty if it is not one."""
        found = re.fullmatch(re.escape(self._alias(kind)) + r"-(all|older|\d{4}(?:-\d{2})?)", index)
        return found.group(1) if found else ""

    def _put_template(self, kind: str, known: Template, read_as: Sequence[str]) -> None:
        body = self._newer(kind, known, read_as) if known.layout > LAYOUT else self._template(kind, known, read_as)
        self._call(self._client.indices.put_index_template, name=self._alias(kind), **body)

    def _template(self, kind: str, known: Template, read_as: Sequence[str]) -> dict[str, Any]:
        """Build the template; `read_as` are the namespaces whose searches read its indices."""
        ours = {SHARDS: "1", REPLICAS: str(self._replicas), REFRESH: EVERY}
        kept = {name: value for name, value in known.settings.items() if known.put.get(name) != value}
        return {
            "meta": {"read_as": list(read_as), "layout": LAYOUT, "settings": ours},
            "index_patterns": [f"{self._alias(kind)}-*"],
            "priority": PRIORITY,
            "version": LAYOUT,
            "template": {
                "settings": ours | kept,
                "mappings": {"dynamic": "strict", "properties": _merged(known.fields, MAPPINGS[kind])},
                "aliases": {f"{namespace}-{kind}": {} for namespace in read_as} | {"{index}" + WRITE: {}},
            },
        }

    def _newer(self, kind: str, known: Template, read_as: Sequence[str]) -> dict[str, Any]:
        """Return the template of a later version with other read aliases."""
        raw, template = known.raw, known.raw["template"]
        own = {name: options for name, options in template.get("aliases", {}).items() if "{index}" in name}
        aliases = own | {f"{namespace}-{kind}": {} for namespace in read_as}
        kept = {name: raw[name] for name in ("index_patterns", "priority", "version") if name in raw}
        meta = {**raw["_meta"], "read_as": list(read_as)}
        return {**kept, "meta": meta, "template": {**template, "aliases": aliases}}

    def _extend(self, kind: str, known: Template, unlinked: Sequence[str]) -> list[str]:
        """Update existing indices. Raises SinkError if new fields contradict their mapping."""
        alias = self._alias(kind)
        if not self._has_indices(f"{alias}-*"):
            return []
        try:
            self._client.indices.put_mapping(index=f"{alias}-*", dynamic="strict", properties=MAPPINGS[kind])
        except ApiError as error:
            raise SinkError(f"store: {alias}: {one_line(error)}", retryable=False) from None
        names = [{"add": {"index": name, "alias": name + WRITE}} for name in unlinked]
        names += [{"add": {"index": name, "alias": f"{n}-{kind}"}} for name in unlinked for n in known.read_as]
        if names:
            self._call(self._client.indices.update_aliases, actions=names)
        self._set_replicas(f"{alias}-*", known.put.get(REPLICAS))
        return [f"fields of {alias}"]

    def _set_replicas(self, pattern: str, before: str | None) -> None:
        """Set the number of replicas of indices whose number is still the one that setup wrote."""
        if before in (None, str(self._replicas)):
            return
        found = self._call(self._client.indices.get_settings, index=pattern, name=REPLICAS, flat_settings=True)
        for name, index in found.items():
            if index["settings"].get(REPLICAS) == before:
                self._call(self._client.indices.put_settings, index=name, settings={REPLICAS: self._replicas})

    def make_index(self, alias: str) -> None:
        """Create the index behind a write alias: for a new period, or after a deletion.

        Raises SinkError(retryable=True) or UnreachableError if that is not possible now.
        """
        name = alias.removesuffix(WRITE)
        try:
            self.setup()
        except DeniedError as error:
            logger.debug("%s; assuming that `claimwire setup` has been run", error)
        except SinkError as error:
            raise SinkError(str(error), retryable=True) from None
        try:
            self._client.indices.create(index=name)
            logger.info("store: index %s is new; if it was deleted, `claimwire setup --refill` fills it again", name)
        except ApiError as error:
            if error.error != "resource_already_exists_exception":
                raise refusal(f"store: index {name}", error) from None
        if alias not in self._call(self._client.indices.get_alias, index=name)[name]["aliases"]:
            raise SinkError(f"store: index {name} has no alias {alias}; run `claimwire setup`", retryable=True)

    def promote(self, other: str) -> None:
        """Update templates first, so that an index created meanwhile gets the right aliases; then all aliases."""
        actions: list[dict[str, Any]] = []
        for kind in KINDS:
            alias = self._alias(kind)
            known = self._templates(f"*-{kind}")
            for namespace, read_as in self._read_as(kind, other, known).items():
                there = type(self)(self._client, namespace, self._replicas)
                there._put_template(kind, known.get(f"{namespace}-{kind}", Template()), read_as)
            actions.append({"remove": {"index": "*", "alias": alias, "must_exist": False}})
            actions.append({"add": {"index": f"{other}-{kind}-*", "alias": alias}})
        actions = [a for a in actions if "remove" in a or self._has_indices(a["add"]["index"])]
        self._call(self._client.indices.update_aliases, actions=actions)

    def _read_as(self, kind: str, other: str, known: Mapping[str, Template]) -> dict[str, list[str]]:
        """Return, for each affected namespace, the names under which its indices are read."""
        ours = {name.removesuffix(f"-{kind}"): t for name, t in known.items() if "read_as" in t.raw.get("_meta", {})}
        before = {name: list(template.read_as) for name, template in ours.items()}
        changed = {self._namespace: before.get(self._namespace, []), other: before.get(other, [other])}
        changed |= {name: names for name, names in before.items() if self._namespace in names}
        after = {name: [n for n in names if n != self._namespace] for name, names in changed.items()}
        after[other].append(self._namespace)
        return after

    def _has_indices(self, pattern: str) -> bool:
        return bool(self._call(self._client.indices.get_alias, index=pattern, ignore_unavailable=True))


def _merged(known: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two mappings, with nested objects; ours wins for fields in both."""
    merged = dict(known)
    for name, spec in ours.items():
        before = known.get(name, {})
        is_object = "properties" in spec and "properties" in before
        merged[name] = {**spec, "properties": _merged(before["properties"], spec["properties"])} if is_object else spec
    return merged
