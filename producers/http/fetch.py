"""HTTP fetches with bounded total time, size and redirects."""

import asyncio
import errno
import socket
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

import aiohttp
import zstandard

from claimwire.config.settings import Settings
from claimwire.errors import BlockedAddress, FetchError, RateLimited, TimedOut, TooLarge
from claimwire.net.addresses import check_url, guarded_socket

MAX_REDIRECTS = 5
CHUNK = 65_536
# Most due rows wait for their host; this many are started for each request in flight.
WAITING = 8
PERMANENT = (301, 308)
REDIRECTS = (301, 302, 303, 307, 308)
GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
MAX_PACKINGS = 2
MAX_RETRY_AFTER = 86_400.0


@dataclass(frozen=True)
class Fetched:
    """A response: `url` after redirects, `permanent` if all of them were permanent."""

    status: int
    url: str
    permanent: str | None
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.strip().partition("=")
            if name.lower() == "charset" and value:
                return value.strip("\"' ")[:40]
        return None


class Fetcher:
    """HTTP session with the address guard; use as `async with Fetcher(settings) as fetcher`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._free = asyncio.Semaphore(settings.fetches)

    async def __aenter__(self) -> "Fetcher":
        factory: dict[str, Any] = {} if self._settings.allow_private_addresses else {"socket_factory": guarded_socket}
        connector = aiohttp.TCPConnector(limit=self._settings.fetches, **factory)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": "gzip, deflate, br"},
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, url: str, max_bytes: int, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch `url`. Raises FetchError or one of its kinds; 304 is a result, other statuses over 299 are errors."""
        async with self._free, _as_fetch_errors(self._settings.fetch_timeout):
            return await self._follow(url, max_bytes, dict(headers or {}))

    async def post(self, url: str, form: Mapping[str, str]) -> None:
        """POST a form and expect a 2xx status. Raises FetchError or one of its kinds."""
        assert self._session is not None
        check_url(url)
        async with (
            self._free,
            _as_fetch_errors(self._settings.fetch_timeout),
            self._session.post(url, data=dict(form), allow_redirects=False) as response,
        ):
            if not 200 <= response.status < 300:
                raise FetchError(f"HTTP {response.status}", reason="http_status", status=response.status)

    async def _follow(self, url: str, max_bytes: int, headers: dict[str, str]) -> Fetched:
        assert self._session is not None
        permanent: str | None = None
        is_permanent = True
        for _ in range(MAX_REDIRECTS + 1):
            check_url(url)
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                location = response.headers.get("Location")
                if response.status in REDIRECTS and location:
                    is_permanent = is_permanent and response.status in PERMANENT
                    url = urljoin(url, location)
                    permanent = url if is_permanent else permanent
                    continue
                _check_status(response)
                body = b"" if response.status == 304 else unpacked(await _read(response, max_bytes), max_bytes)
                lowered = {k.lower(): ", ".join(response.headers.getall(k)) for k in response.headers}
                return Fetched(response.status, url, permanent, lowered, body)
        raise FetchError(f"over {MAX_REDIRECTS} redirects", reason="too_many_redirects")


@asynccontextmanager
async def _as_fetch_errors(seconds: float) -> AsyncIterator[None]:
    """Convert exceptions and a time-out of the block into a FetchError."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise TimedOut(f"no complete response within {seconds:g} s") from None
    except FetchError:
        raise
    except aiohttp.ClientConnectorError as error:
        # Raised by `guarded_socket`, or caused by a local firewall.
        if error.os_error.errno == errno.EACCES:
            raise BlockedAddress(f"{error.host}: {error.os_error.strerror}") from None
        raise FetchError(_describe(error), reason=_reason(error)) from None
    except aiohttp.ClientError as error:
        raise FetchError(_describe(error), reason=_reason(error)) from None
    except (zlib.error, zstandard.ZstdError) as error:
        raise FetchError(_describe(error), reason="bad_body") from None
    except (OSError, ValueError) as error:
        raise FetchError(_describe(error), reason="connection_failed") from None


def _check_status(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status in (200, 226, 304):
        return
    if status in (429, 503):
        retry_after = parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        raise RateLimited(f"HTTP {status}", retry_after=retry_after, status=status)
    reason = {404: "not_found", 410: "gone"}.get(status, "http_status")
    if status == 403 and response.headers.get("cf-mitigated") == "challenge":
        reason = "blocked_by_challenge"
    raise FetchError(f"HTTP {status}", reason=reason, status=status)


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Return the decompressed body. Raises TooLarge over the limit."""
    parts, size = [], 0
    async for chunk in response.content.iter_chunked(CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"over {max_bytes} bytes")
        parts.append(chunk)
    return b"".join(parts)


def unpacked(body: bytes, max_bytes: int) -> bytes:
    """Decompress an undeclared encoding: gzip, also twice, or zstd. Raises TooLarge or FetchError."""
    for _ in range(MAX_PACKINGS):
        if body.startswith(GZIP):
            unpacker = zlib.decompressobj(31)
            body = unpacker.decompress(body, max_bytes + 1)
            is_whole = unpacker.eof or len(body) > max_bytes
        elif body.startswith(ZSTD):
            with zstandard.ZstdDecompressor().stream_reader(body) as reader:
                body, is_whole = reader.read(max_bytes + 1), True
        else:
            return body
        if len(body) > max_bytes:
            raise TooLarge(f"over {max_bytes} bytes")
        if not is_whole:
            raise FetchError("the compressed body is truncated", reason="bad_body")
    return body


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Parse Retry-After (RFC 9110 10.2.3: seconds or HTTP-date) into seconds, at most a day; None if invalid."""
    if not value:
        return None
    if value.strip().isdigit():
        return min(float(value.strip()), MAX_RETRY_AFTER)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(0.0, (when - now).total_seconds()), MAX_RETRY_AFTER)


def _reason(error: aiohttp.ClientError) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        # Temporary failure of the resolver (EAI_AGAIN), or unknown host.
        return "dns_temporary" if error.os_error.errno == socket.EAI_AGAIN else "dns"
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ContentTypeError):
        return "bad_body"
    return "connection_failed"


def _describe(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
