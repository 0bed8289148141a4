"""Layouts of news sites, old and new: each puts a story and what surrounds it into a page."""

import json
from collections.abc import Callable
from html import escape

from tests.corpus.story import Story, around, head, json_ld, menu, paragraphs

Layout = Callable[[Story, str], str]


def _page(story: Story, encoding: str, body: str, extra: str = "") -> str:
    opening = f'<!DOCTYPE html>\n<html lang="{story.language}" dir="{story.direction}">\n'
    return f"{opening}{head(story, encoding, extra)}\n<body>\n{body}\n</body>\n</html>\n"


def _title(story: Story) -> str:
    return escape(story.title)


def blog(story: Story, encoding: str) -> str:
    """A WordPress theme: entry-content, a sidebar of widgets, tags, shares."""
    main = f"""<article class="post hentry"><header class="entry-header"><h1 class="entry-title">{_title(story)}</h1>
<span class="byline">{escape(story.author)}</span> <time datetime="{story.published}">{story.published[:10]}</time></header>
<div class="entry-content">{paragraphs(story)}
<div class="sharedaddy"><ul><li><a href="#">Facebook</a></li><li><a href="#">Email</a></li></ul></div></div></article>"""
    return _page(
        story, encoding, f'{menu(story)}<div id="content">{main}</div><div id="secondary">{around(story)}</div>'
    )


def division_soup(story: Story, encoding: str) -> str:
    """No element with a meaning: everything is a div with a hashed class."""
    text = "".join(f'<div class="x9f"><div class="k2">{escape(line)}</div></div>' for line in story.body)
    inner = f'<div class="t1"><div class="h7">{_title(story)}</div><div class="b0"><div>{text}</div></div></div>'
    return _page(
        story, encoding, f'<div class="a"><div class="m">{menu(story)}</div>{inner}<div>{around(story)}</div></div>'
    )


def tables(story: Story, encoding: str) -> str:
    """A page of 1999: nested tables, font elements, double breaks."""
    text = "<br><br>\n".join(f'<font face="Arial" size="2">{escape(line)}</font>' for line in story.body)
    left = f'<td width="160" valign="top">{menu(story)}</td>'
    middle = f'<td valign="top"><font size="5"><b>{_title(story)}</b></font><br>{text}</td>'
    return _page(
        story, encoding,
        f'<table width="780" border="0"><tr>{left}<td><table><tr>{middle}</tr></table></td></tr></table>{around(story)}',
    )  # fmt: skip


def amp(story: Story, encoding: str) -> str:
    """AMP: its own elements for pictures, advertisements and the side bar."""
    half = len(story.body) // 2
    lines = [f"<p>{escape(line)}</p>" for line in story.body]
    lines.insert(half, '<amp-ad width="300" height="250" type="x"></amp-ad>')
    body = f"""<amp-sidebar id="s" layout="nodisplay">{menu(story)}</amp-sidebar>
<main><article><h1>{_title(story)}</h1><amp-img src="/p.jpg" width="600" height="400" alt=""></amp-img>
{"".join(lines)}</article></main>{around(story)}"""
    return _page(story, encoding, body, '<link rel="canonical" href="/full"><script async src="/v0.js"></script>')


def live_blog(story: Story, encoding: str) -> str:
    """Entries with a time each, in one article."""
    entries = "".join(
        f'<div class="live-entry" id="e{n}"><time datetime="2026-11-05T1{n % 10}:05:00Z">1{n % 10}:05</time>'
        f"<p>{escape(line)}</p></div>"
        for n, line in enumerate(story.body)
    )
    body = f'{menu(story)}<article class="liveblog"><h1>{_title(story)}</h1>{entries}</article>{around(story)}'
    return _page(story, encoding, body, json_ld(story, coverageStartTime=story.published))


def linked_data(story: Story, encoding: str) -> str:
    """The whole text in JSON-LD too, and the page's own under a cut."""
    body = f'{menu(story)}<main><h1>{_title(story)}</h1><div class="article-body">{paragraphs(story)}</div></main>{around(story)}'
    return _page(story, encoding, body, json_ld(story, articleBody="\n".join(story.body)))


def script_only(story: Story, encoding: str) -> str:
    """The text is drawn by a script: only JSON-LD has it."""
    body = f'{menu(story)}<div id="root"></div><noscript>JavaScript</noscript>{around(story)}'
    return _page(story, encoding, body, json_ld(story, articleBody="\n\n".join(story.body)))


def breaks(story: Story, encoding: str) -> str:
    """No paragraphs: one div, lines ended by breaks."""
    text = "<br/><br/>".join(escape(line) for line in story.body)
    return _page(story, encoding, f'{menu(story)}<h1>{_title(story)}</h1><div id="story">{text}</div>{around(story)}')


def sections(story: Story, encoding: str) -> str:
    """A section with a heading after every other paragraph."""
    pairs = [story.body[n : n + 2] for n in range(0, len(story.body), 2)]
    text = "".join(
        f"<section><h2>{escape(pair[0].split(',')[0][:40])}</h2>{''.join(f'<p>{escape(line)}</p>' for line in pair)}</section>"
        for pair in pairs
    )
    return _page(
        story, encoding, f"{menu(story)}<main><article><h1>{_title(story)}</h1>{text}</article></main>{around(story)}"
    )


def broadsheet(story: Story, encoding: str) -> str:
    """Figures, a box of the newsletter and teasers between the paragraphs."""
    chrome = story.chrome
    box = f'<div class="newsletter-box"><strong>{escape(chrome.newsletter)}</strong></div>'
    inline = (
        f'<aside class="inline-related"><h4>{chrome.related}</h4><a href="/r">{escape(chrome.teasers[0])}</a></aside>'
    )
    figure = '<figure><img src="/a.jpg" alt=""><figcaption>© Archive</figcaption></figure>'
    lines = [f"<p>{escape(line)}</p>" for line in story.body]
    text = "".join([lines[0], figure, lines[1], box, *lines[2:4], inline, *lines[4:]])
    return _page(
        story,
        encoding,
        f'{menu(story)}<article><h1>{_title(story)}</h1><div class="body">{text}</div></article>{around(story)}',
    )


def microdata(story: Story, encoding: str) -> str:
    """schema.org in attributes."""
    body = f"""{menu(story)}<div itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">{_title(story)}</h1>
<meta itemprop="datePublished" content="{story.published}"><span itemprop="author">{escape(story.author)}</span>
<div itemprop="articleBody">{paragraphs(story)}</div></div>{around(story)}"""
    return _page(story, encoding, body)


def wire(story: Story, encoding: str) -> str:
    """An agency's copy: preformatted."""
    text = "\n\n".join(f"    {escape(line)}" for line in story.body)
    return _page(story, encoding, f"{menu(story)}<h1>{_title(story)}</h1><pre>{text}</pre>{around(story)}")


def hydrated(story: Story, encoding: str) -> str:
    """A framework's page: drawn on the server, and its data once more as JSON."""
    data = json.dumps({"props": {"page": {"title": story.title, "blocks": story.body}}}).replace("<", "\\u003c")
    text = f"<h1>{_title(story)}</h1>{paragraphs(story)}"
    root = f'<div id="__next"><header>{menu(story)}</header><main data-reactroot="">{text}</main></div>'
    return _page(
        story, encoding, f'{root}{around(story)}<script id="__NEXT_DATA__" type="application/json">{data}</script>'
    )


def spans(story: Story, encoding: str) -> str:
    """Words wrapped in spans and links, hard spaces between them."""
    lines = []
    for line in story.body:
        words = [escape(word) for word in line.split(" ")]
        marked = [
            f'<span class="w">{w}</span>' if n % 5 == 2 else f'<a href="/t">{w}</a>' if n == 4 else w
            for n, w in enumerate(words)
        ]
        lines.append(f"<p>{' '.join(marked)}</p>")
    return _page(
        story, encoding, f"{menu(story)}<article><h1>{_title(story)}</h1>{''.join(lines)}</article>{around(story)}"
    )


def listed(story: Story, encoding: str) -> str:
    """The lead, then numbered points."""
    points = "".join(f"<li>{escape(line)}</li>" for line in story.body[1:])
    text = f"<p>{escape(story.body[0])}</p><ol>{points}</ol>"
    return _page(story, encoding, f"{menu(story)}<article><h1>{_title(story)}</h1>{text}</article>{around(story)}")


def gallery(story: Story, encoding: str) -> str:
    """A picture between any two paragraphs, each with a caption."""
    picture = '<figure class="slide"><img src="/{n}.jpg" alt=""><figcaption>{n} / {all}</figcaption></figure>'
    text = "".join(
        f"<p>{escape(line)}</p>{picture.format(n=n, all=len(story.body))}" for n, line in enumerate(story.body, 1)
    )
    return _page(
        story, encoding, f'{menu(story)}<div class="gallery"><h1>{_title(story)}</h1>{text}</div>{around(story)}'
    )


def drupal(story: Story, encoding: str) -> str:
    """Fields in fields, as that system nests them."""
    body = f'<div class="field field--name-body"><div class="field__item">{paragraphs(story)}</div></div>'
    content = f'<h1 class="page-title">{_title(story)}</h1><div class="node__content">{body}</div>'
    node = f'<div class="node node--type-article">{content}</div>'
    return _page(story, encoding, f'{menu(story)}<div class="region region-content">{node}</div>{around(story)}')


def xhtml(story: Story, encoding: str) -> str:
    """XHTML with an XML declaration; the encoding stands there and in http-equiv."""
    page = _page(
        story,
        encoding,
        f'{menu(story)}<div id="artikel"><h1>{_title(story)}</h1>{paragraphs(story)}</div>{around(story)}',
    )
    equivalent = f'<meta http-equiv="Content-Type" content="text/html; charset={encoding}" />'
    return f'<?xml version="1.0" encoding="{encoding}"?>\n' + page.replace(f'<meta charset="{encoding}">', equivalent)


def unclosed(story: Story, encoding: str) -> str:
    """Capitals, no end tags, no quotes, all on one line."""
    text = "".join(f"<P CLASS=txt>{escape(line, quote=False)}" for line in story.body)
    return _page(story, encoding, f"{menu(story)}<H1>{_title(story)}</H1><DIV CLASS=text>{text}</DIV>{around(story)}")


def paid(story: Story, encoding: str) -> str:
    """An appeal to subscribe in the middle, and the text marked as not free."""
    half = len(story.body) // 2
    appeal = f'<div class="paywall-offer"><p>{escape(story.chrome.newsletter)}</p><button>1 €</button></div>'
    lines = [f"<p>{escape(line)}</p>" for line in story.body]
    text = "".join([*lines[:half], appeal, '<div class="paid-content">', *lines[half:], "</div>"])
    extra = json_ld(story, isAccessibleForFree=False)
    return _page(
        story, encoding, f"{menu(story)}<article><h1>{_title(story)}</h1>{text}</article>{around(story)}", extra
    )


LAYOUTS: dict[str, Layout] = {
    f.__name__.replace("_", "-"): f
    for f in (
        blog, division_soup, tables, amp, live_blog, linked_data, script_only, breaks, sections, broadsheet,
        microdata, wire, hydrated, spans, listed, gallery, drupal, xhtml, unclosed, paid,
    )
}  # fmt: skip
