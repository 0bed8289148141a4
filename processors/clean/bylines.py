"""Names of authors in what pages and feeds give as an author: without "By", roles, dates, addresses, the site's name."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from claimwire.text.dates import parse_date

LONGEST, MOST = 120, 5
# Between a byline's name and its other parts; between names.
PARTS = re.compile(r"\s*[|•·\n;]\s*|\s+[-–—/]\s+")
NAMES = re.compile(r"\s*[,，、]\s*|\s+(?:and|und|et|og|och|&)\s+")
NO_NAME = re.compile(r"^[a-z._-]+$|\d|@|://|www\.|^/|\.(?:com|org|net)\b")
ADDRESS = re.compile(r"[(<\[]?[\w.+-]{1,64}@[\w.-]{1,255}[)>\]]?|\([^()]{0,80}\)|https?://\S+")


@cache
def _words() -> dict[str, frozenset[str]]:
    data = tomllib.loads((Path(__file__).parent / "data" / "bylines.toml").read_text("utf-8"))
    return {name: frozenset(words) for name, words in data.items()}


@cache
def _before() -> re.Pattern[str]:
    words = sorted(_words()["before"], key=len, reverse=True)
    return re.compile(rf"^(?:{'|'.join(map(re.escape, words))})(?:\s*:\s*|\s+(?=\S+\s)|(?<=\bby)\s+)", re.IGNORECASE)


def author_names(values: Iterable[str], sites: Iterable[str] = ()) -> str | None:
    """Return the names in the values, each once, joined by commas; None if no value names anybody."""
    outlets = {squeezed(site) for site in sites}
    found = {name: None for value in values for name in _names(value, outlets)}
    joined = ", ".join(list(found)[:MOST])
    return joined if 0 < len(joined) <= LONGEST else None


def squeezed(name: str) -> str:
    """Return a name's letters and digits, without "the", to compare names of sites."""
    return re.sub(r"[\W_]+", "", name.casefold().removeprefix("the "))


def _names(value: str, outlets: set[str]) -> list[str]:
    found = []
    for part in PARTS.split(ADDRESS.sub(" ", value)) if len(value) <= 500 else ():
        text = _before().sub("", part.strip())
        if _is_note(text):
            continue
        for n, name in enumerate(NAMES.split(text)):
            named = _without_role(_shortened(_before().sub("", name.strip(" .,:"))), is_first=n == 0)
            if _is_name(named, outlets):
                found.append(named)
            elif n == 0:
                # Behind a desk or the site's name stand its place and address.
                break
    return found


def _shortened(name: str) -> str:
    """Cut a name where a date, a note or a place begins: "Ann Lee Apr 14", "Ann Lee in Oldwick"."""
    words = name.split()
    for n, word in enumerate(words[1:], 1):
        folded = word.casefold().strip(":")
        if word[0].isdigit() or folded in _words()["behind"] or folded in _words()["stamps"]:
            is_month = n > 1 and word[0].isdigit() and parse_date(f"1 {words[n - 1]} 2000") is not None
            return " ".join(words[: n - is_month])
    return name


def _without_role(name: str, *, is_first: bool) -> str:
    """Return the name behind a role ("Reporter Ann Lee"); empty if the role is all or stands last.

    The first of two words may be a given name before a surname like Writer.
    """
    words = name.split()
    folded = [word.casefold() for word in words]
    if is_first and len(words) == 2 and folded[0] not in _words()["ranks"] | _words()["roles"]:
        return name
    last = max((n for n, word in enumerate(folded) if word in _words()["roles"]), default=-1)
    rest = words[last + 1 :]
    return " ".join(rest) if last < 0 or (len(rest) > 1 and rest[0][:1].isupper()) else ""


def _is_note(part: str) -> bool:
    """Return whether a part is a date or a note, of which nothing is a name."""
    return any(part.casefold().startswith(stamp) for stamp in _words()["stamps"]) or "://" in part


def _is_name(name: str, outlets: set[str]) -> bool:
    return (
        len(name.split()) <= 6
        and not NO_NAME.search(name)
        and name.casefold() not in _words()["nobody"]
        and squeezed(name) not in outlets
        and any(c.isalpha() for c in name)
    )
