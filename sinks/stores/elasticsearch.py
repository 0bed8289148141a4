"""The store on Elasticsearch: templates with strict mappings, one index a month, versioned bulk writes with retries."""

import json
import random
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from elastic_transport import ConnectionError as TransportError
from elastic_transport import ConnectionTimeout
from elasticsearch import ApiError, Elasticsearch

from claimwire.errors import SinkError, UnreachableError
from claimwire.ids import digest
from claimwire.security import NOBODY, Credentials, tls_context
from claimwire.store import KINDS, OF_ARTICLE, UNDATED, Document, Failure
from sinks.stores.elasticsearch_reads import ElasticsearchReads, one_line, refusal
from sinks.stores.mappings import MAPPINGS

BULK_DOCUMENTS = 500
BULK_BYTES = 5_000_000
RETRIES = 6
READ_AS = "read_as"
MOST_CAUSES = 50
# 401 and 403 too: no document is to blame for what its writer may not do.
RETRY_STATUS = {401, 403, 408, 429, 500, 502, 503, 504}


_ENCODER = msgspec.json.Encoder()
Written = tuple[Document, bytes]


class ElasticsearchStore(ElasticsearchReads):
    """See `claimwire.store.SearchStore`. Index `NAMESPACE-KIND-YYYY-MM`, alias `NAMESPACE-KIND`."""

    def __init__(self, client: Elasticsearch, namespace: str) -> None:
        super().__init__(client, namespace)
        self._bulk_documents = BULK_DOCUMENTS

    @classmethod
    def open(cls, url: str, namespace: str, credentials: Credentials = NOBODY) -> "ElasticsearchStore":
        parts = urlsplit(url)
        scheme = "https" if parts.scheme.endswith("+https") else "http"
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        address = f"{scheme}://{host}:{parts.port or 9200}"
        options: dict[str, Any] = {"request_timeout": 30, "max_retries": 0}
        if scheme == "https":
            options["ssl_context"] = tls_context("store_ca", credentials.ca)
        if credentials.api_key:
            options["api_key"] = credentials.api_key
        elif credentials.user:
            options["basic_auth"] = (credentials.user, credentials.password)
        elif parts.username:
            options["basic_auth"] = (unquote(parts.username), unquote(parts.password or ""))
        client = Elasticsearch(address, **options)
        try:
            client.cluster.health(timeout="5s")
        except (TransportError, ConnectionTimeout) as error:
            raise UnreachableError(f"store {address}: {_why(error)}") from None
        except ApiError as error:
            raise refusal(f"store {address}", error) from None
        return cls(client, namespace)

    def setup(self) -> list[str]:
        created = []
        for kind, body in self._outdated():
            self._call(self._client.indices.put_index_template, name=self._alias(kind), **body)
            created.append(f"index template {self._alias(kind)}")
            created += self._extend(kind)
        return created

    def missing(self) -> list[str]:
        return [f"index template {self._alias(kind)}" for kind, _ in self._outdated()]

    def _outdated(self) -> list[tuple[str, dict[str, Any]]]:
        """Kinds whose template is not there or of another version, and what it should be."""
        found = []
        for kind in KINDS:
            known = self._known_template(self._alias(kind))
            body = self._template(kind, known.get("_meta", {}).get(READ_AS, [self._namespace]))
            if known.get("version") != body["version"]:
                found.append((kind, body))
        return found

    def _known_template(self, name: str) -> dict[str, Any]:
        try:
            found = self._client.indices.get_index_template(name=name).body["index_templates"]
        except ApiError as error:
            if error.status_code == 404:
                return {}
            raise refusal("store", error) from None
        template: dict[str, Any] = found[0]["index_template"]
        return template

    def promote(self, other: str) -> None:
        """Templates first, so that a month that begins meanwhile is read as it should; then all aliases in one step."""
        actions: list[dict[str, Any]] = []
        for kind in KINDS:
            alias = self._alias(kind)
            for namespace, read_as in self._read_as(kind, other).items():
                ElasticsearchStore(self._client, namespace)._put_template(kind, read_as)
            actions.append({"remove": {"index": "*", "alias": alias, "must_exist": False}})
            actions.append({"add": {"index": f"{other}-{kind}-*", "alias": alias}})
        actions = [a for a in actions if "remove" in a or self._has_indices(a["add"]["index"])]
        self._call(self._client.indices.update_aliases, actions=actions)

    def _read_as(self, kind: str, other: str) -> dict[str, list[str]]:
        """For each namespace that is concerned, the names under which its indices are to be found."""
        found = self._call(self._client.indices.get_index_template, name=f"*-{kind}")["index_templates"]
        known = {t["name"].removesuffix(f"-{kind}"): t["index_template"].get("_meta", {}) for t in found}
        before = {name: list(meta[READ_AS]) for name, meta in known.items() if READ_AS in meta}
        changed = {self._namespace: before.get(self._namespace, []), other: before.get(other, [other])}
        changed |= {name: names for name, names in before.items() if self._namespace in names}
        after = {name: [n for n in names if n != self._namespace] for name, names in changed.items()}
        after[other].append(self._namespace)
        return after

    def _put_template(self, kind: str, read_as: list[str]) -> None:
        self._call(self._client.indices.put_index_template, name=self._alias(kind), **self._template(kind, read_as))

    def _has_indices(self, pattern: str) -> bool:
        return bool(self._call(self._client.indices.get_alias, index=pattern, ignore_unavailable=True))

    def _extend(self, kind: str) -> list[str]:
        """New fields for the indices that an older template made. Raises SinkError where they contradict theirs."""
        alias = self._alias(kind)
        if not self._client.indices.exists_alias(name=alias):
            return []
        try:
            self._client.indices.put_mapping(index=alias, properties=MAPPINGS[kind])
        except ApiError as error:
            raise SinkError(f"store: {alias}: {one_line(error)}", retryable=False) from None
        return [f"fields of {alias}"]

    def _template(self, kind: str, read_as: list[str]) -> dict[str, Any]:
        """Its indices are found under the names of the namespaces in `read_as`."""
        alias = self._alias(kind)
        return {
            "meta": {READ_AS: read_as},
            "index_patterns": [f"{alias}-*"],
            "version": int(digest(json.dumps(MAPPINGS[kind], sort_keys=True))[:7], 16),
            "template": {
                "settings": {"number_of_shards": 1, "number_of_replicas": 0},
                "mappings": {"dynamic": "strict", "properties": MAPPINGS[kind]},
                "aliases": {f"{namespace}-{kind}": {} for namespace in read_as},
            },
        }

    def write(self, documents: Sequence[Document]) -> list[Failure]:
        newest: dict[tuple[str, str], Document] = {}
        for document in documents:
            key = (document.kind, document.id)
            if key not in newest or document.version >= newest[key].version:
                newest[key] = document
        failures: list[Failure] = []
        pending = [(document, self._lines(document)) for document in newest.values()]
        while pending:
            chunk = self._chunk(pending)
            failures += self._write_chunk(chunk)
            pending = pending[len(chunk) :]
        return failures

    def _chunk(self, pending: list[Written]) -> list[Written]:
        size = 0
        for count, (_, lines) in enumerate(pending[: self._bulk_documents]):
            size += len(lines)
            if count and size > BULK_BYTES:
                return pending[:count]
        return pending[: self._bulk_documents]

    def _write_chunk(self, chunk: list[Written]) -> list[Failure]:
        failures: list[Failure] = []
        reason = ""
        for attempt in range(RETRIES):
            if attempt:
                time.sleep(min(10.0, 0.25 * 2**attempt) * random.uniform(0.5, 1.5))
            try:
                body: list[Any] = [lines for _, lines in chunk]
                items = self._client.options(request_timeout=60).bulk(operations=body).body["items"]
            except (TransportError, ConnectionTimeout) as error:
                reason = one_line(error)
                continue
            except ApiError as error:
                if error.status_code not in RETRY_STATUS:
                    raise SinkError(f"store: HTTP {error.status_code}: {one_line(error)}", retryable=False) from None
                reason = f"HTTP {error.status_code}: {one_line(error)}"
                self._bulk_documents = max(10, self._bulk_documents // 2)
                continue
            retry = []
            for written, item in zip(chunk, items, strict=True):
                status, error_of = item["index"]["status"], item["index"].get("error") or {}
                if status in RETRY_STATUS:
                    retry.append(written)
                    reason = str(error_of.get("reason", status))
                elif status >= 300 and status != 409:
                    failures.append(Failure(written[0], _reason(error_of, status)))
            self._bulk_documents = min(BULK_DOCUMENTS, self._bulk_documents * 2)
            chunk = retry
            if not chunk:
                return failures
        raise SinkError(f"store: not written after {RETRIES} tries: {reason}", retryable=True)

    def _lines(self, document: Document) -> bytes:
        """What to do with a document, and the document: two lines of a bulk request."""
        action = {
            "_index": f"{self._alias(document.kind)}-{document.month}",
            "_id": document.id,
            "version": document.version,
            "version_type": "external_gte",
        }
        return _ENCODER.encode({"index": action}) + b"\n" + _ENCODER.encode(document.body)

    def refresh(self) -> None:
        self._call(self._client.indices.refresh, index=f"{self._namespace}-*", ignore_unavailable=True)

    def expire(self, month: str) -> int:
        """Whole indices go, where one is a month of a kind."""
        names = [f"{self._alias(kind)}-" for kind in KINDS if kind not in UNDATED]
        found = self._call(self._client.indices.stats, index=f"{self._namespace}-*", metric="docs")["indices"]
        count = 0
        for name, stats in found.items():
            if any(name.startswith(n) and name.removeprefix(n) < month for n in names):
                self._call(self._client.indices.delete, index=name)
                count += stats["primaries"]["docs"]["count"]
        return count + self._delete("outcomes", {"range": {"first_seen_at": {"lt": month, "format": "yyyy-MM"}}})

    def forget(self, kind: str, id_: str) -> int:
        return self._delete(kind, {"term": {"article_id": id_}} if kind in OF_ARTICLE else {"ids": {"values": [id_]}})

    def _delete(self, kind: str, wanted: dict[str, Any]) -> int:
        """By ids that are searched for: delete_by_query is a module that not every cluster has."""
        self._call(self._client.indices.refresh, index=f"{self._alias(kind)}-*", ignore_unavailable=True)
        count = 0
        while hits := self._search(kind, is_own=True, query=wanted, size=1000, source=False)["hits"]["hits"]:
            lines = [{"delete": {"_index": h["_index"], "_id": h["_id"]}} for h in hits]
            self._call(self._client.bulk, operations=lines, refresh=True)
            count += len(hits)
        return count

    def size(self) -> int:
        found = self._call(self._client.indices.stats, index=f"{self._namespace}-*", metric="store")
        return int(found["_all"]["total"].get("store", {}).get("size_in_bytes", 0))

    def close(self) -> None:
        self._client.close()


def _reason(error: Mapping[str, Any], status: int) -> str:
    cause = error.get("caused_by") or {}
    return f"HTTP {status}: {error.get('reason', '')} {cause.get('reason', '')}".strip()


def _why(error: TransportError | ConnectionTimeout) -> str:
    """What is wrong with the certificate, where that is it; the client says "TLS error"."""
    inner: list[object] = [error]
    for cause in inner:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not taken: {cause.verify_message}"
        if isinstance(cause, BaseException) and len(inner) < MOST_CAUSES:
            inner += [*cause.args, *getattr(cause, "errors", ()), cause.__cause__, getattr(cause, "reason", None)]
    return one_line(error)
