"""Text to sentences of words, and their tags by the teacher (Stanford CoreNLP)."""

import gzip
import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from processors.claims.model import Token
from processors.claims.syntax.sentences import sentences
from processors.claims.syntax.tokenizer import NEGATED
from processors.clean import body_text
from processors.clean.language import language_of

MODEL = "edu/stanford/nlp/models/pos-tagger/english-left3words-distsim.tagger"
SEPARATOR = "\u241f"


def texts_of(path: Path) -> Iterator[str]:
    """Yield the English texts of a file."""
    if path.suffix == ".jsonl":
        yield from (json.loads(line)["text"] for line in path.read_text("utf-8").splitlines())
    elif path.suffix in (".gz", ".html"):
        data = path.read_bytes()
        body = body_text((gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8"))
        if language_of(None, body) == "en":
            yield body
    else:
        text = path.read_text("utf-8")
        yield text.partition("\n")[2] if text.startswith("{") else text


def plain(text: str) -> str:
    """Return the letters and digits of a text in lower case."""
    return re.sub(r"\W+", "", text).casefold()


def tidy(text: str) -> str:
    """Join punctuation that a corpus separates: "high - speed", "7: 07"."""
    text = re.sub(r"(?<=[a-z]) - (?=[a-z])", "-", text)
    return re.sub(r"(?<=\d): (?=\d\d)", ":", text)


def sentences_of(texts: Iterable[str], held: str) -> list[list[str]]:
    """Return the sentences by document, without repetitions."""
    seen: set[str] = set()
    documents = []
    for text in texts:
        found = [p[a:b] for p in tidy(text).split("\n") for a, b in sentences(p) if 12 < b - a < 800]
        if sum(plain(s) in held for s in found if len(s) > 40) >= 2:
            continue
        fresh = [s for s in found if not (plain(s) in seen or (len(s) > 40 and plain(s) in held))]
        seen |= {plain(s) for s in fresh}
        documents.append(fresh)
    return documents


def teach(found: list[list[Token]], jars: str) -> list[list[str]]:
    """Return the teacher's tags of our tokens; "isn't" has the tag of "is"."""
    lines, indexes = [], []
    for tokens in found:
        forms: list[str] = []
        index: list[int] = []
        for i, token in enumerate(tokens):
            split = NEGATED.match(token.text)
            parts = (split.group(1), "n't") if split else (token.text,)
            forms += [re.sub(r"\s", "", p.replace("’", "'")) or "x" for p in parts]
            index += [i] * len(parts)
        lines.append(" ".join(forms))
        indexes.append(index)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        command = ["java", "-Xmx2g", "-cp", jars, "edu.stanford.nlp.tagger.maxent.MaxentTagger", "-model", MODEL,
                   "-textFile", file.name, "-tokenize", "false", "-sentenceDelimiter", "newline", "-outputFormat", "slashTags",
                   "-tagSeparator", SEPARATOR, "-encoding", "UTF-8"]  # fmt: skip
        output = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True
        ).stdout
    tagged = [line.split(" ") for line in output.splitlines() if line.strip()]
    return [
        [
            next(w.rsplit(SEPARATOR, 1)[1] for w, j in zip(line, index, strict=False) if j == i)
            for i in range(len(tokens))
        ]
        for tokens, line, index in zip(found, tagged, indexes, strict=True)
    ]
