"""The most memory that a process takes for the bodies of all pages of the corpus: `python -m tests.bench.memory` prints MiB."""

import re
from pathlib import Path

from processors.clean import body_text
from tests.corpus import own_pages

if __name__ == "__main__":
    for page in own_pages():
        body_text(page.html)
    # ru_maxrss would be the parent's, where that was larger when it forked.
    status = Path("/proc/self/status").read_text()
    print(int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024)
