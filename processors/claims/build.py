"""Command `python -m processors.claims.build`: compiles at set-up what the extractor would compile on first use."""

import sys

from processors.claims.mentions.gazetteer import build

if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
