"""The lock by which one process alone runs a stage on an embedded log; whether it is held shows that the stage runs."""

import fcntl
import os
import time

from claimwire.errors import ConfigError

# Whoever looks whether a lock is held, holds it for a moment.
TRIES, WAIT_SECONDS = 10, 0.05


def hold(path: str, namespace: str, stage: str) -> int | None:
    """A descriptor that holds the lock until it is closed or its process ends. Raises ConfigError where another does."""
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
    """Return whether a process runs the stage."""
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
