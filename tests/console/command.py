"""The command line as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path


def claimwire(*arguments: str, cwd: Path, status: int = 0, **environment: str) -> str:
    """stdout of a run that must end with a status; no traceback, ever."""
    done = subprocess.run(
        [sys.executable, "-m", "console.cli.main", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120,
        env={k: v for k, v in os.environ.items() if not k.startswith("CLAIMWIRE_")} | environment, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr + done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    both = environment.pop("both", None)
    return done.stdout + done.stderr if both else done.stdout if status in (0, 1) else done.stderr
