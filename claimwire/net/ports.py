"""Listening sockets, bound before anything else starts, so that a port in use is reported at once."""

import socket

from claimwire.errors import ConfigError

# Seconds for a whole request to the page or the metrics, or for the headers of one to the WebSub port. Without a limit
# a slow client could hold its connection for ever.
REQUEST_SECONDS = 10.0


def listening(key: str, bind: str, port: int, hint: str = "choose another") -> socket.socket:
    """Return a TCP socket that listens on `bind`:`port`, the value of setting `key`.

    Connections wait in its queue until a server accepts them. Raises ConfigError with the `hint` if binding fails.
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((bind, port))
        # Two sockets with SO_REUSEADDR can bind to one port, but only one can listen.
        found.listen(128)
    except OSError as error:
        found.close()
        raise in_use(key, bind, port, error, hint) from None
    return found


def in_use(key: str, bind: str, port: int, error: OSError, hint: str = "choose another") -> ConfigError:
    """Return the error for a port that cannot be bound."""
    return ConfigError(f"{key}: {bind}:{port}: {error.strerror or error}; {hint}")
