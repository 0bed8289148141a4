"""The page as a person uses it, in a real Chromium: stream, filter, story, trail, feeds, keys, no script, 320 px, dark.

With CLAIMWIRE_TEST_PICTURES=1 the pictures of the documentation are taken anew (docs/pictures).
"""

import asyncio
import os
import re
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.conftest import REQUIRED
from tests.page.browser import Browser, chromium
from tests.page.conftest import Site, publish
from tests.records import TEXT, raw_article, raw_message

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
CSS = (ROOT / "console" / "web" / "static" / "page.css").read_text("utf-8")


@pytest.fixture(autouse=True, scope="module")
def _needs_a_browser():
    if chromium() is None:
        if REQUIRED:
            pytest.fail("CLAIMWIRE_REQUIRE_SERVERS=1, and there is no Chromium")
        pytest.skip("left out: there is no Chromium")


def browse(act: Callable[[Browser], Awaitable[None]], site: Site) -> None:
    """Run in a fresh browser: no error on the console, and nothing asked of another host."""

    async def run() -> None:
        async with Browser() as browser:
            await browser.look()
            await act(browser)
            assert browser.problems == []
            assert {url.split("/")[2] for url in browser.requested if url.startswith("http")} <= {
                site.base.split("/")[2]
            }

    asyncio.run(run())


async def picture(browser: Browser, name: str, tmp_path: Path) -> None:
    """Taken always; kept in the documentation where that is asked for."""
    await browser.picture(tmp_path / f"{name}.png")
    assert (tmp_path / f"{name}.png").stat().st_size > 5000
    if os.environ.get("CLAIMWIRE_TEST_PICTURES") == "1":
        PICTURES.mkdir(exist_ok=True)
        shutil.copy(tmp_path / f"{name}.png", PICTURES / f"{name}.png")


async def is_narrow(browser: Browser) -> bool:
    return await browser.value("document.documentElement.scrollWidth <= innerWidth")


def test_claims_wait_until_they_are_asked_for(running):
    """Nothing jumps while one reads; a page server that goes away and comes back loses nothing."""
    publish(running.settings, raw_message(raw_article("a")))

    async def act(browser: Browser) -> None:
        for _ in range(100):
            await browser.open(running.base)
            if await browser.value("document.querySelectorAll('.claim').length"):
                break
        await browser.until("document.getElementById('connection').textContent === 'live'")
        before = await browser.value("document.getElementById('stories').innerHTML")
        second = TEXT.replace("Valdivia", "Concepcion").replace("four", "nine").replace("seven", "eleven")
        publish(running.settings, raw_message(raw_article("b", second)))
        await browser.until("!document.getElementById('fresh').hidden")
        await browser.until("/^[2-9] new claims/.test(document.getElementById('fresh').textContent)")
        assert await browser.value("document.getElementById('stories').innerHTML") == before
        assert (await browser.value("document.title")).startswith("(")
        count = await browser.value("parseInt(document.getElementById('fresh').textContent)")
        shown = await browser.value("document.querySelectorAll('.claim').length")
        await browser.click("#fresh")
        assert await browser.value("document.querySelectorAll('.claim').length") == shown + count
        assert await browser.value("document.getElementById('fresh').hidden")
        ids = await browser.value("[...document.querySelectorAll('.claim')].map(c => c.id)")
        assert len(ids) == len(set(ids))
        await browser.click("#pause")
        third = TEXT.replace("Valdivia", "Osorno").replace("four", "six").replace("seven", "twelve")
        publish(running.settings, raw_message(raw_article("c", third)))
        await asyncio.sleep(3)
        assert await browser.value("document.getElementById('fresh').hidden")
        await browser.click("#pause")
        await browser.until("!document.getElementById('fresh').hidden")

    browse(act, running)


def test_the_stream_goes_on_where_a_restarted_server_left_it(running):
    """The first server goes, claims come, another takes its place: the page has them all."""
    from console.web.serve import PageServer

    async def run() -> None:
        async with Browser() as browser:
            await browser.open(running.base)
            await browser.until("document.getElementById('connection').textContent === 'live'")
            publish(running.settings, raw_message(raw_article("a")))
            await browser.until("!document.getElementById('fresh').hidden")
            await asyncio.to_thread(restart)
            await browser.until("document.getElementById('connection').textContent === 'live'")
            data = (await asyncio.to_thread(running.get, "/claims.json")).json
            every = {c["claim_id"] for s in data["stories"] for c in s["claims"]}
            await browser.until(f"parseInt(document.getElementById('fresh').textContent) === {len(every)}")

    def restart() -> None:
        running.process.page.close()
        second = TEXT.replace("Valdivia", "Concepcion").replace("four", "nine").replace("seven", "eleven")
        publish(running.settings, raw_message(raw_article("b", second)))
        time.sleep(3)
        running.process.page = PageServer(running.settings)
        running.process.page.start()
        running.await_ready()

    asyncio.run(run())


def test_from_a_number_to_its_evidence_in_two_clicks(site, tmp_path):
    async def act(browser: Browser) -> None:
        await browser.open(site.base)
        await picture(browser, "claims", tmp_path)
        await browser.open(f"{site.base}/stories?q=floods")
        await browser.follow(".claim a")
        await picture(browser, "story", tmp_path)
        number = await browser.value("document.querySelector('.steps a b').textContent")
        await browser.follow(".steps a")
        words = await browser.value("document.querySelector('h1').textContent")
        assert number
        assert "four" in words.lower() or number.strip("≥≤~ ") in words
        await picture(browser, "claim", tmp_path)
        assert await browser.value("document.querySelectorAll('.trail li').length") == 8
        await browser.follow(".trail a[href^='/articles/']")
        marked = await browser.value("document.querySelector(':target').textContent")
        assert marked in words

    browse(act, site)


def test_a_filter_by_facet_is_in_the_address(site):
    async def act(browser: Browser) -> None:
        await browser.open(site.base)
        said = await browser.value("document.querySelector('aside a[href*=\"source=\"]').textContent")
        count = await browser.value("document.querySelector('aside a[href*=\"source=\"] + .quiet').textContent")
        await browser.follow('aside a[href*="source="]')
        assert "source=" in await browser.value("location.search")
        assert await browser.value("document.querySelector('.state b').textContent") == count
        assert said in await browser.value("document.querySelector('.chip').textContent")
        await browser.follow(".chip")
        assert await browser.value("location.search.includes('source')") is False

    browse(act, site)


def test_keys(site):
    async def act(browser: Browser) -> None:
        await browser.open(site.base)
        for key in ("j", "j", "k", "j"):
            await browser.key(key)
        first, second = await browser.value("[...document.querySelectorAll('.claim')].slice(0, 2).map(c => c.id)")
        assert await browser.value("document.querySelector('.here').id") == second
        assert await browser.value("document.activeElement.id") == second != first
        await browser.key("f")
        assert await browser.value("document.activeElement.id") == "filter"
        await browser.key("j")
        assert await browser.value("document.getElementById('filter').value") == "j"
        await browser.value("document.activeElement.blur()")
        await browser._loaded(lambda: browser.key("o"))
        assert await browser.value("location.pathname") == f"/claims/{second[1:]}"

    browse(act, site)


def test_a_story_is_followed_and_the_mark_stays(running):
    publish(running.settings, raw_message(raw_article("a")))

    async def act(browser: Browser) -> None:
        for _ in range(100):
            await browser.open(f"{running.base}/stories")
            if await browser.value("document.querySelectorAll('.claim').length"):
                break
        await browser.follow(".claim a")
        await browser.follow('button[value="follow"]')
        assert await browser.value("document.querySelector('button[aria-pressed=true]').textContent") == "Follow"
        await browser.open(f"{running.base}/stories")
        assert await browser.value("document.querySelector('.claim .badge').textContent") == "follow"

    browse(act, running)


@pytest.mark.parametrize("is_dark", [False, True])
def test_320_pixels(site, tmp_path, is_dark):
    async def act(browser: Browser) -> None:
        await browser.look(width=320, height=700, is_dark=is_dark)
        story = site.get("/claims.json").json["stories"][0]
        claim = story["claims"][0]
        paths = ("/", "/stories", "/feeds", "/alerts", "/rules", "/ledger", "/glossary", f"/stories/{story['story_id']}",
                 f"/claims/{claim['claim_id']}", f"/articles/{claim['article_id']}")  # fmt: skip
        for path in paths:
            await browser.open(site.base + path)
            assert await is_narrow(browser), path
        await browser.open(site.base)
        await picture(browser, "narrow-dark" if is_dark else "narrow", tmp_path)

    browse(act, site)


def test_without_script(site):
    """Pages, filters and links are all there."""

    async def act(browser: Browser) -> None:
        await browser.look(has_script=False)
        await browser.open(site.base)
        assert await browser.value("document.querySelectorAll('.claim').length > 10")
        assert await browser.value("document.getElementById('pause').hidden")
        assert await browser.value("getComputedStyle(document.querySelector('noscript')).display") != "none"
        await browser.follow("h2 a")
        assert (await browser.value("location.pathname")).startswith("/stories/")

    browse(act, site)


def test_nothing_shifts_while_a_page_is_laid_out(site):
    async def act(browser: Browser) -> None:
        await browser.send(
            "Page.addScriptToEvaluateOnNewDocument",
            source="window.shift = 0; new PerformanceObserver(l => l.getEntries().forEach(e => window.shift += e.value))"
            ".observe({type: 'layout-shift', buffered: true});",
        )
        for path in ("/", "/alerts"):
            await browser.open(site.base + path)
            await asyncio.sleep(0.5)
            assert await browser.value("window.shift") < 0.02, path

    browse(act, site)


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme):
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text on each of the grounds that it stands on."""
    light, dark = CSS.split("@media (prefers-color-scheme: dark)")[:2]
    found = colours(light.split("}")[0]) if scheme == "light" else colours(dark.split("}")[0])
    pairs = [(ink, paper) for ink in ("ink", "quiet", "link", "bad") for paper in ("paper", "soft")]
    pairs += [("ink", ground) for ground in ("mark", "gone", "fresh")] + [("quiet", "fresh")]
    pairs += [("on", verdict) for verdict in ("new", "update", "contradiction", "retraction", "link")]
    for ink, paper in pairs:
        high, low = sorted((luminance(found[ink]), luminance(found[paper])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, paper)


def test_the_script_is_small_and_the_page_s_own():
    static = ROOT / "console" / "web" / "static"
    scripts = list(static.glob("*.js"))
    assert sum(s.stat().st_size for s in scripts) <= 15_000
    assert not any("http" in s.read_text("utf-8") for s in scripts)
