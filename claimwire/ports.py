"""Listening sockets. They are taken before anything else starts: a port in use is one line, not half a run."""

import socket

from claimwire.errors import ConfigError

# Seconds that a client may take for a whole request to the page or the metrics, or for the head of one to the WebSub port: a
# client that sends a byte now and then would hold its connection for ever.
REQUEST_SECONDS = 10.0


def listening(key: str, bind: str, port: int, hint: str = "name another") -> socket.socket:
    """Return a TCP socket that listens on `bind`:`port`, which the setting `key` names.

    Connections wait in its queue until a server accepts them. Raises ConfigError with the `hint` where it can't be had.
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((bind, port))
        # Two sockets with SO_REUSEADDR may both be bound to a port; only one of them may listen.
        found.listen(128)
    except OSError as error:
        found.close()
        raise in_use(key, bind, port, error, hint) from None
    return found


def in_use(key: str, bind: str, port: int, error: OSError, hint: str = "name another") -> ConfigError:
    """Return the error for a port that can't be had."""
    return ConfigError(f"{key}: {bind}:{port}: {error.strerror or error}; {hint}")
