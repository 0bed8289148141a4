"""robots.txt (RFC 9309): cached for an hour for each origin; a 5xx forbids all URLs, other failures none."""

import time
from urllib.parse import urlsplit

from protego import Protego

from claimwire.errors import FetchError
from claimwire.text.encodings import text_of
from producers.http.fetch import Fetcher

KEPT_SECONDS = 3600.0
MAX_BYTES = 512_000
MAX_ORIGINS = 10_000


class Robots:
    """Permissions of each origin for this user agent."""

    def __init__(self, fetcher: Fetcher, user_agent: str) -> None:
        self._fetcher, self._agent = fetcher, user_agent.split("/", maxsplit=1)[0]
        self._known: dict[str, tuple[float, Protego]] = {}

    async def allows(self, url: str) -> tuple[bool, float]:
        """Return whether `url` may be fetched, and the crawl delay in seconds."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        at, rules = self._known.get(origin, (0.0, None))
        if rules is None or time.monotonic() - at > KEPT_SECONDS:
            rules = await self._load(origin)
            if len(self._known) >= MAX_ORIGINS:
                self._known.clear()
            self._known[origin] = (time.monotonic(), rules)
        return rules.can_fetch(url, self._agent), float(rules.crawl_delay(self._agent) or 0.0)

    async def _load(self, origin: str) -> Protego:
        try:
            fetched = await self._fetcher.fetch(f"{origin}/robots.txt", MAX_BYTES)
            return Protego.parse(text_of(fetched.body, ())[0])
        except FetchError as error:
            # RFC 9309 2.3.1.3: a 4xx means no rules; 2.3.1.4: a server error means everything is forbidden.
            return Protego.parse("User-agent: *\nDisallow: /" if error.status >= 500 else "")
