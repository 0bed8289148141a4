"""`pip install ... | python deploy/progress.py LOCK_FILE`: pip's lines as a few lines of progress.

pip's own output is a line or more for each package, and with `-q` nothing for a minute.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# Packages between two lines.
STEP = 20


def shown(lines: Iterable[str], packages: int) -> Iterator[str]:
    """Yield lines of progress for those of pip, of at most so many `packages`."""
    found = 0
    for line in lines:
        if line.startswith("Collecting "):
            found += 1
            if found % STEP == 0:
                yield f"    {found} of {packages} packages found"
        elif line.startswith("Installing collected packages"):
            yield f"    {found} packages found; installing them"


def main() -> None:
    packages = len(re.findall(r"^\S+==", Path(sys.argv[1]).read_text("utf-8"), re.MULTILINE))
    for line in shown(sys.stdin, packages):
        print(line, flush=True)


if __name__ == "__main__":
    main()
