"""A TCP proxy on loopback that misbehaves on request: delay, drop, reset, or leave connections half open."""

import contextlib
import random
import socket
import struct
import threading
import time
from enum import Enum

CHUNK = 65_536
DELAY_SECONDS = 0.3


class Fault(Enum):
    NONE = "none"
    DELAY = "delay"
    DROP = "drop"
    RESET = "reset"
    HALF_OPEN = "half_open"


class Proxy:
    """Forwards to `target` (host:port) until a `fault` is set; `address` is where to connect."""

    def __init__(self, target: str) -> None:
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self.fault = Fault.NONE
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def misbehave(self, fault: Fault, seconds: float) -> None:
        """Show a fault for a while; connections that are open feel it too."""
        self.fault = fault
        if fault is Fault.RESET:
            self._reset()
        time.sleep(seconds)
        self.fault = Fault.NONE
        if fault in (Fault.DROP, Fault.HALF_OPEN):
            # Bytes that were swallowed would be missed in the middle of a stream: such connections end.
            self._reset()

    def _reset(self) -> None:
        for pair in list(self._pairs):
            for end in pair:
                with contextlib.suppress(OSError):
                    # With SO_LINGER 0 a close is an RST.
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.close()
            self._pairs.discard(pair)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                if self.fault is Fault.RESET:
                    raise OSError("refused")
                server = socket.create_connection(self._target, 5)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            pair = (client, server)
            self._pairs.add(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self._forward, args=(pair, source, sink), daemon=True).start()

    def _forward(self, pair: tuple[socket.socket, socket.socket], source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                fault = self.fault
                if fault is Fault.DELAY:
                    time.sleep(DELAY_SECONDS * random.random())
                if fault is Fault.DROP or (fault is Fault.HALF_OPEN and source is pair[1]):
                    continue
                sink.sendall(data)
        for end in pair:
            with contextlib.suppress(OSError):
                end.close()
        self._pairs.discard(pair)

    def close(self) -> None:
        self._server.close()
        self._reset()
