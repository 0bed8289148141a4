"""Bulk requests to Elasticsearch, sized to its limits and retried with back-off on faults of the store.

| answer | blame | handling |
|---|---|---|
| item 2xx; 409 (a newer version exists); 404 of a delete | none | done |
| item 400 | document | refused, with the reason |
| item 400 of a type in `STORE_FAULTS` (shard limit, closed index) | store | retried with back-off |
| item 404: no such index | absent | the index is created from its template, then retried |
| any other item (403 write block, 429 flood stage, 503 ...) | store | retried with back-off |
| whole request 413, or 400 in Elasticsearch's form | document | halved, down to the one document that is refused |
| any other answer (401, 403, 429, 502 ..., 200 with HTML), time-out, no answer | store | retried with back-off |
"""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from claimwire.errors import SinkError
from claimwire.store.elasticsearch_reads import one_line, reason_of

logger = logging.getLogger(__name__)
LEAST_OPERATIONS = 10
BULK_BYTES = 5_000_000
RETRIES = 6
FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
# Error types of a 400 that are faults of the store. The shard limit shares its type with others, so its text decides.
STORE_FAULTS: Mapping[str, str] = {
    "validation_exception": "",
    "index_closed_exception": "",
    "cluster_block_exception": "",
    "es_rejected_execution_exception": "",
    "illegal_argument_exception": "number of documents in the index cannot exceed",
}


class Blame(StrEnum):
    NONE = "none"
    DOCUMENT = "document"
    STORE = "store"
    ABSENT = "absent"


@dataclass(frozen=True)
class Fault:
    """Failure of a whole request, or the last one of its items."""

    blame: Blame
    status: int
    reason: str


def blame_of(action: str, status: int, error: Mapping[str, Any]) -> Blame:
    """Return the blame for an item's answer by the table above; `action` is index or delete."""
    if status < 300 or status == 409:
        return Blame.NONE
    if status == 404:
        return Blame.NONE if action == "delete" else Blame.ABSENT
    if status != 400:
        return Blame.STORE
    sentence = STORE_FAULTS.get(str(error.get("type")))
    is_of_store = sentence is not None and sentence in str(error.get("reason"))
    return Blame.STORE if is_of_store else Blame.DOCUMENT


class Bulk:
    """Sends bulk requests of at most `operations`, in order. `make_index` creates the index behind a write alias.

    Raises SinkError(retryable=True) after RETRIES consecutive answers without progress.
    """

    def __init__(self, client: Elasticsearch, make_index: Callable[[str], None], operations: int) -> None:
        self._client, self._make_index, self._limit = client, make_index, operations
        self._most, self._most_bytes = operations, BULK_BYTES

    def run(self, operations: Sequence[bytes]) -> dict[int, str]:
        """Send NDJSON lines, one or two an operation. Return the reason for each rejected operation, by position."""
        pending, refused = deque(range(len(operations))), dict[int, str]()
        tries = 0
        while pending:
            chunk = self._chunk(operations, pending)
            answer = self._send([operations[n] for n in chunk])
            if isinstance(answer, Fault) and answer.blame is Blame.DOCUMENT:
                if len(chunk) == 1:
                    refused[pending.popleft()] = answer.reason
                self._shrink(answer, sum(len(operations[n]) + 1 for n in chunk), len(chunk))
                continue
            again, fault = (chunk, answer) if isinstance(answer, Fault) else self._sort(chunk, answer, refused)
            for _ in chunk:
                pending.popleft()
            pending.extendleft(reversed(again))
            tries = tries + 1 if len(again) == len(chunk) else int(bool(again))
            if fault is not None and tries >= RETRIES:
                raise SinkError(f"store: not written after {RETRIES} tries: {fault.reason}", retryable=True)
            self._pace(fault, tries)
        return refused

    def _chunk(self, operations: Sequence[bytes], pending: deque[int]) -> list[int]:
        chunk: list[int] = []
        size = 0
        for n in pending:
            size += len(operations[n]) + 1
            if chunk and (size > self._most_bytes or len(chunk) >= self._most):
                break
            chunk.append(n)
        return chunk

    def _send(self, lines: list[Any]) -> list[tuple[str, int, Mapping[str, Any]]] | Fault:
        """Send a request and return (action, status, error) of each operation, or a `Fault`."""
        try:
            answer: Any = self._client.options(request_timeout=60).bulk(operations=lines).body
        except TransportError as error:
            return Fault(Blame.STORE, 0, one_line(error))
        except ApiError as error:
            return Fault(_blame_of_request(error), error.status_code, f"HTTP {error.status_code}: {one_line(error)}")
        try:
            items = [next(iter(item.items())) for item in answer["items"]]
            found = [(action, int(item["status"]), _error(item)) for action, item in items]
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
            return Fault(Blame.STORE, 200, f"HTTP 200, but not the answer to a bulk request: {str(answer)[:100]}")
        if len(found) != len(lines):
            return Fault(Blame.STORE, 200, f"answers to {len(found)} of {len(lines)} operations")
        return found

    def _sort(
        self, chunk: list[int], items: list[tuple[str, int, Mapping[str, Any]]], refused: dict[int, str]
    ) -> tuple[list[int], Fault | None]:
        """Return the operations to retry and the last fault; missing indices are created."""
        again: list[int] = []
        faults: dict[Blame, Fault] = {}
        absent: dict[str, None] = {}
        for n, (action, status, error) in zip(chunk, items, strict=True):
            blame = blame_of(action, status, error)
            if blame is Blame.DOCUMENT:
                refused[n] = f"HTTP {status}: {reason_of(error)}"
            elif blame is not Blame.NONE:
                again.append(n)
                faults[blame] = Fault(blame, status, f"HTTP {status}: {reason_of(error)}")
                if blame is Blame.ABSENT:
                    absent[str(error.get("index"))] = None
        for alias in absent:
            self._make_index(alias)
        return again, faults.get(Blame.STORE) or faults.get(Blame.ABSENT)

    def _shrink(self, fault: Fault, size: int, count: int) -> None:
        """Halve a rejected request. Its size limits later ones; a malformed operation is found by bisection."""
        if fault.status == 413:
            self._most_bytes = max(1, size // 2)
        else:
            self._most = max(1, count // 2)

    def _pace(self, fault: Fault | None, tries: int) -> None:
        """Wait with exponential back-off after a fault of the store, then send half as much."""
        if fault is None:
            self._most = min(self._limit, self._most * 2)
        elif fault.blame is Blame.STORE or tries > 1:
            logger.info("store: %s; retrying", fault.reason)
            self._most = max(LEAST_OPERATIONS, self._most // 2)
            time.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1)) * random.uniform(0.5, 1.5))


def _blame_of_request(error: ApiError) -> Blame:
    """Return the blame for a rejected request.

    A 400 not in Elasticsearch's form comes from a proxy, not from a document.
    """
    if error.status_code == 413:
        return Blame.DOCUMENT
    cause = error.body.get("error") if isinstance(error.body, Mapping) else None
    if error.status_code == 400 and isinstance(cause, Mapping):
        return blame_of("index", 400, cause)
    return Blame.STORE


def _error(item: Mapping[str, Any]) -> Mapping[str, Any]:
    error = item.get("error") or {}
    return error if isinstance(error, Mapping) else {"reason": error}
