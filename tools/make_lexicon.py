"""Write the words and their most likely tags of Eric Brill's lexicon as a data file of ours.

    python -m tools.make_lexicon en-lexicon.txt

The file is `textblob/en/en-lexicon.txt` of the package textblob 0.20.1; NOTICE has its licence. Writes
`processors/claims/data/lexicon.zst`: a line a tag, the tag and then its words.
"""

import argparse
from pathlib import Path

import zstandard

OUT = Path(__file__).resolve().parents[1] / "processors" / "claims" / "data" / "lexicon.zst"


def by_tag(text: str) -> dict[str, list[str]]:
    """Return the words of each tag. A word has its first tag, the most likely one, and the last of its lines counts."""
    pairs = (line.split() for line in text.splitlines() if line and not line.startswith(";;;"))
    tags = {pair[0]: pair[1].split("|")[0] for pair in pairs if len(pair) == 2}
    words: dict[str, list[str]] = {}
    for word, tag in sorted(tags.items()):
        words.setdefault(tag, []).append(word)
    return words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lexicon", type=Path)
    words = by_tag(parser.parse_args().lexicon.read_text("utf-8"))
    lines = "\n".join(" ".join((tag, *words[tag])) for tag in sorted(words))
    OUT.write_bytes(zstandard.ZstdCompressor(level=19).compress(lines.encode()))
    print(f"{sum(map(len, words.values()))} words, {len(words)} tags, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
