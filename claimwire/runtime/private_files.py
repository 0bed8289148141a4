"""Files and folders of the data folder, readable by their owner only, whatever the umask."""

import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

FILE_MODE, FOLDER_MODE = 0o600, 0o700
OTHERS = 0o077


def private_folder(folder: Path) -> None:
    """Create a folder and its parents; existing ones keep their modes. Raises OSError."""
    for missing in [folder, *(p for p in folder.parents if not p.exists())][::-1]:
        missing.mkdir(mode=FOLDER_MODE, exist_ok=True)


def private_open(path: Path, mode: str) -> IO[Any]:
    """Open a file as `open` does; a new one has FILE_MODE. Raises OSError."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, FILE_MODE))


def make_private(path: Path) -> None:
    """Remove the permissions of group and others from a file, if it exists and is ours."""
    with suppress(FileNotFoundError, PermissionError):
        if path.stat().st_mode & OTHERS:
            path.chmod(FILE_MODE)
