"""The contract of `claimwire.store`, on SQLite FTS5 and on a real Elasticsearch."""

from datetime import UTC, datetime

import pytest

from claimwire.store import Document, Span, elasticsearch_reads, mappings, sqlite
from claimwire.store.drivers import open_store

SEEN = datetime(2026, 11, 20, 8, tzinfo=UTC)


def article(ident: str, title: str, text: str, *, version: int = 1, day: int = 20, **fields) -> Document:
    seen = datetime(2026, 11, day, 8, tzinfo=UTC)
    body = {
        "article_id": ident,
        "title": title,
        "text": text,
        "source": "Paper",
        "language": "en",
        "first_seen_at": seen.isoformat(),
        **fields,
    }
    return Document("articles", ident, version, seen, body)


def ids(found) -> list[str]:
    return [h.id for h in found.hits]


def test_words_and_phrases(store):
    store.write(
        [
            article("a", "Flood in the third city", "The river rose. A third dam broke in the city."),
            article("b", "Third dam holds", "Engineers in the city saw the dam. Élan vital.", day=21),
        ]
    )
    store.refresh()
    assert ids(store.search("articles", "third city")) == ["b", "a"]
    assert ids(store.search("articles", '"third city"')) == ["a"]
    assert ids(store.search("articles", '"THIRD CITY" river')) == ["a"]
    assert ids(store.search("articles", "élan")) == ["b"]
    assert ids(store.search("articles", "volcano")) == []
    assert store.search("articles", "").total == 2
    assert ids(store.search("articles", '"broke in the city third dam"')) == []


def test_highlight_marks_what_was_found(store):
    store.write([article("a", "Title", "The river rose in the third city.")])
    store.refresh()
    marked = store.search("articles", '"third city"').hits[0].highlight
    assert "⟦" in marked
    assert "city⟧" in marked


def test_an_older_version_changes_nothing(store):
    assert store.write([article("a", "new", "second text", version=2)]) == []
    assert store.write([article("a", "old", "first text", version=1)]) == []
    store.refresh()
    assert store.get("articles", "a")["title"] == "new"
    assert store.search("articles", "first").total == 0
    assert store.write([article("a", "again", "second text", version=2)]) == []
    store.refresh()
    assert store.get("articles", "a")["title"] == "again"
    assert [(i, v) for i, v, _ in store.dump("articles")] == [("a", 2)]


def test_the_newest_in_one_batch_wins(store):
    store.write(
        [article("a", "v3", "x", version=3), article("a", "v1", "x", version=1), article("a", "v2", "x", version=2)]
    )
    store.refresh()
    assert store.get("articles", "a")["title"] == "v3"


def test_bad_documents_are_named_and_the_others_are_written(store):
    failures = store.write(
        [
            article("good", "t", "x"),
            article("extra", "t", "x", surprise="field"),
            article("wrong", "t", "x", published_at="yesterday"),
            article("number", "t", "x", revision="many"),
        ]
    )
    store.refresh()
    assert {f.document.id for f in failures} == {"extra", "wrong", "number"}
    assert all(f.reason for f in failures)
    assert [i for i, _, _ in store.dump("articles")] == ["good"]


def test_filters_facets_timeline(store):
    store.write(
        [
            article("a", "t", "dam", source="One", day=20),
            article("b", "t", "dam", source="Two", day=21),
            article("c", "t", "dam", source="Two", day=21),
            article("d", "t", "sea", source="Three", day=22),
        ]
    )
    store.refresh()
    assert ids(store.search("articles", "dam", {"source": "Two"})) in (["b", "c"], ["c", "b"])
    assert store.facets("articles", ["source"])["source"] == [("Two", 2), ("One", 1), ("Three", 1)]
    assert store.facets("articles", ["source"], "dam")["source"] == [("Two", 2), ("One", 1)]
    assert store.timeline("articles") == [("2026-11-20", 1), ("2026-11-21", 2), ("2026-11-22", 1)]
    with pytest.raises(ValueError, match="field 'nonsense' of articles is not one of"):
        store.facets("articles", ["nonsense"])["nonsense"]
    with pytest.raises(ValueError, match="is not one of"):
        store.search("articles", "", {"nonsense": "x"})


def test_fields_of_many_values(store):
    body = {"claim_id": "c", "places": ["Ganja", "Baku"], "sentence": "x", "first_seen_at": SEEN.isoformat()}
    store.write([Document("claims", "c", 1, SEEN, body)])
    store.refresh()
    assert store.facets("claims", ["places"])["places"] == [("Baku", 1), ("Ganja", 1)]
    assert ids(store.search("claims", "", {"places": "Baku"})) == ["c"]


def test_limit_and_total(store):
    store.write([article(f"a{n:03}", "t", "same word") for n in range(30)])
    store.refresh()
    found = store.search("articles", "word", limit=7)
    assert found.total == 30
    assert len(found.hits) == 7


def test_dump_has_everything_in_order(store):
    store.write([article(f"a{n:04}", "t", "x") for n in range(1200)])
    store.refresh()
    assert [i for i, _, _ in store.dump("articles")] == [f"a{n:04}" for n in range(1200)]


def test_a_document_is_found_by_its_id_before_any_refresh(store):
    store.write([article("a", "Title", "The river rose.")])
    assert store.get("articles", "a")["title"] == "Title"


def test_nothing_there(store):
    store.refresh()
    assert store.get("articles", "none") is None
    assert store.search("stories", "x").total == 0
    assert store.facets("claims", ["verdict"])["verdict"] == []
    assert store.timeline("alerts") == []
    assert list(store.dump("clusters")) == []


def test_setup_twice_changes_nothing(store):
    assert store.setup() == []


@pytest.mark.servers
def test_setup_gives_new_fields_to_the_indices_of_an_older_version(elasticsearch, namespace, monkeypatch):
    url = f"elasticsearch://{elasticsearch.host_port}"
    old = {k: v for k, v in mappings.MAPPINGS["articles"].items() if k != "provenance"}
    with monkeypatch.context() as patch:
        patch.setitem(mappings.MAPPINGS, "articles", old)
        store = open_store(url, namespace)
        assert store.setup()
        assert store.write([article("a", "Title", "Text")]) == []
        store.close()
    store = open_store(url, namespace)
    new = article("b", "Title", "Text", provenance="https://origin.example/")
    assert store.write([new])
    assert store.setup() == [f"index template {namespace}-articles", f"fields of {namespace}-articles"]
    assert store.setup() == []
    assert store.write([new]) == []
    store.close()


def test_hostile_queries(store):
    store.write([article("a", "t", 'say "AND" NOT word*')])
    store.refresh()
    for query in ('"', "AND OR NOT", "word*", "a:b", "(((", "NEAR(x)", "'; DROP TABLE documents; --", "\\", "⟦⟧"):
        store.search("articles", query)
    assert ids(store.search("articles", "NOT word*")) == ["a"]


def test_months_that_are_past_their_time_go(store, namespace):
    old = datetime(2026, 9, 30, 23, tzinfo=UTC)
    gone = Document("articles", "old", 1, old, {**article("old", "Old", "x").body, "first_seen_at": old.isoformat()})
    store.write(
        [
            gone,
            article("new", "New", "x"),
            Document("stories", "s", 1, old, {"story_id": "s", "first_seen_at": old.isoformat()}),
        ]
    )
    store.refresh()
    assert store.size() > 0
    assert store.expire("2026-10") == 2
    assert store.expire("2026-10") == 0
    store.refresh()
    assert ids(store.search("articles", "")) == ["new"]
    assert store.search("stories", "").total == 0


def test_an_article_and_all_its_claims_are_forgotten(store):
    def claim(ident: str, article_id: str) -> Document:
        seen = datetime(2026, 10 + int(ident[-1]) % 2, 20, tzinfo=UTC)
        body = {
            "claim_id": ident,
            "article_id": article_id,
            "sentence": "It rained.",
            "first_seen_at": seen.isoformat(),
        }
        return Document("claims", ident, 1, seen, body)

    store.write([article("a", "t", "It rained in Tartu."), article("b", "t", "It rained in Narva.")])
    store.write([claim(f"a{n}", "a") for n in range(5)] + [claim("b1", "b")])
    assert [store.forget(kind, "a") for kind in ("articles", "claims", "alerts")] == [1, 5, 0]
    assert ids(store.search("articles", "rained")) == ["b"]
    assert ids(store.search("claims", "rained")) == ["b1"]
    assert store.forget("claims", "a", "none") == 0
    assert store.forget("claims", "none", "b") == 1
    assert store.forget("articles") == 0
    store.write([article("a", "t", "It snowed.", version=9)])
    store.refresh()
    assert ids(store.search("articles", "snowed")) == ["a"]


def test_another_namespace_is_promoted_and_taken_back(store, other_store, namespace):
    store.write([article("a", "old", "It rained."), article("b", "old", "It rained.")])
    other_store.write([article("a", "new", "It rained.")])
    for each in (store, other_store):
        each.refresh()
    store.promote(f"{namespace}other")
    assert store.get("articles", "a")["title"] == "new"
    assert store.search("articles", "rained").total == 1
    assert [b["title"] for _, _, b in store.dump("articles")] == ["old", "old"]
    # Articles that come later, in either namespace, in a month that is not there yet.
    assert store.setup() == []
    for each, name in ((store, "c"), (other_store, "d")):
        body = article(name, "later", "It rained.").body | {"first_seen_at": "2026-12-02T08:00:00+00:00"}
        each.write([Document("articles", name, 1, datetime(2026, 12, 2, 8, tzinfo=UTC), body)])
        each.refresh()
    assert ids(store.search("articles", "rained")) == ["d", "a"]
    store.promote(namespace)
    assert set(ids(store.search("articles", "rained"))) == {"a", "b", "c"}
    assert ids(other_store.search("articles", "rained")) == ["d", "a"]


def test_a_scan_finds_what_a_search_finds_however_many(store, monkeypatch):
    for driver in (sqlite, elasticsearch_reads):
        monkeypatch.setattr(driver, "SCANNED", 7)
    store.write([article(f"a{n:02}", "t", "It rained." if n % 2 else "It snowed.") for n in range(30)])
    store.refresh()
    assert [i for i, _ in store.scan("articles")] == [f"a{n:02}" for n in range(30)]
    assert [i for i, _ in store.scan("articles", "rained", {"source": "Paper"})] == [
        f"a{n:02}" for n in range(1, 30, 2)
    ]
    assert list(store.scan("articles", "rained", {"source": "Other"})) == []


def claim(ident: str, *, hour: int = 8, **fields) -> Document:
    seen = datetime(2026, 11, 20, hour, tzinfo=UTC)
    body = {"claim_id": ident, "sentence": f"sentence {ident}", "first_seen_at": seen.isoformat(), **fields}
    return Document("claims", ident, 1, seen, body)


def test_pages_follow_one_another_without_gaps(store):
    """Many claims of an article are first seen at one moment."""
    store.write([claim(f"c{n:02}", hour=8 + n // 10) for n in range(25)])
    store.refresh()
    expected = [f"c{n:02}" for n in (*range(20, 25), *range(10, 20), *range(10))]
    found: list[str] = []
    after = None
    while page := store.search("claims", limit=7, after=after).hits:
        found += [h.id for h in page]
        after = (datetime.fromisoformat(page[-1].body["first_seen_at"]), page[-1].id)
    assert found == expected
    assert store.search("claims", limit=3, after=after).total == 25


@pytest.mark.parametrize("rare", [0, 5000])
def test_filters_of_several_values_and_a_span(store, monkeypatch, rare):
    """The same whether a filter fits few documents or many."""
    monkeypatch.setattr(sqlite, "RARE", rare)
    verdicts = ("new", "repeat", "update")
    store.write([claim(f"c{n}", hour=n, verdict=verdicts[n % 3], places=["Baku", f"P{n % 2}"]) for n in range(12)])
    store.refresh()
    wanted = {"verdict": ["new", "update"], "places": "P1"}
    assert ids(store.search("claims", "", wanted)) == ["c11", "c9", "c5", "c3"]
    span = Span(datetime(2026, 11, 20, 3, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert ids(store.search("claims", "", wanted, span=span)) == ["c5", "c3"]
    assert [i for i, _ in store.scan("claims", "", wanted, span=span)] == ["c3", "c5"]
    facets = store.facets("claims", ["verdict", "places"], "", wanted)
    assert facets == {"verdict": [("new", 2), ("update", 2)], "places": [("Baku", 4), ("P1", 4)]}
    assert store.facets("claims", ["verdict"], span=span) == {"verdict": [("new", 2), ("repeat", 2), ("update", 2)]}
    assert store.search("claims", "", {"verdict": "new"}, count_to=2).total in (2, 4)
    assert sum(n for _, n in store.facets("claims", ["verdict"], sample=6)["verdict"]) in (6, 12)


def test_time_lines_by_hour_and_by_value(store):
    store.write([claim(f"c{n}", hour=8 + n // 2, story_id=f"s{n % 2}") for n in range(6)])
    store.refresh()
    assert store.timeline("claims", "", {"story_id": "s0"}, interval="hour") == [
        ("2026-11-20T08", 1),
        ("2026-11-20T09", 1),
        ("2026-11-20T10", 1),
    ]
    span = Span(until=datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert store.timelines("claims", "story_id", ["s0", "s1", "none"], span=span) == {
        "s0": [("2026-11-20T08", 1)],
        "s1": [("2026-11-20T08", 1)],
    }
    assert store.timelines("claims", "story_id", []) == {}
    with pytest.raises(ValueError, match="day, hour"):
        store.timeline("claims", interval="minute")


def test_documents_by_their_ids(store):
    store.write([claim("a"), claim("b")])
    store.refresh()
    assert set(store.get_many("claims", ["a", "nothing", "b"])) == {"a", "b"}
    assert store.get_many("claims", []) == {}
    assert store.stored("claims", ["a", "nothing", "b"]) == {"a", "b"}
    assert store.stored("claims", []) == set()


def test_a_store_of_an_older_version_is_filtered_too(tmp_path):
    url = f"sqlite:///{tmp_path / 'search.db'}"
    store = open_store(url, "x")
    store.write([claim("a", verdict="new", places=["Baku"])])
    store._db.execute("DROP TABLE terms")
    store.close()
    store = open_store(url, "x")
    assert ids(store.search("claims", "", {"verdict": "new", "places": "Baku"})) == ["a"]
    store.close()


def test_what_is_of_no_month_expires_by_its_own_time_and_feeds_never(store):
    old, new = datetime(2026, 9, 30, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    store.write(
        [Document("outcomes", name, 1, at, {"outcome_id": name, "first_seen_at": at.isoformat()})
         for name, at in (("a", old), ("b", new))]
        + [Document("feeds", "f", 1, old, {"feed_id": "f", "first_seen_at": old.isoformat()})]
    )  # fmt: skip
    store.refresh()
    assert store.expire("2026-10") == 1
    store.refresh()
    assert [i for i, _ in store.scan("outcomes")] == ["b"]
    assert [i for i, _ in store.scan("feeds")] == ["f"]
    later = {"outcome_id": "b", "state": "indexed", "first_seen_at": old.isoformat()}
    store.write([Document("outcomes", "b", 2, old, later)])
    store.refresh()
    assert [b["state"] for _, b in store.scan("outcomes")] == ["indexed"]
