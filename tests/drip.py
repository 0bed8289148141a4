"""A client that sends a request a byte at a time (slowloris), over a real socket."""

import socket
import time

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
MOST_SECONDS = 8.0


def seconds_until_cut(port: int, first: bytes = b"", slowly: bytes = HEAD) -> float:
    """Send `first` and read its answer, then the bytes of `slowly` one by one and more of them; how long the server bore that."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        if first:
            client.sendall(first)
            assert client.recv(65_536).startswith(b"HTTP/1.")
        began = time.monotonic()
        client.settimeout(0.02)
        for byte in slowly + b"x" * 10_000:
            try:
                client.send(bytes([byte]))
                if not client.recv(65_536):
                    break
            except TimeoutError:
                if time.monotonic() - began > MOST_SECONDS:
                    raise AssertionError("the server still listens") from None
            except OSError:
                break
        return time.monotonic() - began
