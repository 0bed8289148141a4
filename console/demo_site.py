"""Local web site for the demo: the corpus as feeds and pages that grow from poll to poll."""

import hashlib
import tomllib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

from aiohttp import web

FULL_TEXT_STYLE = "rss_full"
STEP = timedelta(hours=6)


@dataclass(frozen=True)
class Source:
    """A publisher of the corpus, with the style of its feed and its pages."""

    id: str
    name: str
    feed: str
    style: str


@dataclass(frozen=True)
class DemoArticle:
    """One article of the corpus; `lines` are its paragraphs."""

    source: Source
    slug: str
    at: datetime
    title: str | None
    lines: tuple[str, ...]
    is_seed: bool

    @property
    def path(self) -> str:
        return f"/{self.source.id}/{self.slug}"


def read_corpus(folder: Path) -> tuple[list[Source], list[DemoArticle]]:
    """Read sources and articles, oldest first, from the seeds' `folder`."""
    table = tomllib.loads((folder / "demo" / "corpus.toml").read_text("utf-8"))
    sources = {row["id"]: Source(**row) for row in table["source"]}
    articles = []
    for row in table["article"]:
        seed = row.get("seed")
        text = (folder / seed).read_text("utf-8") if seed else row["body"]
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if "dateline" in row:
            lines[0] = f"{row['dateline']} - {lines[0]}"
        articles.append(
            DemoArticle(sources[row["source"]], row["slug"], row["at"], row.get("title"), tuple(lines), bool(seed))
        )
    return list(sources.values()), sorted(articles, key=lambda a: a.at)


class DemoSite:
    """Feeds with a clock that advances by STEP when every feed has been polled and every page fetched.

    With `one_by_one`, each call of `show_next` shows one more article instead.
    """

    def __init__(self, folder: Path, *, one_by_one: bool = False) -> None:
        self.sources, self.articles = read_corpus(folder)
        first, last = self.articles[0].at, self.articles[-1].at
        self._times = [first + n * STEP for n in range((last - first) // STEP + 2)]
        if one_by_one:
            self._times = [first - STEP, *(a.at for a in self.articles)]
        self._waits = one_by_one
        self._step = 0
        self._polled: Counter[str] = Counter()
        self._unfetched: set[str] = set()
        self.base = ""
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Serve on 127.0.0.1 and return the base URL."""
        app = web.Application()
        app.router.add_get("/robots.txt", self._robots)
        app.router.add_get("/{source}/feed", self._feed)
        app.router.add_get("/{source}/{slug}", self._page)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        server = site._server
        assert server is not None
        self.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
        return self.base

    async def stop(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def shown(self) -> int:
        """Number of articles shown one by one."""
        return self._step if self._waits else 0

    def show_next(self) -> None:
        """Show the next article in the feed of its source."""
        self._step += 1

    @property
    def is_exhausted(self) -> bool:
        """Return whether every feed has been polled with all its articles, and every page fetched."""
        return self._step == len(self._times) - 1 and self._is_step_done

    @property
    def _is_step_done(self) -> bool:
        # A second poll of a feed means that the first one has been processed.
        return all(self._polled[s.id] >= 2 for s in self.sources) and not self._unfetched

    def _shown(self, source: Source) -> list[DemoArticle]:
        """Return the current articles of a source's feed; advances the clock when all are polled."""
        if self._is_step_done and not self.is_exhausted and not self._waits:
            self._step += 1
            self._polled.clear()
            window = [a for a in self.articles if self._times[self._step - 1] < a.at <= self._times[self._step]]
            self._unfetched = {a.path for a in window if a.source.feed != FULL_TEXT_STYLE}
        self._polled[source.id] += 1
        return [a for a in self.articles if a.source is source and a.at <= self._times[self._step]]

    async def _robots(self, _: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nDisallow: /private/\n")

    async def _feed(self, request: web.Request) -> web.Response:
        source = next((s for s in self.sources if s.id == request.match_info["source"]), None)
        if source is None:
            raise web.HTTPNotFound
        shown = self._shown(source)
        body = (self._atom if source.feed == "atom" else self._rss)(source, shown[::-1])
        etag = f'"{hashlib.blake2b(body.encode(), digest_size=8).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        kind = "application/atom+xml" if source.feed == "atom" else "application/rss+xml"
        return web.Response(text=body, content_type=kind, charset="utf-8", headers={"ETag": etag})

    def _rss(self, source: Source, articles: list[DemoArticle]) -> str:
        items = "".join(self._rss_item(source, a) for a in articles)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>{escape(source.name)}</title><link>{self.base}/{source.id}/</link><language>en</language>{items}"
            "</channel></rss>"
        )

    def _rss_item(self, source: Source, article: DemoArticle) -> str:
        title = f"<title>{escape(article.title)}</title>" if article.title else ""
        url = f"{self.base}{article.path}?utm_source=rss&amp;utm_medium=feed"
        content = ""
        if source.feed == FULL_TEXT_STYLE:
            html = "".join(f"<p>{escape(line)}</p>" for line in article.lines)
            link = f'<a href="{self.base}{article.path}">{escape(article.title or "")}</a>'
            tail = f"<p>The post {link} appeared first on {escape(source.name)}.</p>"
            content = f"<content:encoded><![CDATA[{html}{tail}]]></content:encoded>"
        return (
            f'<item>{title}<link>{url}</link><guid isPermaLink="false">{article.slug}</guid>'
            f"<pubDate>{format_datetime(article.at)}</pubDate>"
            f"<description>{escape(article.lines[0][:160])} […]</description>{content}</item>"
        )

    def _atom(self, source: Source, articles: list[DemoArticle]) -> str:
        entries = "".join(
            f"<entry><id>urn:{source.id}:{a.slug}</id>"
            + f"<title>{escape(a.title or '')}</title>"
            + f'<link rel="alternate" href="{a.path}"/><updated>{a.at.isoformat()}</updated>'
            + f"<summary>{escape(a.lines[0][:160])} […]</summary></entry>"
            for a in articles
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
            f'xml:lang="en"><title>{escape(source.name)}</title><id>urn:{source.id}</id>{entries}</feed>'
        )

    async def _page(self, request: web.Request) -> web.Response:
        path = f"/{request.match_info['source']}/{request.match_info['slug']}"
        article = next((a for a in self.articles if a.path == path), None)
        if article is None:
            raise web.HTTPNotFound
        self._unfetched.discard(path)
        return web.Response(text=page_html(article, self.articles), content_type="text/html", charset="utf-8")


def page_html(article: DemoArticle, others: list[DemoArticle]) -> str:
    """Return the page of an article with the boilerplate of its source."""
    name = escape(article.source.name)
    title = f"<title>{escape(article.title)} | {name}</title>" if article.title else ""
    h1 = f"<h1>{escape(article.title)}</h1>" if article.title and not article.is_seed else ""
    head, tail = _furniture(article, others)
    body = "".join(f"<p>{escape(line)}</p>" for line in (*head, *article.lines, *tail))
    links = "".join(f'<li><a href="{a.path}">{escape(a.title or a.slug)}</a></li>' for a in others[:8])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{title}</head><body>'
        f'<header><nav><a href="/">Home</a> <a href="/news">News</a> <a href="/sport">Sport</a></nav></header>'
        f'<main><article>{h1}<div class="article-body">{body}</div></article></main>'
        f"<aside><h3>Most read</h3><ul>{links}</ul></aside>"
        f"<footer><p>Copyright © 2020 {name}. All rights reserved.</p><p>Terms of Service | Privacy Policy</p></footer>"
        "</body></html>"
    )


def _furniture(article: DemoArticle, others: list[DemoArticle]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return boilerplate lines before and after the text, by the source's style."""
    other = next((a.title for a in others if a.title and a.source is article.source and a is not article), "More news")
    date = f"Published {article.at:%d %B %Y}"
    if article.is_seed:
        return (), ()
    match article.source.style:
        case "wire":
            return (), (f"(Reporting by the {article.source.name} staff; Editing by the desk)",)
        case "tabloid":
            return (date, "Advertisement"), (f"Read more: {other}", "Share this:", "Advertisement")
        case "newsletter":
            return (f"Home » News » {article.title}",), ("Sign up for our newsletter", "Follow us on Telegram")
        case "autoblog":
            return ("[ad_1]",), ("[ad_2]", "Source link", "Leave a Reply")
    return (), (f"The post {article.title} appeared first on {article.source.name}.",)
