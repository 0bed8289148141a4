"""The page as a server in a thread of its own, on the address of the settings."""

import asyncio
import ipaddress
import socket
import threading

import uvicorn

from claimwire.errors import ConfigError
from claimwire.security import read_secret
from claimwire.settings import Settings
from console.web.app import create_app

# The stream never ends by itself; a browser that is still there then is let go.
GRACE_SECONDS = 2


class PageServer:
    """Serves from `start` to `close`. Raises ConfigError where its address is taken or would be open to everybody."""

    def __init__(self, settings: Settings) -> None:
        token = read_secret("page_token_file", settings.page_token_file) if settings.page_token_file else ""
        if not token and not _is_loopback(settings.page_bind):
            raise ConfigError(f"page_bind: {settings.page_bind} is seen by other machines: set page_token_file too")
        self._socket = _bound(settings.page_bind, settings.page_port)
        app = create_app(settings, token)
        self._hub = app.state.hub
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="on", server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="page", daemon=True)
        self.address = f"http://{settings.page_bind}:{settings.page_port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def close(self) -> None:
        """Let all browsers go, and end."""
        self._hub.close()
        self._server.should_exit = True
        self._thread.join(15)
        self._socket.close()


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"


def _bound(bind: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((bind, port))
    except OSError as error:
        taken.close()
        raise ConfigError(
            f"page_port: {bind}:{port}: {error.strerror or error}; name another with --page-port, or 0 for no page"
        ) from None
    return taken
