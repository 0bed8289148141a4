"""Faults of a real Elasticsearch, and of a proxy before it: repeated, never blamed on documents (docs/operations.md)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from elasticsearch import Elasticsearch

from claimwire.errors import SinkError, UnreachableError
from claimwire.store import Document, bulk, elasticsearch, elasticsearch_setup, mappings
from claimwire.store.bulk import Blame, blame_of
from claimwire.store.drivers import open_store
from claimwire.store.elasticsearch import ElasticsearchStore
from tests.sinks.http_proxy import HTML, Answer, HttpProxy, html

pytestmark = pytest.mark.servers
SEEN = datetime(2026, 11, 20, 8, tzinfo=UTC)
SHARD_LIMIT = {
    "type": "validation_exception",
    "reason": "Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000]"
    " maximum normal shards open;",
}


@pytest.fixture
def proxy(elasticsearch) -> Iterator[HttpProxy]:
    proxy = HttpProxy(elasticsearch.host_port)
    yield proxy
    proxy.close()


@pytest.fixture
def client(elasticsearch) -> Iterator[Elasticsearch]:
    client = Elasticsearch(f"http://{elasticsearch.host_port}")
    yield client
    client.close()


@pytest.fixture
def store(proxy, namespace, monkeypatch) -> Iterator[ElasticsearchStore]:
    monkeypatch.setattr(bulk, "FIRST_WAIT", 0.005)
    monkeypatch.setattr(bulk, "LONGEST_WAIT", 0.02)
    for module in (elasticsearch, elasticsearch_setup):
        monkeypatch.setattr(module, "KINDS", ("claims",))
    store = open_store(f"elasticsearch://{proxy.address}", namespace)
    store.setup()
    yield store
    store.close()


def claim(ident: str, text: str = "It rained.", *, at: datetime = SEEN, version: int = 1, **fields) -> Document:
    body = {"claim_id": ident, "article_id": "a", "sentence": text, "first_seen_at": at.isoformat(), **fields}
    return Document("claims", ident, version, at, body)


def stored(store) -> int:
    store.refresh()
    return store.search("claims").total


def test_a_request_that_is_too_large_is_halved_down_to_the_document_that_is(store, proxy):
    """As a proxy with a limit of 20 kB answers."""
    proxy.rule = lambda request: html(413) if len(request.body) > 20_000 else None
    documents = [claim(f"c{n:03}", "word " * 200) for n in range(100)] + [claim("huge", "word " * 5000)]
    failures = store.write(documents)
    assert [f.document.id for f in failures] == ["huge"]
    assert failures[0].reason.startswith("HTTP 413")
    assert stored(store) == 100
    # The limit is known from now on.
    proxy.requests.clear()
    assert store.write(documents[:100]) == []
    assert all(len(r.body) <= 20_000 for r in proxy.bulks())
    assert len(proxy.bulks()) < 20


ANSWERS = [
    html(502), html(504), html(400), html(404), html(403), html(200),
    Answer(200, HTML, "text/html"), Answer(200, '{"took": 1, "ite'), Answer(200, '{"took": 1}'), Answer(200, "[]"),
    Answer(200, '{"items": []}'), Answer(200, '{"items": [{"index": {"status": 201}}]}'),
    Answer(429, '{"error": {"type": "circuit_breaking_exception", "reason": "too much"}, "status": 429}'),
    Answer(503, '{"error": {"type": "cluster_block_exception", "reason": "no master"}, "status": 503}'),
    Answer(400, json.dumps({"error": SHARD_LIMIT, "status": 400})),
]  # fmt: skip


def test_other_answers_to_a_request_are_faults_of_the_store(store, proxy):
    for n, answer in enumerate(ANSWERS):
        proxy.answer_first(2, answer)
        assert store.write([claim(f"a{n}"), claim(f"b{n}")]) == [], answer
    assert stored(store) == 2 * len(ANSWERS)


def test_after_some_tries_the_caller_hears_why(store, proxy):
    proxy.answer_first(bulk.RETRIES, html(502))
    with pytest.raises(SinkError, match=r"not written after 6 tries: HTTP 502") as raised:
        store.write([claim("a")])
    assert raised.value.retryable
    assert store.write([claim("a")]) == []


def test_the_shard_limit_is_waited_for(store, proxy, client):
    """A new index of 10,240 shards is over the limit of every small cluster: the answer is Elasticsearch's own."""
    name = f"{store._namespace}-claims"
    set_template(client, name, number_of_shards="1024", number_of_replicas="9")
    with pytest.raises(UnreachableError, match=r"this action would add .* maximum normal shards open"):
        store.write([claim("a")])
    set_template(client, name, number_of_shards="1", number_of_replicas="0")
    assert store.write([claim("a")]) == []
    assert stored(store) == 1
    # Elasticsearch says so in each item where it makes an index by itself.
    item = {"index": {"_index": "x", "_id": "b", "status": 400, "error": SHARD_LIMIT}}
    proxy.answer_first(2, Answer(200, json.dumps({"errors": True, "items": [item]})))
    assert store.write([claim("b")]) == []
    assert stored(store) == 2


def set_template(client: Elasticsearch, name: str, **settings: str) -> None:
    """Change index settings of a template, as an operator does."""
    template = client.indices.get_index_template(name=name)["index_templates"][0]["index_template"]
    template["template"]["settings"]["index"] |= settings
    kept = {k: template[k] for k in ("index_patterns", "priority", "version", "template", "_meta")}
    client.indices.put_index_template(name=name, body=kept)


@pytest.mark.parametrize(
    "settings", [{"index.blocks.write": True}, {"index.blocks.read_only_allow_delete": True}], ids=["block", "flood"]
)
def test_a_block_is_waited_for_by_writes_and_deletions(store, proxy, client, settings):
    """The second is what Elasticsearch does at the flood-stage watermark of a disk."""
    store.write([claim(f"c{n}") for n in range(3)])
    index = f"{store._namespace}-claims-2026-11"
    client.indices.put_settings(index=index, settings=settings)
    for call in (lambda: store.write([claim("c0"), claim("d")]), lambda: store.forget("claims", "a")):
        proxy.requests.clear()
        with pytest.raises(SinkError, match="blocked by") as raised:
            call()
        assert raised.value.retryable
        assert len(proxy.bulks()) == bulk.RETRIES
    assert store.search("claims").total == 3
    client.indices.put_settings(index=index, settings=dict.fromkeys(settings))
    assert store.write([claim("d")]) == []
    assert store.forget("claims", "a") == 4
    assert stored(store) == 0


def test_a_closed_index_is_waited_for(store, client):
    store.write([claim("a")])
    index = f"{store._namespace}-claims-2026-11"
    client.indices.close(index=index)
    with pytest.raises(SinkError, match="index_closed_exception") as raised:
        store.write([claim("b")])
    assert raised.value.retryable
    client.indices.open(index=index)
    assert store.write([claim("b")]) == []


@pytest.mark.parametrize("with_template", [False, True])
def test_a_deleted_index_is_made_again_with_its_mapping(store, client, with_template):
    store.write([claim("a")])
    name = f"{store._namespace}-claims"
    client.indices.delete(index=f"{name}-2026-11")
    if with_template:
        client.indices.delete_index_template(name=name)
    failures = store.write([claim("b"), claim("c", surprise="x")])
    assert [f.document.id for f in failures] == ["c"]
    assert "strict_dynamic_mapping_exception" in failures[0].reason
    assert "surprise" in failures[0].reason
    mapping = client.indices.get_mapping(index=f"{name}-2026-11")[f"{name}-2026-11"]["mappings"]
    assert mapping["dynamic"] == "strict"
    assert mapping["properties"]["claimant"] == mappings.MAPPINGS["claims"]["claimant"]
    assert stored(store) == 1


def test_an_index_that_something_else_made_is_written_to_after_setup_only(store, client, monkeypatch):
    """Without the right to set up, the sink waits; `claimwire setup` gives the index its fields and its alias."""
    name = f"{store._namespace}-claims"
    client.indices.delete_index_template(name=name)
    client.indices.create(index=f"{name}-2026-11")
    setup = store.setup
    monkeypatch.setattr(store, "setup", list)
    with pytest.raises(SinkError, match=r"has no alias .*run `claimwire setup`") as raised:
        store.write([claim("a")])
    assert raised.value.retryable
    assert f"alias {name}-2026-11.write" in store.missing()
    assert setup() == [f"index template {name}", f"fields of {name}"]
    assert store.missing() == []
    assert store.write([claim("a")]) == []
    assert stored(store) == 1


def test_deletions_are_few_requests(store, proxy):
    store.write([claim(f"c{n}") for n in range(1200)])
    proxy.requests.clear()
    assert store.forget("claims", "b", "a") == 1200
    assert len(proxy.bulks()) == 1
    assert stored(store) == 0


def test_the_blame_of_an_item():
    """Types and statuses as Elasticsearch 9.2 answers."""
    assert blame_of("index", 201, {}) is Blame.NONE
    assert blame_of("index", 409, {"type": "version_conflict_engine_exception"}) is Blame.NONE
    assert blame_of("delete", 404, {}) is Blame.NONE
    assert blame_of("index", 404, {"type": "index_not_found_exception"}) is Blame.ABSENT
    assert blame_of("index", 400, {"type": "document_parsing_exception"}) is Blame.DOCUMENT
    term = {"type": "illegal_argument_exception", "reason": "Document contains at least one immense term in field"}
    assert blame_of("index", 400, term) is Blame.DOCUMENT
    full = {"type": "illegal_argument_exception", "reason": "number of documents in the index cannot exceed 2147483519"}
    assert blame_of("index", 400, full) is Blame.STORE
    for status in (401, 403, 408, 429, 500, 503):
        assert blame_of("index", status, {}) is Blame.STORE


def test_archives_of_decades_make_few_indices_and_an_id_stays_one_document(store, client):
    months = [datetime(1970 + n // 12, n % 12 + 1, 3, tzinfo=UTC) for n in range(12 * 57)]
    periods = {claim("c", at=at).period for at in months}
    assert len(periods) == 1 + 31 + 12
    few = [at for at in months if at.year in (1971, 1994, 2024)]
    assert store.write([claim(f"c{n}", at=at) for n, at in enumerate(few)]) == []
    assert store.write([claim(f"c{n}", "It snowed.", at=at, version=2) for n, at in enumerate(few)]) == []
    assert stored(store) == store.search("claims", "snowed").total == len(few)
    name = f"{store._namespace}-claims"
    assert set(client.indices.get_alias(index=f"{name}-*")) == {f"{name}-older", f"{name}-2024"}
    # Years expire as months do.
    assert store.expire("2024-05") == 24 + 4
    assert store.expire("2024-05") == 0
    assert stored(store) == 8
    assert store.expire("2025-01") == 8


def settings_of(client: Elasticsearch, index: str) -> dict[str, str]:
    return client.indices.get_settings(index=index, flat_settings=True)[index]["settings"]


def test_replicas_are_a_setting_and_what_an_operator_changed_is_kept(store, client, elasticsearch, namespace):
    may, june = (claim(m, at=datetime(2026, n, 1, tzinfo=UTC)) for m, n in (("may", 5), ("june", 6)))
    name = f"{namespace}-claims"
    store.write([may, june])
    client.indices.put_settings(index=f"{name}-2026-05", settings={"number_of_replicas": 3, "refresh_interval": "7s"})
    url = f"elasticsearch://{elasticsearch.host_port}"
    more = open_store(url, namespace, replicas=1)
    assert f"index template {name}" in more.missing()
    assert f"index template {name}" in more.setup()
    assert more.setup() == []
    assert settings_of(client, f"{name}-2026-05")["index.number_of_replicas"] == "3"
    assert settings_of(client, f"{name}-2026-05")["index.refresh_interval"] == "7s"
    assert settings_of(client, f"{name}-2026-06")["index.number_of_replicas"] == "1"
    assert settings_of(client, f"{name}-2026-06")["index.refresh_interval"] == "5s"
    # Somebody edits the template; a setup with another number leaves that alone.
    set_template(client, name, number_of_replicas="2", codec="best_compression")
    assert f"index template {name}" not in store.missing()
    store.setup()
    more.write([claim("july", at=datetime(2026, 7, 1, tzinfo=UTC))])
    july = settings_of(client, f"{name}-2026-07")
    assert (july["index.number_of_replicas"], july["index.codec"]) == ("2", "best_compression")
    more.close()


def test_an_older_process_takes_nothing_back(store, client, namespace, monkeypatch):
    """Neither a template of a later layout nor a field that it does not know."""
    name = f"{namespace}-claims"

    def template() -> dict:
        found = client.indices.get_index_template(name=name)["index_templates"][0]["index_template"]
        return {k: v for k, v in found.items() if not k.endswith("_date_millis")}

    before = template()
    older = {k: v for k, v in mappings.MAPPINGS["claims"].items() if k != "claimant"}
    with monkeypatch.context() as patch:
        patch.setitem(mappings.MAPPINGS, "claims", older)
        assert store.missing() == store.setup() == []
    with monkeypatch.context() as patch:
        patch.setattr(elasticsearch_setup, "LAYOUT", mappings.LAYOUT - 1)
        patch.setitem(mappings.MAPPINGS, "claims", older)
        assert store.missing() == store.setup() == []
        store.write([claim("z")])
        store.promote(namespace)
    assert template() == before
    assert store.write([claim("a", claimant="Ministry")]) == []
