"""HTTP server of the page in a thread of its own, on the address of the settings."""

import asyncio
import ipaddress
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from claimwire.config.credentials import read_secret
from claimwire.config.settings import Settings
from claimwire.errors import ConfigError
from claimwire.net.ports import listening
from claimwire.runtime.private_files import private_folder
from console.web.app import create_app
from console.web.protocol import TimedProtocol

logger = logging.getLogger(__name__)
# Seconds for open requests at the end; the stream never ends by itself.
GRACE_SECONDS = 2


class PageServer:
    """Server of the page. Its socket is bound at once; requests are served from `start` to `close`.

    Raises ConfigError if the port is in use, or if other machines could reach the page without a token.
    """

    def __init__(self, settings: Settings, problems: Callable[[], list[str]] = list) -> None:
        if not settings.page_token_file and not _is_loopback(settings.page_bind):
            raise ConfigError(
                f"page_bind: {settings.page_bind} is reachable from other machines: set page_token_file too"
            )
        hint = "choose another with --page-port, or 0 for no page"
        self._socket = listening("page_port", settings.page_bind, settings.page_port, hint)
        self._settings, self._problems = settings, problems
        self._app: Starlette | None = None
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._serve, name="page", daemon=True)
        self.address = f"http://{settings.page_bind}:{settings.page_port}"

    def start(self) -> None:
        """Start serving. Raises ConfigError if the token cannot be read or created."""
        name = self._settings.page_token_file
        self._app = create_app(self._settings, _token(name) if name else "")
        self._app.state.problems = self._problems
        config = uvicorn.Config(
            self._app, log_level="warning", access_log=False, lifespan="on", server_header=False, http=TimedProtocol,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread.start()

    def _serve(self) -> None:
        assert self._server is not None
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def beaten(self) -> float:
        """Return the monotonic time of the last sign of life: now, while the server runs."""
        return time.monotonic() if self._thread.is_alive() else 0.0

    def close(self) -> None:
        """Disconnect all browsers and stop."""
        if self._app is not None and self._server is not None:
            self._app.state.hub.close()
            self._server.should_exit = True
            self._thread.join(15)
        self._socket.close()


def _token(name: str) -> str:
    """Read the token from its file, created if missing and readable by its owner only. Raises ConfigError."""
    path = Path(name)
    if not path.exists():
        try:
            private_folder(path.parent)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"{secrets.token_urlsafe(24)}\n")
        except OSError as error:
            raise ConfigError(f"{name}:0: page_token_file: {error.strerror or error}") from None
        logger.info("page: token created in %s", name)
    return read_secret("page_token_file", name)


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"
