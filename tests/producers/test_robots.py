"""robots.txt: wildcards, the longest rule, groups, crawl delays, and what its absence means."""

import asyncio

import pytest

from claimwire.config.settings import Settings
from producers.http.fetch import Fetcher
from producers.http.robots import Robots

SETTINGS = Settings(allow_private_addresses=True, fetch_timeout=2.0)
RULES = """
User-agent: *
Disallow: /private/
Allow: /private/open$
Disallow: /*.pdf$
Crawl-delay: 3

User-agent: claimwire
Disallow: /ours
"""


def allows(server, path: str, agent: str = "other/1.0") -> tuple[bool, float]:
    async def ask() -> tuple[bool, float]:
        async with Fetcher(SETTINGS) as fetcher:
            return await Robots(fetcher, agent).allows(server.base + path)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a", True),
        ("/private/a", False),
        ("/private/open", True),
        ("/x/y.pdf", False),
        ("/x/y.pdf?z", True),
        ("/ours", True),
    ],
)
def test_rules_with_wildcards_and_the_longest_first(server, path, expected):
    server.reply("/robots.txt", RULES)
    assert allows(server, path) == (expected, 3.0)


def test_the_group_of_our_own_name_wins(server):
    server.reply("/robots.txt", RULES)
    assert allows(server, "/ours", "claimwire/0.1 (+https://example.org)") == (False, 0.0)
    assert allows(server, "/private/a", "claimwire/0.1")[0]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_rules_in_any_encoding(server, codec):
    server.reply("/robots.txt", "User-agent: *\r\nDisallow: /closed/\r\n# é\r\n".encode(codec))
    assert [allows(server, path)[0] for path in ("/closed/a", "/open")] == [False, True]


def test_a_page_in_place_of_rules_allows_all(server):
    server.reply("/robots.txt", "<!DOCTYPE html><html><body><p>Not here: /a</p></body></html>")
    assert allows(server, "/a")[0]


@pytest.mark.parametrize(("status", "expected"), [(404, True), (403, True), (500, False)])
def test_no_rules_allow_all_and_a_broken_server_nothing(server, status, expected):
    server.reply("/robots.txt", "", status)
    assert allows(server, "/a")[0] is expected


def test_it_is_asked_once_for_each_origin(server):
    server.reply("/robots.txt", RULES)

    async def ask() -> None:
        async with Fetcher(SETTINGS) as fetcher:
            robots = Robots(fetcher, "claimwire/0.1")
            for n in range(3):
                await robots.allows(f"{server.base}/{n}")

    asyncio.run(ask())
    assert server.paths() == ["/robots.txt"]
