"""HTTP/1.1 of the page: uvicorn's protocol with a time limit for sending a request."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from claimwire.net import ports


class TimedProtocol(H11Protocol):
    """Closes a connection whose request is incomplete `ports.REQUEST_SECONDS` after the connection or request began.

    uvicorn only limits the idle time between two requests. Forms have at most 200 kB, so the limit includes bodies.
    Responses are not limited: the stream of claims never ends.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._request_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._await_request()
        else:
            self._request_is_here()

    def _await_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(ports.REQUEST_SECONDS, self._cut)

    def _request_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()
