"""Rate limit for wrong tokens by client address, with one log line for all wrong tokens of an address."""

import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger(__name__)
# Token bucket: MOST wrong tokens at once, and one more each SECONDS_EACH.
MOST, SECONDS_EACH = 10, 6.0
LOGGED_EACH = 60.0
ADDRESSES_KEPT = 10_000


@dataclass
class Sender:
    """State of an address: attempts left at a time, unlogged wrong tokens, time of the last log line."""

    left: float
    at: float
    unlogged: int = 0
    logged_at: float = float("-inf")


class WrongTokens:
    """Counts wrong tokens by address. Not thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._senders: OrderedDict[str, Sender] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return the seconds until a token from this address is checked again; 0 if it is checked now."""
        sender = self._senders.get(network_of(address))
        if sender is None:
            return 0.0
        self._refill(sender)
        return 0.0 if sender.left >= 1 else (1 - sender.left) * SECONDS_EACH

    def note(self, address: str) -> None:
        """Count a wrong token; log address and count at most once each LOGGED_EACH seconds."""
        key, now = network_of(address), self._clock()
        sender = self._senders.setdefault(key, Sender(MOST, now))
        self._senders.move_to_end(key)
        if len(self._senders) > ADDRESSES_KEPT:
            self._senders.popitem(last=False)
        self._refill(sender)
        sender.left = max(0.0, sender.left - 1)
        sender.unlogged += 1
        if now - sender.logged_at >= LOGGED_EACH:
            logger.warning("page: %d wrong tokens from %s", sender.unlogged, key)
            sender.unlogged, sender.logged_at = 0, now

    def _refill(self, sender: Sender) -> None:
        now = self._clock()
        sender.left, sender.at = min(MOST, sender.left + (now - sender.at) / SECONDS_EACH), now


def network_of(address: str) -> str:
    """Return the address; for IPv6 its /64 network, which belongs to one customer."""
    try:
        ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
