"""Logging set-up: text lines for people or JSON lines for collectors; a message never spans several lines."""

import json
import logging
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from claimwire.errors import UnreachableError
from claimwire.net.redaction import without_secrets
from claimwire.runtime.log_fields import bound_fields
from claimwire.runtime.outage import BROKER, LINE_SECONDS, STORE, Outage

# Kafka clients repeat a line many times a second while a broker is away; apprise does so for each failed notification.
RATE_LIMITED = ("kafka", "aiokafka", "faust", "mode", "elastic_transport", "apprise", "urllib3")
OF_BROKER = ("kafka", "aiokafka", "faust", "mode")
# Lines of these libraries about a connection.
CONNECTION = re.compile(
    r"connect|ECONN|socket|network|not ready|no node|metadata|bootstrap|coordinator|fetch|timed? ?out", re.IGNORECASE
)
# kafka-python warns of each step of its own network thread that takes over 0.1 s by the wall clock ("Task ... ran for
# 0.147s"). None of our code runs there: no callbacks, listeners or serializers. Measured, the steps took 0.06 s of CPU
# (0.26 s on a busy machine) for 4 MB of records; the rest is waiting for the GIL or a core. That thread sends
# heartbeats every 2 s: only steps of that length are logged.
SLOW_STEP = re.compile(r"^Task .* ran for ([\d.]+)s ")
SLOW_STEP_SECONDS = 2.0
MOST_OF_A_LINE = 300


def _fields() -> dict[str, str | int]:
    return {name: without_secrets(v) if isinstance(v, str) else v for name, v in bound_fields().items()}


class JsonFormatter(logging.Formatter):
    """Format each record as one JSON object with the bound fields."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        } | _fields()
        if record.exc_info:
            entry["error"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """Format each record as one line with the bound fields; control characters are escaped."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - name of the base class
        line = without_secrets(super().formatMessage(record))
        fields = " ".join(f"{name}={value}" for name, value in _fields().items())
        line += f" [{fields}]" if fields else ""
        return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in line)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - name of the base class
        return without_secrets(super().formatException(ei))


class RateLimit(logging.Filter):
    """Pass one record a minute for each code location of the noisy libraries and for each unreachable server."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        slow = SLOW_STEP.match(str(record.msg))
        if slow:
            return float(slow[1]) >= SLOW_STEP_SECONDS
        outage = outage_of(record)
        if outage is not None:
            return _is_first(record, outage)
        if not record.name.startswith(RATE_LIMITED):
            return True
        place, now = (record.pathname, record.lineno), self._now()
        if now - self._last.get(place, -LINE_SECONDS) < LINE_SECONDS:
            return False
        self._last[place] = now
        return True


def outage_of(record: logging.LogRecord) -> Outage | None:
    """Return the outage behind a record: a client's line about a connection, or ours with an UnreachableError."""
    for argument in record.args if isinstance(record.args, tuple) else ():
        if isinstance(argument, UnreachableError):
            return BROKER if str(argument).startswith("broker") else STORE
    is_client = record.name.partition(".")[0] in OF_BROKER
    return BROKER if is_client and CONNECTION.search(record.getMessage()) else None


def _is_first(record: logging.LogRecord, outage: Outage) -> bool:
    """Return whether a record is the first of its minute; add the number of suppressed lines to it."""
    left_out = outage.note()
    if left_out is None:
        return False
    more = f" ({left_out} more lines of it in the last minute)" if left_out else ""
    text = record.getMessage()[:MOST_OF_A_LINE]
    is_ours = record.name.partition(".")[0] not in OF_BROKER
    record.msg, record.args = f"{text if is_ours else f'broker: {text}'}{more}", ()
    record.exc_info = record.exc_text = None
    return True


def setup_logging(level: str, log_format: str) -> None:
    """Log to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RateLimit())
    if log_format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # At least WARNING at any level of ours: urllib3 and apprise log whole URLs, which for chat services are secrets.
    for noisy in RATE_LIMITED:
        logging.getLogger(noisy).setLevel(max(logging.WARNING, getattr(logging, level)))
    # It logs a traceback for each retry; our driver logs one line instead.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
