"""Teach the part-of-speech tagger: text is tagged by Stanford CoreNLP, and an averaged perceptron learns from the tags.

    python -m tools.teach_tagger --jars CODE.jar:MODELS.jar --without FOLDER... [--held-out 10] TEXTS...

TEXTS are .txt and .jsonl files (`text` a line) and pages (.html, .html.gz); texts that share two sentences with a file
of a folder `--without` are left out. The jars come with
`mvn dependency:get -Dartifact=edu.stanford.nlp:stanford-corenlp:4.5.10` and the same with `:jar:models`; they are needed
here only. Writes `processors/claims/data/tagger.bin`; prints accuracy on the held-out texts.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import zstandard

from processors.claims.lexicon import (
    can_be_verb,
    countries,
    cue_classes,
    inflections,
    irregular_verbs,
    noun_class,
    plain_of_third,
    tag_lexicon,
)
from processors.claims.model import Token
from processors.claims.syntax import tagger
from processors.claims.syntax.tokenizer import AUXILIARY, words_of
from tools.taught_text import plain, sentences_of, teach, texts_of

OUT = Path(__file__).resolve().parents[1] / "processors" / "claims" / "data" / "tagger.bin"
# Tags of finite verbs first (`tagger.FINITES`).
TAGS = tuple(
    "VBD VBP VBZ CC CD DT EX FW IN JJ JJR JJS MD NN NNP NNPS NNS PDT POS PRP PRP$ RB RBR RBS TO UH VB VBG VBN WDT WP WP$ "
    "WRB".split()
)
NUMBER = {tag: i for i, tag in enumerate(TAGS)}
FINITE = {"VBD", "VBP", "VBZ", "MD", "VB"}
NAMED = {"NNP", "NNPS", "PRP", "PRP$", "CD", "DT"}
AS_TAUGHT = {"including": "IN", "per": "IN", "both": "DT", "chief": "NN"}
# Tags of words that may have another form of the verb's tags in other sentences.
FORMS = {"VB", "VBP", "VBZ", "VBD", "VBN"}
VERBAL = FINITE | {"VBN", "VBG", "RB"}
LESSONS = Path(__file__).with_name("lessons.txt")
EACH_LESSON = 45
DAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
COURSES, EPOCHS, LEAST_SEEN = 3, 5, 3
# A sum of all features of a word must fit into 15 bits.
LARGEST = 1_400
# Words seen this often with one tag only (but for one in 200) have it always.
SURE_SEEN, SURE_SHARE, KNOWN_SEEN = 20, 0.995, 6
LOWER_IN_TITLES = frozenset("a an the of in on to for and at by with from as or but nor".split())
DETERMINERS = frozenset("a an the".split())


class Sentence(NamedTuple):
    """Tokens with the tags to learn (None: punctuation, or not to be learned)."""

    tokens: list[Token]
    tags: list[str | None]


def lesson(tokens: list[Token], tags: list[str]) -> Sentence | None:
    """Return the sentence with the tags to learn; None if the teacher found no verb in a whole sentence."""
    if tagger.is_whole(tokens) and len(tokens) > 7 and not FINITE & {tags[i] for i in tagger.main_words(tokens, tags)}:
        return None
    kept: list[str | None] = []
    for i, (token, place) in enumerate(zip(tokens, tagger.places_of(tokens), strict=True)):
        tag = usage(token, tags[i], tags[i + 1] if i + 1 < len(tags) else "", place)
        kept.append(tag if tagger.is_open(token) and tag in NUMBER else None)
    return Sentence(tokens, kept)


def usage(token: Token, tag: str, following: str, place: str) -> str:
    """Return the tag that the later steps expect in place of the teacher's."""
    if token.low == "that" and tag == "WDT" and following not in VERBAL:
        return "IN"  # Before a subject it joins.
    if tag == "RP":
        return "IN"
    if token.low in AS_TAUGHT:
        return AS_TAUGHT[token.low]
    lexicon = tag_lexicon()
    if tagger.is_initials(token.text, place):
        return "NNP"
    common = lexicon.get(token.low, "")
    if place == "o" and tag in ("NNP", "NNPS") and common in ("NN", "NNS") and not countries().any(token.low):
        return common
    is_plain = (
        tag in NAMED or token.text == "I" or lexicon.get(token.text) == tag or token.low in countries().adjectives
    )
    return "NNP" if place == "i" and token.text[0].isupper() and not is_plain else tag


def variants(sentence: Sentence, chance: random.Random) -> Iterator[Sentence]:
    """Yield the sentence, and at random a variant: as a headline, in capitals, or without determiners or full stop."""
    yield sentence
    draw = chance.random()
    pairs = list(zip(*sentence, strict=True))
    if pairs[-1][0].tag == ".":
        pairs = pairs[:-1]
    if len(pairs) < 5 or draw > 0.45:
        return
    if draw < 0.25:
        is_terse = chance.random() < 0.6
        pairs = [(t, g) for t, g in pairs if not (is_terse and t.low in DETERMINERS)]
        pairs = [
            (t if i and t.low in LOWER_IN_TITLES else _like(t, _capital(t.text)), g) for i, (t, g) in enumerate(pairs)
        ]
    elif draw < 0.3:
        pairs = [(_like(t, t.text.upper()), g) for t, g in pairs]
    elif draw < 0.38:
        pairs = [(t, g) for t, g in pairs if t.low not in DETERMINERS]
    if len(pairs) > 2:
        yield Sentence([t for t, _ in pairs], [g for _, g in pairs])


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _like(token: Token, text: str) -> Token:
    return Token(token.start, token.end, text, token.low, token.tag)


def forms(verb: str) -> dict[str, str]:
    """Return the forms of a verb by their slot in the lessons; none if a form is unknown."""
    lexicon, regular = tag_lexicon(), inflections(verb)
    past = next((f for f in sorted(regular, key=len, reverse=True) if f.endswith("ed") and f in lexicon), None)
    doing = next((f for f in sorted(regular, key=len, reverse=True) if f.endswith("ing") and f in lexicon), None)
    third = next(f for f in sorted(regular) if (f.endswith("s") and f != verb) or f == verb + "s")
    was, done = irregular_verbs().get(verb, (past, past))
    if not (was and done and doing):
        return {}
    return {"DO": verb, "DOES": third, "DID": was, "DONE": done, "DOING": doing}


def lesson_words(train: list[Sentence]) -> dict[str, list[str]]:
    """Return the words for the slots of the lessons, from our lexicons and the training text."""
    seen = Counter((t.low, g) for s in train for t, g in zip(*s, strict=True) if g and t.low.isalpha())
    common = {tag: sorted(w for (w, g), n in seen.items() if g == tag and n >= 4) for tag in ("NN", "NNS", "JJ", "VB")}
    names = sorted({t.text for s in train for t, g in zip(*s, strict=True) if g == "NNP" and t.text[1:].islower()})
    lexicon = tag_lexicon()
    slots = {"THING": common["NN"], "THINGS": common["NNS"], "JJ": common["JJ"], "NAME": names, "DAY": list(DAYS)}
    for slot, words in (("HUMAN", noun_class("human")), ("ORGAN", noun_class("organ"))):
        slots[slot] = sorted(w for w in words if lexicon.get(w) == "NN")
        slots[slot + "S"] = sorted(w for w in words if lexicon.get(w) == "NNS")
    slots["NUMBER"] = [str(n) for n in range(2, 400)]
    cues = {word for word, kind in cue_classes().items() if kind == "report" and " " not in word}
    # Irregular verbs are repeated, since their past forms look like other forms.
    for verb in (*common["VB"], *(v for v in common["VB"] if v in irregular_verbs() for _ in range(4))):
        if verb in AUXILIARY:
            continue
        for slot, form in forms(verb).items():
            slots.setdefault(slot, []).append(form)
            if verb in cues:
                slots.setdefault(slot.replace("DOES", "CUES").replace("DID", "CUED").replace("DO", "CUE"), []).append(
                    form
                )
    return slots


def made_lessons(train: list[Sentence], chance: random.Random) -> Iterator[Sentence]:
    """Yield sentences made from the patterns of `lessons.txt`."""
    slots = lesson_words(train)
    patterns = [line.split() for line in LESSONS.read_text("utf-8").splitlines() if line and line[0] != "#"]
    for pattern in patterns:
        for _ in range(EACH_LESSON):
            pairs = [tuple(part.rsplit("/", 1)) for part in pattern]
            words = [chance.choice(slots[p[0]]) if p[0] in slots else p[0] for p in pairs]
            words[0] = words[0][0].upper() + words[0][1:]
            yield _sentence(words, [p[1] if len(p) > 1 else None for p in pairs])


def _sentence(words: list[str], tags: list[str | None]) -> Sentence:
    """Return a sentence of words, with the tags for punctuation and numbers that `words_of` would give."""
    marks = ["CD" if w.isdigit() else w if tag is None else "" for w, tag in zip(words, tags, strict=True)]
    tokens = [Token(0, len(w), w, w.casefold(), mark) for w, mark in zip(words, marks, strict=True)]
    return Sentence(tokens, [tag if tagger.is_open(t) else None for t, tag in zip(tokens, tags, strict=True)])


class Prepared(NamedTuple):
    """A sentence for training: the numbers of its fixed features (`fixed`), and the data of those that depend on tags."""

    tokens: list[Token]
    gold: list[int]
    fixed: list[np.ndarray]
    words: list[tagger.Word]
    ahead: list[str]


def _views(sentence: Sentence) -> tuple[list[tagger.Word], list[list[str]], list[str]]:
    places = tagger.places_of(sentence.tokens)
    pairs = [tagger.word_of(t.text, t.low, p) for t, p in zip(sentence.tokens, places, strict=True)]
    words, views = [w for w, _ in pairs], [v for _, v in pairs]
    edge = tagger.EDGE[1]
    keys = []
    for i, view in enumerate(views):
        after = views[i + 1] if i + 1 < len(views) else edge
        second = views[i + 2] if i + 2 < len(views) else edge
        keys.append([*view.own, *(views[i - 1].before if i else ()), *after.after, *second.second])
    return words, keys, tagger.verbs_ahead(words, tagger.is_whole(sentence.tokens))


def _walk(words: list[tagger.Word], tokens: list[Token], tags: list[str], ahead: list[str]) -> Iterator[list[str]]:
    """Yield the features that depend on earlier tags, for the right tags."""
    course = tagger.Course()
    for i, word in enumerate(words):
        yield course.features(word, words[i + 1] if i + 1 < len(words) else tagger.EDGE[0], ahead[i])
        course.step(tokens[i].low, tags[i])


def prepare(lessons: list[Sentence]) -> tuple[list[Prepared], dict[str, int]]:
    """Return the sentences for training, and the numbers of the features that are frequent enough."""
    counts: Counter[str] = Counter()
    made = []
    for sentence in lessons:
        words, keys, ahead = _views(sentence)
        known = [g or tagger.mark_of(t.tag) or "NN" for t, g in zip(sentence.tokens, sentence.tags, strict=True)]
        for tag, fixed, moving in zip(sentence.tags, keys, _walk(words, sentence.tokens, known, ahead), strict=True):
            if tag:
                counts.update(fixed)
                counts.update(moving)
        made.append((sentence, words, keys, ahead))
    numbers = {key: i for i, key in enumerate(k for k, n in counts.items() if n >= LEAST_SEEN)}
    prepared = [
        Prepared(s.tokens, [NUMBER[g] if g else -1 for g in s.tags],
                 [np.array([numbers[k] for k in fixed if k in numbers], dtype=np.int32) for fixed in keys], words, ahead)
        for s, words, keys, ahead in made
    ]  # fmt: skip
    return prepared, numbers


def fit(prepared: list[Prepared], numbers: dict[str, int], sure: dict[str, str], chance: random.Random) -> np.ndarray:
    """Return the averaged weights, one row for each feature."""
    weights = np.zeros((len(numbers), len(TAGS)), dtype=np.float32)
    passed = np.zeros_like(weights)
    count = 1
    for epoch in range(EPOCHS):
        wrong = seen = 0
        for sentence in chance.sample(prepared, len(prepared)):
            course, places = tagger.Course(), tagger.places_of(sentence.tokens)
            for i, (token, gold, word) in enumerate(zip(sentence.tokens, sentence.gold, sentence.words, strict=True)):
                if gold < 0:
                    course.step(token.low, tagger.mark_of(token.tag) or "NN")
                    continue
                tag = sure.get(word.low, "NNP" if tagger.is_initials(token.text, places[i]) else None)
                if tag is None:
                    following = sentence.words[i + 1] if i + 1 < len(sentence.words) else tagger.EDGE[0]
                    moving = [numbers[k] for k in course.features(word, following, sentence.ahead[i]) if k in numbers]
                    rows = np.concatenate((sentence.fixed[i], moving)).astype(np.int32)
                    best = int(weights[rows].sum(axis=0).argmax())
                    seen += 1
                    if best != gold:
                        wrong += 1
                        weights[rows, gold] += 1
                        weights[rows, best] -= 1
                        passed[rows, gold] += count
                        passed[rows, best] -= count
                    count += 1
                    tag = TAGS[best]
                course.step(token.low, tag)
        print(f"epoch {epoch + 1}: {wrong / seen:.4f} of {seen} decided words wrong", flush=True)
    return weights - passed / count


def packed(averaged: np.ndarray, numbers: dict[str, int], sure: dict[str, str], most: int) -> tagger.Weights:
    """Return the weights as integers, for the `most` features with the largest weights."""
    strength = np.abs(averaged).max(axis=1)
    bound = np.sort(strength)[-most] if len(strength) > most else 0.0
    scale = LARGEST / np.quantile(strength, 0.9999)
    whole = np.clip(np.rint(averaged * scale), -LARGEST, LARGEST).astype(int)
    table = {}
    for key, i in numbers.items():
        if strength[i] >= bound and whole[i].any():
            total = sum(int(w) << (tagger.BITS * n) for n, w in enumerate(whole[i]))
            table[key] = total.to_bytes((total.bit_length() + 8) // 8, "little", signed=True)
    return tagger.Weights(TAGS, sure, table)


def sure_words(lessons: list[Sentence]) -> dict[str, str]:
    """Return words with one tag: in nearly all of the training text, or, if rarer, in all of it and in the lexicon."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sentence in lessons:
        words = _views(sentence)[0]
        for word, tag in zip(words, sentence.tags, strict=True):
            if tag:
                counts[word.low][tag] += 1
    lexicon, sure = tag_lexicon(), {}
    for low, seen in counts.items():
        (tag, n), total = seen.most_common(1)[0], seen.total()
        could_differ = tag in FORMS or can_be_verb(low) or plain_of_third(low)
        if could_differ and low not in AUXILIARY:
            continue
        is_known = tag == "NNP" or lexicon.get(low) == tag
        if (total >= SURE_SEEN and n >= SURE_SHARE * total) or (total >= KNOWN_SEEN and n == total and is_known):
            sure[low] = tag
    return sure


def accuracy(weights: tagger.Weights, lessons: list[Sentence]) -> float:
    """Return the share of the tags to learn that the weights predict."""
    decoder = tagger.Decoder(weights)
    pairs = [
        (got, want) for tokens, tags in lessons for got, want in zip(decoder.tags_of(tokens), tags, strict=True) if want
    ]
    return sum(got == want for got, want in pairs) / max(1, len(pairs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("texts", nargs="+", type=Path)
    parser.add_argument("--jars", required=True)
    parser.add_argument("--without", nargs="*", type=Path, default=[])
    parser.add_argument("--held-out", type=int, default=10, help="percent of the documents that only measure")
    parser.add_argument("--features", type=int, default=60_000)
    given = parser.parse_args()
    chance = random.Random(1)
    held = plain(" ".join(p.read_text("utf-8") for folder in given.without for p in sorted(folder.glob("*.txt"))))
    documents = sentences_of((text for path in given.texts for text in texts_of(path)), held)
    chance.shuffle(documents)
    cut = len(documents) * given.held_out // 100
    parts = []
    for part in (documents[cut:], documents[:cut]):
        found = [t for document in part for s in document if (t := words_of(s, 0, len(s)))]
        parts.append([x for pair in zip(found, teach(found, given.jars), strict=True) if (x := lesson(*pair))])
    train, test = parts
    sure = sure_words(train)
    made = list(made_lessons(train, chance))
    lessons = [v for sentence in train for v in variants(sentence, chance)] + made
    print(f"{len(train)} sentences, {sum(len(s.tokens) for s in train)} words and marks; {len(sure)} words of one tag")
    prepared, numbers = prepare(lessons)
    # The mean of several courses through the lessons depends less on their order.
    averaged = np.mean([fit(prepared, numbers, sure, random.Random(n)) for n in range(COURSES)], axis=0)
    weights = packed(averaged, numbers, sure, given.features)
    OUT.write_bytes(zstandard.ZstdCompressor(level=19).compress(msgspec.msgpack.encode(weights)))
    heads = [h for s in test for h in list(variants(s, chance))[1:]]
    print(f"{len(weights.table)} of {len(numbers)} features, {OUT.stat().st_size} bytes")
    print(f"held out: {accuracy(weights, test):.4f}; as headlines: {accuracy(weights, heads):.4f}")


if __name__ == "__main__":
    main()
