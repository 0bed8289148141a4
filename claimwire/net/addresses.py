"""Guard against server-side request forgery: only http(s) URLs on usual ports, never a private address."""

import errno
import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from claimwire.errors import BlockedAddress

# The only IPv6 block allocated to the public internet (IANA, ipv6-address-space). Everything else is refused: loopback,
# unique and link local, site local (fec0::/10), multicast, discard (100::/64), NAT64 (64:ff9b::/96, 64:ff9b:1::/48),
# SRv6 (5f00::/16), and IPv4 inside IPv6 (::/96, ::ffff:0:0:0/96); of an IPv4-mapped address the IPv4 part is checked.
GLOBAL_V6 = ipaddress.ip_network("2000::/3")
# Networks in the IANA registries of special-purpose addresses (iana-ipv4-special-registry, iana-ipv6-special-registry):
# each can reach a private or special network. Python's `is_global` covers some of them, depending on its version.
SPECIAL = tuple(
    ipaddress.ip_network(n)
    for n in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        # Teredo, ORCHID, AMT and other protocol assignments; documentation; 6to4, which carries an IPv4 address; AS112.
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
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
    """Return whether an IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        ip = mapped
    if not ip.is_global or (ip.version == 6 and ip not in GLOBAL_V6):
        return False
    return not any(ip in network for network in SPECIAL if network.version == ip.version)


def check_url(url: str) -> None:
    """Raise BlockedAddress if `url` must not be fetched. Makes no DNS look-up."""
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
    """Create the socket for a resolved address (aiohttp's socket_factory); the check here defeats DNS rebinding.

    Raises PermissionError: aiohttp tries the next address of a host only after an OSError, and combines the errors into
    one that keeps their common errno.
    """
    family, kind, proto, _, address = addr_info
    if not is_public(address[0]):
        raise PermissionError(errno.EACCES, f"address {address[0]} is not public")
    return socket.socket(family, kind, proto)
