"""The tree of errors.

ClaimwireError
├── ConfigError          the user's settings, rules or arguments are wrong     exit status 2
├── UnreachableError     a broker or a store does not answer                    exit status 3
│   └── DeniedError      it answers, and we may not do what we want
├── FetchError           a feed or page could not be fetched
│   ├── BlockedAddress   the address is private, or the URL is refused
│   ├── TooLarge         the body exceeds the limit
│   ├── TimedOut         the total time is over
│   └── RateLimited      429 or 503; carries ``retry_after`` in seconds
├── ParseError           bytes are not what they should be
├── ContractError        a record does not follow its schema                    dead letter
└── SinkError            a store refused a write; ``retryable`` says what to do
"""

import sqlite3

from claimwire.redaction import without_secrets

# The machine's: a full disk, no memory. No record is to blame, so none becomes a dead letter for it.
MACHINE_FAULTS = (OSError, MemoryError, sqlite3.OperationalError)


class ClaimwireError(Exception):
    """Base of all expected errors. Secrets in the addresses that a message names are starred out."""

    def __init__(self, message: str = "") -> None:
        super().__init__(without_secrets(message))


class ConfigError(ClaimwireError):
    """One line, ``file:line: key: what is wrong``."""


class UnreachableError(ClaimwireError):
    """A server that is needed cannot be reached."""


class DeniedError(UnreachableError):
    """A server does not let us do what we want."""


class FetchError(ClaimwireError):
    """A fetch failed; ``reason`` is a closed word for metrics and state, ``status`` the HTTP status or 0."""

    reason = "fetch_failed"

    def __init__(self, message: str, *, reason: str | None = None, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        if reason is not None:
            self.reason = reason


class BlockedAddress(FetchError):
    reason = "blocked_address"


class TooLarge(FetchError):
    reason = "too_large"


class TimedOut(FetchError):
    reason = "timed_out"


class RateLimited(FetchError):
    reason = "rate_limited"

    def __init__(self, message: str, *, retry_after: float | None, status: int) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class ParseError(ClaimwireError):
    """Bytes are not what they should be; ``reason`` is a closed word."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ContractError(ClaimwireError):
    """A record on a topic does not follow its schema."""


class SinkError(ClaimwireError):
    """A write failed. ``retryable``: the store may take it later."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


# The record's: it becomes a dead letter, and however many there are in a row, no stage stops for them.
RECORD_FAULTS = (ContractError, ParseError)
