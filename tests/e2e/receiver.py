"""A webhook receiver for tests: checks signatures, keeps what it took, and fails now and then as receivers do."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from claimwire import topics
from claimwire.log import Log
from claimwire.records.alerts import Alert
from claimwire.records.base import decode

SECRET = "0123456789abcdef0123456789abcdef"
# Of so many requests one is refused, and one is taken and then not answered.
REFUSED, UNANSWERED = 23, 29
RULES = """
[[rule]]
name = "New claims"
when = 'verdict == "new"'
notify = ["receiver"]

[[rule]]
name = "What changed"
when = 'verdict in ["update", "contradiction", "retraction"]'
severity = "high"
notify = ["receiver"]

[[channel]]
name = "receiver"
kind = "webhook"
url = "http://127.0.0.1:{port}/"
secret_file = "secret"
"""


class Receiver:
    """Serves until `close`. `notices` has what was taken: (Idempotency-Key, ids of its alerts), in order."""

    def __init__(self, folder: Path) -> None:
        self.notices: list[tuple[str, tuple[str, ...]]] = []
        self.unsigned = 0
        self._asked = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        (folder / "secret").write_text(SECRET)
        (folder / "secret").chmod(0o600)
        self.rules = folder / "rules-of-receiver.toml"
        self.rules.write_text(RULES.format(port=self._server.server_port))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.take(headers, self.rfile.read(int(self.headers["content-length"])))
                if status:
                    self.send_response(status)
                    self.send_header("content-length", "0")
                    self.end_headers()
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """The status to answer; 0 for none."""
        with self._lock:
            self._asked += 1
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            mac = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
            if headers["webhook-signature"] != f"v1,{mac}" or headers["webhook-id"] != headers["idempotency-key"]:
                self.unsigned += 1
                return 401
            if self._asked % REFUSED == 0:
                return 503
            ids = tuple(alert["alert_id"] for alert in json.loads(body)["alerts"])
            self.notices.append((headers["idempotency-key"], ids))
            return 0 if self._asked % UNANSWERED == 0 else 200

    def wait_for(self, log: Log, seconds: float, look: Callable[[], None] = lambda: None) -> None:
        """Until every alert that was raised is here, or so many seconds; `look` is called meanwhile."""
        deadline = time.monotonic() + seconds
        while raised(log) - {i for _, ids in list(self.notices) for i in ids} and time.monotonic() < deadline:
            look()
            time.sleep(0.5)

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()


def raised(log: Log) -> set[str]:
    """The ids of all alerts on their topic."""
    messages = (m for p in range(topics.ALERTS.partitions) for m in log.read(topics.ALERTS, p))
    return {decode(m.value, Alert).alert_id for m in messages if m.value is not None}


def check_received(log: Log, receiver: Receiver) -> None:
    """Each alert is in exactly one notice; a notice that came twice is the same, under the same Idempotency-Key."""
    expected = raised(log)
    assert expected
    notices: dict[str, set[tuple[str, ...]]] = {}
    for key, ids in receiver.notices:
        notices.setdefault(key, set()).add(ids)
    changed = {key: bodies for key, bodies in notices.items() if len(bodies) > 1}
    assert not changed, f"one key, other alerts: {changed}"
    times = Counter(ident for bodies in notices.values() for ids in bodies for ident in ids)
    assert times.keys() == expected, f"missing {expected - times.keys()}, not raised {times.keys() - expected}"
    assert set(times.values()) == {1}, f"under several keys: {[i for i, n in times.items() if n > 1]}"
    assert receiver.unsigned == 0
