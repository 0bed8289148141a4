"""Words of a sentence with their parts of speech: an averaged perceptron (Collins 2002) from left to right.

Tags are the Penn Treebank's. `tools/teach_tagger.py` fits the weights (`data/tagger.bin`); NOTICE names their teacher.
The weights of a feature are one integer with 16 bits for each tag, so that adding two features adds all their weights.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice, repeat
from struct import Struct
from typing import NamedTuple

import msgspec
import zstandard

from processors.claims.lexicon import (
    can_be_verb,
    cue_classes,
    irregular_participles,
    irregular_pasts,
    listed,
    plain_of_third,
    tag_lexicon,
)
from processors.claims.model import Token
from processors.claims.syntax.tokenizer import BE, DO, HAVE, MODAL, is_negated, words_of

BITS = 16
# Words whose sums are cached: about 8 MB.
MAX_WORDS = 12_000
OPENERS = frozenset("(–—:-•.")
FINITE = frozenset({"VBP", "VBZ", "VBD", "MD"})
VERBS = frozenset("VBP VBZ VBD VB VBN VBG".split())
# The tags of finite verbs stand first; a word this near to one may be the verb that a sentence lacks.
FINITES, MARGIN = 3, 800
MARKS = frozenset(",;:.–—()")
# Behind "that" of this tag these begin a clause.
BEGINS_AFTER = {"DT": frozenset("DT PRP PRP$ CD EX NNS NNP".split()),
                "WDT": frozenset("DT PRP PRP$ CD EX NNS NNP NNPS NN JJ JJR JJS".split())}  # fmt: skip
OWNERS = frozenset({"DT", "PRP$", "POS"})
SUBJECTS = frozenset("NN NNS NNP NNPS".split())
SIDE = frozenset({"WDT", "WP", "WRB"})
STRETCHES = MARKS | SIDE
SUBORDINATES = listed("clause_openers")
JOINS = MARKS | SUBORDINATES | frozenset("? ! and or but who which where".split())
SURE = listed("finite_words")
AUXILIARIES = {word: kind for kind, words in (("b", BE), ("h", HAVE), ("d", DO), ("m", MODAL)) for word in words}
POSITIVE = {"can't": "can", "won't": "will", "ain't": "is"}
SHARED = frozenset({"'s", "'d"})


class Weights(msgspec.Struct):
    """Weights file: the tags in the order of their bits, words with one tag, little-endian sums by feature."""

    tags: tuple[str, ...]
    sure: dict[str, str]
    table: dict[str, bytes]


class Word(NamedTuple):
    """A word as the features of the previous tags see it.

    `kind` is its class in the lexicon; `turn` is "," where it ends a stretch, "v" where it can only be a finite verb; `tag` is its
    only one, or "".
    """

    low: str
    kind: str
    end: str
    turn: str = ""
    tag: str = ""


class Views(NamedTuple):
    """Features of a word for its own tag, and for the tags of the word after it, before it, and two before it."""

    own: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    second: tuple[str, ...]


class Seen(NamedTuple):
    """A word with the sums of its views."""

    word: Word
    own: int
    before: int
    after: int
    second: int


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """Return the words and marks of `text[start:end]`, tagged."""
    found = words_of(text, start, end)
    tags = _decoder().tags_of(found)
    return [
        t if t.tag == tag else Token(t.start, t.end, t.text, t.low, tag) for t, tag in zip(found, tags, strict=True)
    ]


def places_of(tokens: Sequence[Token]) -> list[str]:
    """Return the meaning of each word's capital: o(pening), i(nside), t(itle case), u(pper case)."""
    is_upper = not any(c.islower() for t in tokens if not t.tag for c in t.text)
    if is_upper or not is_whole(tokens):
        words = [t.text for t in tokens if not t.tag and len(t.text) > 3]
        if is_upper and words:
            return ["u"] * len(tokens)
        if not is_whole(tokens) and len(words) >= 3 and sum(w[0].isupper() for w in words) >= 0.8 * len(words):
            return ["t"] * len(tokens)
    places, opening = [], True
    for token in tokens:
        places.append("o" if opening else "i")
        if token.tag:
            opening = (opening and token.tag == "CD") or token.text in OPENERS
        else:
            opening = False
    return places


def word_of(text: str, low: str, place: str) -> tuple[Word, Views]:
    """Return a word with its features, which come from its letters and its class in the lexicon."""
    if is_negated(text):
        low = POSITIVE.get(low, low[:-3])
    kind, shape, end = _kind(text, low, place), _shape(text, place), low[-3:]
    turn = "," if low in JOINS else "v" if low in SURE or kind[:4] == "VBDd" else ""
    if is_initials(text, place) or (place == "i" and text[0].isupper()):
        low = text  # "May" within a sentence, "WHO" and "US" are other words than in small letters.
    own = (
        f"w{low}",
        f"a{end}",
        f"b{low[-2:]}",
        f"c{low[:3]}",
        f"d{shape}",
        f"e{kind}",
        f"f{kind} {shape}",
        f"g{end} {shape}",
    )
    views = Views(own, (f"p{low}", f"q{kind}"), (f"n{low}", f"m{end} {kind}", f"o{shape}"), (f"s{low}", f"r{kind}"))
    return Word(low, kind, end, turn), views


def is_initials(text: str, place: str) -> bool:
    """Return whether a word is the initials of a name: "WHO", "US"."""
    return place in "oi" and len(text) > 1 and text.isupper() and text.isalpha()


def _tag_of_name(text: str, place: str) -> str:
    """Return the tag of initials, and of adjectives of names: "Estonian"."""
    if is_initials(text, place):
        return "NNP"
    return "JJ" if place in "oi" and text[0].isupper() and tag_lexicon().get(text) == "JJ" else ""


def _kind(text: str, low: str, place: str) -> str:
    lexicon = tag_lexicon()
    kind = lexicon.get(low)
    if kind is None and "-" in low:
        kind = "-" + lexicon.get(low.rpartition("-")[2], "")
    named = "N" if place in "oi" and text[0].isupper() and lexicon.get(text, "")[:3] == "NNP" else ""
    verb = "v" if can_be_verb(low) else "z" if plain_of_third(low) else ""
    past = ("p" if low in irregular_participles() else "") + ("d" if low in irregular_pasts() else "")
    return f"{kind or '?'}{named}{verb}{past}{'c' if low in cue_classes() else ''}"


def _shape(text: str, place: str) -> str:
    if place in "tu":
        return place
    capital = "A" if len(text) > 1 and text.isupper() else "X" if text[0].isupper() else "x" if text.islower() else "m"
    return f"{place}{capital}{'-' if '-' in text else ''}{'' if text.isalpha() else '0'}"


class Course:
    """State along a sentence: the last two tags, the last verb, and the verbs of the stretch so far."""

    __slots__ = ("auxiliary", "cue", "has_finite", "last", "last_but_one", "verb")

    def __init__(self) -> None:
        self.last = self.last_but_one = self.verb = "^"
        self.auxiliary, self.cue, self.has_finite = "0", "", "0"

    def step(self, low: str, tag: str) -> None:
        """Update the state by a word and its tag."""
        self.last_but_one, self.last = self.last, tag
        if tag in VERBS:
            kind = AUXILIARIES.get(low)
            # An auxiliary also governs a verb joined by "and": "was arrested and charged".
            self.auxiliary = kind or self.auxiliary.upper()
            self.verb = tag
            self.cue = cue_classes().get(low, self.cue)
            if tag in FINITE:
                self.has_finite = "1"
        elif tag == "TO":
            self.auxiliary = "t"
        elif tag == "MD":
            self.auxiliary, self.has_finite = "m", "1"
        elif tag in STRETCHES or low in SUBORDINATES:
            self.auxiliary, self.cue, self.has_finite = "0", "", "0"

    def is_without_verb(self) -> bool:
        """Return whether a subject still lacks its verb, so that no plain form can follow without an auxiliary."""
        return self.last in ("NNS", "NNPS") and self.auxiliary == self.has_finite == "0"

    def features(self, word: Word, following: Word, verbs: str) -> list[str]:
        """Return the features that depend on earlier tags; `verbs` is the word's value of `verbs_ahead`."""
        low, kind, end, _, _ = word
        last, so_far = self.last, self.auxiliary + self.has_finite + verbs
        found = [
            f"1{last} {self.last_but_one} {kind}", f"2{last} {kind} {following.kind}", f"3{last} {low}",
            f"4{so_far}{last} {kind}", f"5{so_far} {end}",
        ]  # fmt: skip
        if last == "CC":
            found.append(f"6{self.verb} {kind}")
        if low == "that":
            found.append(f"7{self.cue} {last}")
        elif "c" in kind and f"{low} {following.low}" in cue_classes():
            found.append(f"8{kind}")
        return found


def verbs_ahead(words: Sequence[Word], is_whole: bool) -> list[str]:
    """Return for each word whether a sure finite verb follows in its stretch, and whether a full stop ends the sentence."""
    ahead, none = (".1", ".0") if is_whole else ("-1", "-0")
    found, now = [], none
    for word in reversed(words):
        found.append(now)
        if word.turn:
            now = ahead if word.turn == "v" else none
    found.reverse()
    return found


def is_whole(tokens: Sequence[Token]) -> bool:
    """Return whether a full stop ends a sentence."""
    return bool(tokens) and tokens[-1].tag == "."


def main_words(tokens: Sequence[Token], tags: Sequence[str]) -> Iterator[int]:
    """Yield the indexes of the words outside side clauses, which last from their first word to the next mark."""
    is_main = True
    for index, tag in enumerate(tags):
        if tag in SIDE or tokens[index].low in SUBORDINATES:
            is_main = False
        elif tag in MARKS:
            is_main = True
        elif is_main:
            yield index


def is_open(token: Token) -> bool:
    """Return whether the weights decide the tag: of words, and of the ambiguous "'s" and "'d"."""
    return not token.tag or (token.low in SHARED and len(token.text) > 1)


def mark_of(tag: str) -> str:
    """Return the tag of a mark as the words beside it see it."""
    return tag if len(tag) < 4 else "JJ"


EDGE = Word("$", "$", "$"), Views((), (), ("n$", "m$"), ("s$",))


class Decoder:
    """Tagger with its weights and the cached sums of recent words."""

    def __init__(self, weights: Weights) -> None:
        self.tags, self.sure = weights.tags, weights.sure
        self.table = {key: int.from_bytes(value, "little", signed=True) for key, value in weights.table.items()}
        self.lanes = Struct(f"<{len(self.tags)}H")
        self.zero = sum(1 << (BITS * i + BITS - 1) for i in range(len(self.tags)))
        self.seen: dict[str, Seen] = {}
        self.edge = self._summed(*EDGE)

    def tags_of(self, tokens: Sequence[Token]) -> list[str]:
        """Return the tags of the words; marks keep theirs."""
        get = self.seen.get
        seen = [get(f"{p}{t.text} {t.low}") or self._look(t, p) for t, p in zip(tokens, places_of(tokens), strict=True)]
        ahead = verbs_ahead([s[0] for s in seen], is_whole(tokens))
        seen += (self.edge, self.edge)
        course, tags, before, unsure, weight = Course(), [], 0, {}, self.table.get
        for index, token in enumerate(tokens):
            word, own, next_before, _, _ = seen[index]
            tag = token.tag
            if tag and not is_open(token):
                course.step(token.low, mark_of(tag))
            else:
                tag = word[4]
                if not tag:
                    after = seen[index + 1]
                    features = course.features(word, after[0], ahead[index])
                    total = sum(map(weight, features, repeat(0)), before + own + after[3] + seen[index + 2][4])
                    sums = unsure[index] = self.lanes.unpack(total.to_bytes(self.lanes.size, "little"))
                    tag = self.tags[sums.index(max(sums))]
                    if tag == "VB" and course.is_without_verb():
                        tag = "VBP"
                course.step(token.low, tag)
            tags.append(tag)
            before = next_before
        self._mend(tokens, tags, unsure)
        return tags

    def _mend(self, tokens: Sequence[Token], tags: list[str], unsure: dict[int, tuple[int, ...]]) -> None:
        """Correct tags that depend on the tag after them."""
        before = "^"
        for index, (tag, following) in enumerate(itertools.pairwise(tags)):
            if tokens[index].low == "that" and following in BEGINS_AFTER.get(tag, ()):
                tags[index] = "IN"
            elif tokens[index].low == "that" and following in MARKS:
                tags[index] = "DT"
            elif tag == "VBG" and before in OWNERS and following not in SUBJECTS and following != "JJ":
                tags[index] = "NN"  # "the ruling on"
            elif tag == "VB" and before == "," and tokens[index].low == "say":
                tags[index] = "VBP"  # "to fail this year, say officials"
            elif tag == "VBZ" and before == "CD" and index > 1 and tags[index - 2] in VERBS:
                tags[index] = "NNS"  # "added three assists"
            elif tag == "VBG" and tokens[index].low == "saying" and tokens[index + 1].low == "of":
                tags[index] = "NN"
            elif tag == "VBP" and before in ("NN", "NNP") and following in ("NN", "NNS"):
                tags[index] = "NN"  # "the Oslo share index"
            elif tag == "VBN" and before == "RB" and following in SUBJECTS and index > 1 and tags[index - 2] in OWNERS:
                tags[index] = "JJ"  # "its newly named head"
            before = tag
        # "Two bands to play in Cork" has a verb.
        enough = FINITE if is_whole(tokens) else FINITE | {"TO"}
        if tags and tags[0] != "VB" and not any(tags[i] in enough for i in main_words(tokens, tags)):
            self._find_verb(tags, {i: unsure[i] for i in main_words(tokens, tags) if i in unsure})

    def _find_verb(self, tags: list[str], sums: dict[int, tuple[int, ...]]) -> None:
        """Make the word nearest to a finite verb one, as a whole sentence has one outside its side clauses."""
        margin, index = min(((max(s) - max(s[:FINITES]), i) for i, s in sums.items()), default=(MARGIN, 0))
        if margin < MARGIN:
            tags[index] = self.tags[max(range(FINITES), key=sums[index].__getitem__)]

    def _look(self, token: Token, place: str) -> Seen:
        if len(self.seen) >= MAX_WORDS:
            for old in list(islice(self.seen, MAX_WORDS // 2)):
                del self.seen[old]
        word, views = word_of(token.text, token.low, place)
        word = word._replace(tag=self.sure.get(word.low) or _tag_of_name(token.text, place))
        # Dashes and apostrophes of one look may stand for different words.
        found = self.seen[f"{place}{token.text} {token.low}"] = self._summed(word, views)
        return found

    def _summed(self, word: Word, views: Views) -> Seen:
        own, before, after, second = (sum(self.table.get(key, 0) for key in keys) for keys in views)
        return Seen(word, own + self.zero, before, after, second)


@cache
def _decoder() -> Decoder:
    data = (files("processors.claims") / "data" / "tagger.bin").read_bytes()
    return Decoder(msgspec.msgpack.decode(zstandard.decompress(data), type=Weights))
