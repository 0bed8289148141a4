"""A report, and what a page puts around it."""

import hashlib
import json
from dataclasses import dataclass
from html import escape

PUBLISHED = "2026-11-0{day}T0{hour}:30:00Z"


@dataclass(frozen=True)
class Chrome:
    """Words of a site in one language."""

    menu: tuple[str, ...]
    related: str
    teasers: tuple[str, ...]
    newsletter: str
    cookies: str
    comments: str
    rights: str


@dataclass(frozen=True)
class Story:
    """A report; `body` is its paragraphs, the first of them the lead."""

    id: str
    language: str
    section: str
    author: str
    title: str
    body: tuple[str, ...]
    chrome: Chrome

    @property
    def published(self) -> str:
        """Return an ISO time, the same for every run."""
        number = int(hashlib.sha256(self.id.encode()).hexdigest(), 16)
        return PUBLISHED.format(day=1 + number % 9, hour=number % 10)

    @property
    def direction(self) -> str:
        """Return the value of `dir`."""
        return "rtl" if self.language == "ar" else "ltr"


def paragraphs(story: Story, tag: str = "p") -> str:
    """Return the body, each paragraph in an element."""
    return "\n".join(f"<{tag}>{escape(line, quote=False)}</{tag}>" for line in story.body)


def head(story: Story, encoding: str, extra: str = "") -> str:
    """Return the head of a page: its metadata, styles and scripts."""
    title = escape(story.title)
    return f"""<head>
<meta charset="{encoding}">
<title>{title} | {story.section}</title>
<meta name="viewport" content="width=device-width">
<meta property="og:title" content="{title}"><meta property="og:type" content="article">
<meta name="author" content="{escape(story.author)}">
<meta property="article:published_time" content="{story.published}">
<style>{_styles(story)}</style>
<script>{_script(story, 60)}</script>
{extra}</head>"""


def json_ld(story: Story, **more: object) -> str:
    """Return a NewsArticle in a script element."""
    body = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": story.title, "inLanguage": story.language,
        "datePublished": story.published, "author": [{"@type": "Person", "name": story.author}], **more,
    }  # fmt: skip
    text = json.dumps(body, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def menu(story: Story) -> str:
    """Return the navigation, three levels of it."""
    items = "".join(
        f'<li><a href="/{n}">{escape(word)}</a><ul>{_links(story.chrome.teasers, f"/{n}")}</ul></li>'
        for n, word in enumerate(story.chrome.menu)
    )
    return f'<nav class="menu"><ul>{items}</ul></nav>'


def around(story: Story) -> str:
    """Return what follows a report: related teasers, a newsletter, comments, scripts and the foot."""
    chrome = story.chrome
    return f"""<aside class="related"><h3>{chrome.related}</h3><ul>{_links(chrome.teasers, "/more")}</ul></aside>
<div class="newsletter"><form action="/n"><label>{escape(chrome.newsletter)}</label><input name="e"></form></div>
<section class="comments"><h3>{chrome.comments}</h3></section>
<script>{_script(story, 120)}</script>
<footer><div>{_links(chrome.menu * 3, "/foot")}</div><p>© 2026 {escape(chrome.rights)}</p>
<p class="cookie-notice">{escape(chrome.cookies)}</p></footer>"""


def _links(words: tuple[str, ...], path: str) -> str:
    return "".join(f'<li><a href="{path}/{n}">{escape(word)}</a></li>' for n, word in enumerate(words))


def _script(story: Story, lines: int) -> str:
    """Return code as pages have it: long, and of no meaning for a reader."""
    marks = (hashlib.sha256(f"{story.id}{n}".encode()).hexdigest() for n in range(lines))
    return "".join(
        f'window.q=window.q||[];q.push(["slot","{m}",{{"w":{int(m[:3], 16)},"lazy":true}}]);\n' for m in marks
    )


def _styles(story: Story) -> str:
    marks = (hashlib.sha256(f"{story.id}s{n}".encode()).hexdigest()[:8] for n in range(80))
    return "".join(f".c{m}{{margin:0 {m[0]}px;color:#{m[:6]}}}\n" for m in marks)
