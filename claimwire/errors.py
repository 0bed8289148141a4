"""The tree of errors.

ClaimwireError
├── ConfigError          settings, rules or arguments are wrong                 exit status 2
├── UnreachableError     a broker or a store does not answer                    exit status 3
│   └── DeniedError      it answers, but refuses permission
├── FetchError           a feed or page could not be fetched
│   ├── BlockedAddress   the address is private, or the URL is refused
│   ├── TooLarge         the body exceeds the limit
│   ├── TimedOut         the total time limit has passed
│   └── RateLimited      429 or 503; carries ``retry_after`` in seconds
├── ParseError           bytes are not in the expected format
├── ContractError        a record does not follow its schema                    dead letter
└── SinkError            a store refused a write; ``retryable`` if a retry may succeed
"""

import sqlite3

from claimwire.net.redaction import without_secrets

# Faults of the machine, such as a full disk or no memory. They never make a record a dead letter.
MACHINE_FAULTS = (OSError, MemoryError, sqlite3.OperationalError)


class ClaimwireError(Exception):
    """Base of all expected errors. Secrets in URLs of the message are masked with asterisks."""

    def __init__(self, message: str = "") -> None:
        super().__init__(without_secrets(message))


class ConfigError(ClaimwireError):
    """Invalid settings, rules or arguments. The message is one line: ``file:line: key: problem``."""


class UnreachableError(ClaimwireError):
    """A required server cannot be reached."""


class DeniedError(UnreachableError):
    """A server refuses the request for lack of permission."""


class FetchError(ClaimwireError):
    """A fetch failed. ``reason`` is from a closed list, for metrics and state; ``status`` is the HTTP status or 0."""

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
    """Bytes are not in the expected format. ``reason`` is from a closed list."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ContractError(ClaimwireError):
    """A record on a topic does not follow its schema."""


class SinkError(ClaimwireError):
    """A write failed. ``retryable``: the store may accept it later."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


# Faults of a record: it becomes a dead letter. Any number of them in a row stops no stage.
RECORD_FAULTS = (ContractError, ParseError)
