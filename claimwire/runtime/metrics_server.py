"""HTTP server of /metrics (prometheus_client's application) and /healthz, with a time limit for each request."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from claimwire.net import ports


class _Handler(WSGIRequestHandler):
    """Closes connections at a total time limit. A socket timeout would restart with each byte."""

    def handle(self) -> None:
        timer = threading.Timer(ports.REQUEST_SECONDS, self._cut)
        timer.daemon = True
        timer.start()
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            pass
        finally:
            timer.cancel()

    def _cut(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: scrapes are frequent."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that disconnect."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def start(bind: str, port: int, problems: Callable[[], list[str]] = list) -> WSGIServer:
    """Serve the metrics of this process from a thread, and its `problems` at /healthz.

    Raises OSError if the port cannot be bound.
    """
    server = (_Server6 if ":" in bind else _Server)((bind, port), _Handler)
    exposition = make_wsgi_app()

    def app(environ: Any, start_response: Any) -> Any:
        if environ.get("PATH_INFO") != "/healthz":
            return exposition(environ, start_response)
        found = problems()
        status = HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK
        start_response(f"{status.value} {status.phrase}", [("Content-Type", "text/plain; charset=utf-8")])
        return ["".join(f"{line}\n" for line in found or ["ok"]).encode()]

    server.set_app(app)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
