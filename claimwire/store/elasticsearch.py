"""The store on Elasticsearch: strict mappings, indices by period, versioned bulk writes."""

import ssl
from collections.abc import Sequence
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from claimwire.config.credentials import NOBODY, Credentials, tls_context
from claimwire.errors import SinkError, UnreachableError
from claimwire.store import KINDS, OF_ARTICLE, UNDATED, Document, Failure
from claimwire.store.bulk import Bulk
from claimwire.store.elasticsearch_reads import one_line, refusal
from claimwire.store.elasticsearch_setup import WRITE, ElasticsearchSetup

MOST_CAUSES = 50
# Maximum operations of a bulk request: writes of documents, and deletions by id.
WRITTEN, DELETED = 500, 5000
_ENCODER = msgspec.json.Encoder()


class ElasticsearchStore(ElasticsearchSetup):
    """See `claimwire.store.SearchStore`."""

    def __init__(self, client: Elasticsearch, namespace: str, replicas: int = 0) -> None:
        super().__init__(client, namespace, replicas)
        self._bulk = Bulk(client, self.make_index, WRITTEN)
        self._deletions = Bulk(client, self.make_index, DELETED)

    @classmethod
    def open(
        cls, url: str, namespace: str, credentials: Credentials = NOBODY, replicas: int = 0
    ) -> "ElasticsearchStore":
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
        except TransportError as error:
            raise UnreachableError(f"store {address}: {_why(error)}") from None
        except ApiError as error:
            raise refusal(f"store {address}", error) from None
        return cls(client, namespace, replicas)

    def write(self, documents: Sequence[Document]) -> list[Failure]:
        newest: dict[tuple[str, str], Document] = {}
        for document in documents:
            key = (document.kind, document.id)
            if key not in newest or document.version >= newest[key].version:
                newest[key] = document
        wanted = list(newest.values())
        refused = self._bulk.run([self._lines(document) for document in wanted])
        return [Failure(wanted[n], reason) for n, reason in refused.items()]

    def _lines(self, document: Document) -> bytes:
        """Return the two lines of a bulk request: action and document."""
        action = {
            "_index": f"{self._alias(document.kind)}-{document.period}{WRITE}",
            "_id": document.id,
            "version": document.version,
            "version_type": "external_gte",
            "require_alias": True,
        }
        return _ENCODER.encode({"index": action}) + b"\n" + _ENCODER.encode(document.body)

    def refresh(self) -> None:
        self._call(self._client.indices.refresh, index=f"{self._namespace}-*", ignore_unavailable=True)

    def expire(self, month: str) -> int:
        """Delete whole indices whose period is before `month`, and documents from the others."""
        pattern, count = f"{self._namespace}-*", 0
        found = self._call(self._client.indices.stats, index=pattern, metric="docs")["indices"]
        for kind in KINDS:
            for name, stats in found.items():
                if kind not in UNDATED and _is_before(self._period(kind, name), month):
                    self._call(self._client.indices.delete, index=name)
                    count += stats["primaries"]["docs"]["count"]
            if kind != "feeds":
                count += self._delete(kind, {"range": {"first_seen_at": {"lt": month, "format": "yyyy-MM"}}})
        return count

    def forget(self, kind: str, *ids: str) -> int:
        wanted = list(ids)
        return self._delete(
            kind, {"terms": {"article_id": wanted}} if kind in OF_ARTICLE else {"ids": {"values": wanted}}
        )

    def _delete(self, kind: str, wanted: dict[str, Any]) -> int:
        """Delete by searching for the ids: delete_by_query is in a module that not every cluster has.

        Raises SinkError(retryable=True) if the store does not accept the deletions now.
        """
        pattern, count = f"{self._alias(kind)}-*", 0
        self._call(self._client.indices.refresh, index=pattern, ignore_unavailable=True)
        pages = self._pages(kind, wanted, is_own=True, source=False)
        while hits := list(islice(pages, DELETED)):
            lines = [_ENCODER.encode({"delete": {"_index": h["_index"], "_id": h["_id"]}}) for h in hits]
            refused = self._deletions.run(lines)
            if refused:
                raise SinkError(f"store: not deleted: {next(iter(refused.values()))}", retryable=True)
            count += len(hits)
        if count:
            self._call(self._client.indices.refresh, index=pattern, ignore_unavailable=True)
        return count

    def size(self) -> int:
        found = self._call(self._client.indices.stats, index=f"{self._namespace}-*", metric="store")
        return int(found["_all"]["total"].get("store", {}).get("size_in_bytes", 0))

    def close(self) -> None:
        self._client.close()


def _is_before(period: str, month: str) -> bool:
    """Return whether a whole period (`older`, YYYY or YYYY-MM) is before a month."""
    return period == "older" or ("" < period < month and period != month[: len(period)])


def _why(error: TransportError) -> str:
    """Return the reason of a connection error, with the certificate's problem; the client only says "TLS error"."""
    inner: list[object] = [error]
    for cause in inner:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, BaseException) and len(inner) < MOST_CAUSES:
            inner += [*cause.args, *getattr(cause, "errors", ()), cause.__cause__, getattr(cause, "reason", None)]
    return one_line(error)
