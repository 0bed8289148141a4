"""The most memory that a process takes for the bodies of the publisher pages: `python -m tests.bench.memory` prints MiB."""

import gzip
import re
from pathlib import Path

from processors.clean import body_text
from tests.quality.labelled import EVAL

if __name__ == "__main__":
    for path in sorted((EVAL / "extraction" / "publishers" / "html").glob("*.gz")):
        body_text(gzip.decompress(path.read_bytes()))
    # ru_maxrss would be the parent's, where that was larger when it forked.
    status = Path("/proc/self/status").read_text()
    print(int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024)
