import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimwire.ids import article_id, canonical_url, claim_id, digest, host_of, partition_of, revision_id


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://Example.COM/a/", "https://example.com/a"),
        ("https://example.com/a?utm_source=x&b=2&a=1#frag", "https://example.com/a?a=1&b=2"),
        ("https://example.com:443/a/amp/", "https://example.com/a"),
        ("https://example.com:8080/", "https://example.com:8080/"),
        ("https://example.com?fbclid=1", "https://example.com/"),
        ("http://[::1]:80/x", "https://[::1]/x"),
        ("https://example.com./a?id=7&ref=rss", "https://example.com/a?id=7"),
    ],
)
def test_canonical_url(url, expected):
    assert canonical_url(url) == expected
    assert canonical_url(expected) == expected


@pytest.mark.parametrize(
    "url", ["", "ftp://a/b", "javascript:alert(1)", "/relative", "https://", "http://" + "a" * 3000]
)
def test_no_canonical_url(url):
    with pytest.raises(ValueError, match="not an absolute"):
        canonical_url(url)


def test_article_id_follows_the_url_or_else_source_and_entry():
    assert article_id("http://a.example/x?utm_medium=feed", "s") == article_id("https://a.example/x/", "t")
    assert article_id(None, "s", "1") == article_id("javascript:x", "s", "1")
    assert article_id(None, "s", "1") != article_id(None, "s", "2")


def test_parts_are_not_run_together():
    assert digest("ab", "c") != digest("a", "bc")
    assert revision_id(["ab", "c"]) != revision_id(["a", "bc"])


def test_claim_id_ignores_spacing_and_case_but_not_order_among_equals():
    assert claim_id("a", "Two  were killed", 0) == claim_id("a", "two were\nkilled", 0)
    assert claim_id("a", "x", 0) != claim_id("a", "x", 1) != claim_id("b", "x", 1)


def test_host_of():
    assert host_of("https://News.Example./a") == "news.example"
    assert host_of("http://[bad") == ""


@given(st.text(), st.integers(1, 64))
def test_partitions_are_stable_and_in_range(key, partitions):
    assert 0 <= partition_of(key, partitions) < partitions
    assert partition_of(key, partitions) == partition_of(key, partitions)


def test_partitions_never_move():
    # A changed hash would send the records of a key to another partition than before.
    assert [partition_of(k, 12) for k in ("a", "news.example", "live/en")] == [11, 1, 0]
