"""Which URLs and addresses may be fetched: http(s) on usual ports, and never a private network (SSRF)."""

import errno
import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from claimwire.errors import BlockedAddress

# Python's is_global lets these through; each reaches a private or special network on some host.
REFUSED = tuple(
    ipaddress.ip_network(n)
    for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "192.0.0.0/24")
)  # fmt: skip
BLOCKED_PORTS = frozenset(
    {
        0,
        1,
        7,
        9,
        19,
        21,
        22,
        23,
        25,
        53,
        110,
        111,
        135,
        139,
        143,
        389,
        445,
        587,
        993,
        995,
        3306,
        3389,
        5432,
        6379,
        11211,
    }
)
MAX_URL = 2048


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        ip = mapped
    if not ip.is_global or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    return not any(ip in network for network in REFUSED if network.version == ip.version)


def check_url(url: str) -> None:
    """Raises BlockedAddress where `url` is not one to fetch; looks nothing up."""
    problem = _problem(url)
    if problem:
        raise BlockedAddress(f"{url[:100]!r}: {problem}")


def _problem(url: str) -> str | None:
    if "\\" in url or any(ord(c) < 33 for c in url):
        return "has a backslash, space or control character"
    if len(url) > MAX_URL:
        return f"is over {MAX_URL} characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is not an http(s) URL"
    if parts.username is not None or parts.password is not None:
        return "carries a user name"
    if port in BLOCKED_PORTS:
        return f"port {port} is refused"
    return None


def guarded_socket(addr_info: Any) -> socket.socket:
    """aiohttp's socket_factory: called with the resolved address just before connecting, so that nothing rebinds.

    Raises PermissionError: of a host with several addresses aiohttp tries the next one after an OSError only, and its joint
    error of all of them keeps the number that they share.
    """
    family, kind, proto, _, address = addr_info
    if not is_public(address[0]):
        raise PermissionError(errno.EACCES, f"address {address[0]} is not public")
    return socket.socket(family, kind, proto)
