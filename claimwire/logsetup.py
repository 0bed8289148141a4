"""Logging of a process: text for people, JSON lines for collectors; newlines in messages never start a line."""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from claimwire.redaction import without_secrets

# Kafka clients repeat the same line many times a second while a broker is away.
RATE_LIMITED = ("kafka", "aiokafka", "faust", "mode", "elastic_transport")


class JsonFormatter(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if record.exc_info:
            entry["error"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """One line a record; control characters are escaped."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - name of the base class
        line = super().formatMessage(record)
        line = without_secrets(line)
        return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in line)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - name of the base class
        return without_secrets(super().formatException(ei))


class RateLimit(logging.Filter):
    """At most one record a second for each place in the code of the noisy libraries."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(RATE_LIMITED):
            return True
        place, now = (record.pathname, record.lineno), time.monotonic()
        if now - self._last.get(place, -1e9) < 1.0:
            return False
        self._last[place] = now
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
    for noisy in RATE_LIMITED:
        logging.getLogger(noisy).setLevel(max(logging.WARNING, getattr(logging, level)))
    # It logs a traceback for each retry; the driver says in one line what a person needs.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
