"""The notification sink: alerts to people, one for each alert_id, kept in a file over restarts."""

import logging
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from claimwire import metrics, topics
from claimwire.errors import ContractError
from claimwire.ledger import dead_letters_of
from claimwire.log import Log, Message
from claimwire.records import Alert, decode
from claimwire.sqlite_file import connect
from sinks.loop import run_until

logger = logging.getLogger(__name__)
STAGE = "notify"
MAX_TEXT = 300
MARKS = {
    "new": "NEW",
    "update": "UPDATE",
    "contradiction": "CONTRADICTION",
    "retraction": "RETRACTION",
    "repeat": "REPEAT",
}


def plain(text: str) -> str:
    """Text for a terminal: control characters become spaces, at most MAX_TEXT characters."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= MAX_TEXT else flat[: MAX_TEXT - 1] + "…"


def alert_lines(alert: Alert) -> str:
    """An alert for the console: verdict, evidence, claimant, source, what changed."""
    who = ", ".join(alert.claimant)
    said = f"{who} ({alert.cue})" if alert.cue else "the outlet itself" if who == "narrator" else who
    lines = [
        f"{MARKS[alert.verdict.value]:<13} {plain(alert.evidence)}",
        f"{'':13} {plain(said)} · {plain(alert.source)}",
    ]
    if alert.verdict.value != "new":
        lines.append(f"{'':13} {plain(alert.why.split(' (matched')[0])}")
    return "\n".join(lines)


def print_alert(alert: Alert, out: TextIO | None = None) -> None:
    """The console channel."""
    print(alert_lines(alert), file=out or sys.stdout, flush=True)


class NotifySink:
    """One member of the group `notify`. Delivered first, remembered then: at least once over a crash, else once."""

    def __init__(
        self, log: Log, state_file: str, batch_size: int, deliver: Callable[[Alert], None] = print_alert
    ) -> None:
        self._log, self._batch, self._deliver = log, batch_size, deliver
        self._consumer = log.consumer(STAGE, (topics.ALERTS,))
        if state_file != ":memory:":
            Path(state_file).parent.mkdir(parents=True, exist_ok=True)
        # Remembered after each delivery, and without waiting for the disk: a killed process loses nothing by that.
        self._sent = connect(state_file)
        self._sent.execute(
            "CREATE TABLE IF NOT EXISTS sent(namespace TEXT, alert_id TEXT, at TEXT, PRIMARY KEY(namespace, alert_id))"
        )

    def step(self, timeout: float) -> int:
        """Deliver one batch and commit. Returns the number of records taken."""
        batch = self._consumer.poll(self._batch, timeout)
        letters: list[Message] = []
        for message in batch:
            if message.value is None:
                continue
            try:
                self._notify(decode(message.value, Alert))
            except ContractError as error:
                letters += dead_letters_of(message, STAGE, str(error), datetime.now(UTC), has_article=False)
        self._log.publish(letters)
        if batch:
            self._consumer.commit({(m.topic, m.partition): m.offset + 1 for m in batch})
        return len(batch)

    def _notify(self, alert: Alert) -> None:
        key = (self._log.namespace, alert.alert_id)
        if self._sent.execute("SELECT 1 FROM sent WHERE namespace = ? AND alert_id = ?", key).fetchone():
            return
        for channel in alert.notify:
            self._deliver(alert)
            metrics.ALERTS.labels(channel).inc()
        metrics.ALERTED_SECONDS.observe((datetime.now(UTC) - alert.fetched_at).total_seconds())
        self._sent.execute("INSERT INTO sent VALUES(?, ?, ?)", (*key, datetime.now(UTC).isoformat()))

    def run(self, stop: threading.Event) -> None:
        """Run until `stop`; a broker that is away is waited for."""
        run_until(stop, lambda: self.step(0.5))
        self.close()

    def close(self) -> None:
        """Leave the group and close the state file."""
        self._consumer.close()
        self._sent.close()
