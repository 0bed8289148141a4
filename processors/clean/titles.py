"""A page's headline: the one that readers see, without the site's name, which is found on the page itself."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from processors.clean.bylines import squeezed
from processors.clean.json_ld import are_alike

MOST_HEADINGS, MOST_LINKS = 20, 300
# A bar or arrow divides a headline from the names of site and section; a dash may also belong to the headline.
BAR, DASH = re.compile(r"\s*[|»›•·¦]\s*|\s+::\s+"), re.compile(r"\s+[–—-]\s+")
LEAST_NAME, LONGEST_NAME, MOST_NAME_WORDS, LEAST_TAIL = 3, 60, 4, 4


def site_names(tree: Any, tags: dict[str, str], named: Iterable[str], addresses: Iterable[str]) -> set[str]:
    """Return the squeezed names of the page's site: declared, in its address, or on its link to the front page."""
    found = [*named, *(tags[n] for n in ("og:site_name", "application-name", "twitter:site") if n in tags)]
    fronts = {"", *(f"{scheme}://{host}" for host in map(_host, addresses) for scheme in ("http", "https"))}
    for link in islice(tree.iter("a"), MOST_LINKS):
        if (href := link.get("href")) and href.replace("://www.", "://").rstrip("/") in fronts:
            found += [link.get("title") or "", link.text or "", *(i.get("alt") or "" for i in link.iter("img"))]
    names = {squeezed(name) for name in found if len(name) <= LONGEST_NAME}
    names |= {squeezed(part) for host in map(_host, addresses) for part in (host, *host.split(".")[:-1])}
    return {name for name in names if len(name) >= LEAST_NAME and name not in ("www", "news", "home", "com")}


def headline(seen: list[str], declared: list[str], title: str | None, sites: set[str]) -> str | None:
    """Return the headline among the page's headings, those in its metadata, and its title.

    A heading counts if one of the others is like it; else it may be the name of the site or of a section.
    """
    others = [text for text in (*declared, title) if text]
    for text in seen:
        if squeezed(text) not in sites and any(are_alike(text, other) for other in others):
            # A longer heading has a kicker before the headline, often in an element of its own.
            tails = (t for t in declared if len(t.split()) >= LEAST_TAIL and text.endswith(f" {t}"))
            return without_site(next(tails, text), sites)
    usual = [*declared, *([title] if title else []), *seen]
    return next((text for t in usual if (text := without_site(t, sites)) and squeezed(text) not in sites), None)


def without_site(text: str, sites: set[str]) -> str:
    """Remove the names of site and sections at either end of a title, as far as its marks and the names tell."""
    parts = BAR.split(text)
    if len(parts) > 1:
        named = [part for part in parts if not _is_site(part, sites)]
        best = max(named or parts, key=lambda part: len(part.split()))
        rest = [len(part.split()) for part in parts if part is not best]
        if len(named) < len(parts) or all(size <= MOST_NAME_WORDS and size < len(best.split()) for size in rest):
            text = best
    while (ends := DASH.split(text)) and len(ends) > 1:
        if _is_site(ends[-1], sites):
            text = text[: text.rindex(ends[-1])].rstrip(" –—-")
        elif _is_site(ends[0], sites):
            text = text[len(ends[0]) :].lstrip(" –—-")
        else:
            break
    return text


def _is_site(part: str, sites: set[str]) -> bool:
    name = squeezed(part)
    return name in sites or (
        len(name) > 5 and any(name.startswith(s) or s.startswith(name) for s in sites if len(s) > 5)
    )


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
