"""File lock that limits a stage on an embedded log to one process, and shows whether the stage is running."""

import fcntl
import os
import time

from claimwire.errors import ConfigError

# A check of the lock also holds it for a moment.
TRIES, WAIT_SECONDS = 10, 0.05


def hold(path: str, namespace: str, stage: str) -> int | None:
    """Return a file descriptor that holds the lock until it is closed.

    Raises ConfigError if another process holds it.
    """
    if path == ":memory:":
        return None
    lock = os.open(_name(path, namespace, stage), os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    for _ in range(TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(WAIT_SECONDS)
        else:
            return lock
    os.close(lock)
    raise ConfigError(f"broker sqlite:///{path}: stage {stage} is already run by another process")


def is_held(path: str, namespace: str, stage: str) -> bool:
    """Return whether a process is running the stage."""
    try:
        lock = os.open(_name(path, namespace, stage), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _name(path: str, namespace: str, stage: str) -> str:
    return f"{path}.{namespace}.{stage}.lock"
