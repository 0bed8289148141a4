"""The most memory that a process takes for the bodies of the publisher pages: `python -m tests.bench.memory` prints MiB."""

import gzip
import resource

from processors.clean import body_text
from tests.quality.labelled import EVAL

if __name__ == "__main__":
    for path in sorted((EVAL / "extraction" / "publishers" / "html").glob("*.gz")):
        body_text(gzip.decompress(path.read_bytes()))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
