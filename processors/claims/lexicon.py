"""The lexicons of `data/`, loaded once. Data files say what they are and how to extend them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import zstandard

from claimwire.records.vocabulary import EventType

VOWELS = "aeiou"


def lines_of(name: str) -> Iterator[str]:
    """The lines of a data file that are no comments."""
    text = (files("processors.claims") / "data" / name).read_text("utf-8")
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def inflections(verb: str) -> set[str]:
    """The regular forms of a verb in plain form: s, ed, ing (with e-dropping, y to ie and doubling)."""
    head, *tail = verb.split("_")
    rest = "".join(f" {word}" for word in tail)
    if head.endswith("e"):
        forms = {head, head + "s", head + "d", head[:-1] + "ing"}
    elif head.endswith("y") and head[-2:-1] not in VOWELS:
        forms = {head, head[:-1] + "ies", head[:-1] + "ied", head + "ing"}
    else:
        plural = "es" if re.search(r"(s|x|z|ch|sh)$", head) else "s"
        forms = {head, head + plural, head + "ed", head + "ing"}
        if re.search(r"[^aeiou][aeiou][bdgmnprt]$", head):
            forms |= {head + head[-1] + "ed", head + head[-1] + "ing"}
    return {form + rest for form in forms}


def plurals(noun: str) -> set[str]:
    """A noun and its regular plural."""
    noun = noun.replace("_", " ")
    plural = noun + "es" if re.search(r"(s|x|z|ch|sh)$", noun) else noun + "s"
    return {noun, plural}


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of a data file, whatever the lines."""
    return frozenset(word for line in lines_of(name) for word in line.split())


@cache
def listed(ident: str) -> frozenset[str]:
    """The words of a list of `words.toml`."""
    return frozenset(word_lists()[ident]["words"].split())


@cache
def in_order(ident: str) -> tuple[str, ...]:
    """The words or phrases (between commas) of a list of `words.toml` whose order counts."""
    text = word_lists()[ident]["words"]
    return tuple(part.strip() for part in text.split(",")) if "," in text else tuple(text.split())


@cache
def word_lists() -> dict[str, dict[str, str]]:
    """The lists of `words.toml`, by id: `for`, `words`, `example` and `counter_example`."""
    return tomllib.loads((files("processors.claims") / "data" / "words.toml").read_text("utf-8"))


@cache
def noun_class(name: str) -> frozenset[str]:
    """The words of a class of `nouns.txt`."""
    return word_classes("nouns.txt").get(name, frozenset())


@cache
def word_classes(name: str) -> dict[str, frozenset[str]]:
    """The classes of a data file (`class: words`) with their words."""
    lines = (line.split(":", 1) for line in lines_of(name))
    return {head: frozenset(word.replace("_", " ") for word in words.split()) for head, words in lines}


@cache
def humans() -> frozenset[str]:
    """The nouns for a person or people by what they do or are."""
    return noun_class("human") | noun_class("title") | {f"{word}s" for word in noun_class("title")}


@cache
def organs() -> frozenset[str]:
    """The nouns for an organisation, or for several."""
    one = noun_class("organ")
    return one | {f"{word}s" for word in one} | {f"{word[:-1]}ies" for word in one if word.endswith("y")}


def is_human(word: str) -> bool:
    """Return whether a noun stands for a person or people."""
    return word in humans()


def is_organ(word: str) -> bool:
    """Return whether a noun stands for an organisation, or for several."""
    return word in organs()


@cache
def irregular_verbs() -> dict[str, tuple[str, str]]:
    """Plain form to past and participle."""
    return {plain: (past, participle) for plain, past, participle in (line.split() for line in lines_of("verbs.txt"))}


@cache
def irregular_pasts() -> frozenset[str]:
    return frozenset(past for past, _ in irregular_verbs().values())


@cache
def irregular_participles() -> frozenset[str]:
    return frozenset(participle for _, participle in irregular_verbs().values())


@dataclass(frozen=True)
class Countries:
    """Lower-cased adjective, capital or name to country name."""

    names: dict[str, str]
    adjectives: dict[str, str]
    capitals: dict[str, str]

    def adjective(self, name: str) -> str:
        """The adjective of a country; its name where it has none."""
        return next((a.title() for a, country in self.adjectives.items() if country == name), name)

    def any(self, word: str) -> str | None:
        """The country that a name, adjective or capital stands for."""
        return self._all.get(word.casefold())

    @cached_property
    def _all(self) -> dict[str, str]:
        """All three; a name counts before an adjective, and that before a capital."""
        return self.capitals | self.adjectives | self.names


@cache
def countries() -> Countries:
    names: dict[str, str] = {}
    adjectives: dict[str, str] = {}
    capitals: dict[str, str] = {}
    for line in lines_of("countries.tsv"):
        name, adjective, capital, others = [*line.split("\t"), "", "", ""][:4]
        names[name.casefold()] = name
        names.update({o.casefold(): name for o in others.split("|") if o and o != "US"})
        for form in filter(None, adjective.split("|")):
            adjectives[form.casefold()] = name
            adjectives[form.casefold() + "s"] = name
        if capital:
            capitals[capital.casefold()] = name
    return Countries(names, adjectives, capitals)


@cache
def acronyms() -> dict[str, str]:
    """Initials to the name of the organisation."""
    return dict(line.split("\t", 1) for line in lines_of("acronyms.tsv"))


@cache
def event_triggers() -> dict[str, tuple[tuple[EventType, float], ...]]:
    """Lower-cased form (a word or a phrase, with "/v" or "/n" where only one use counts) to (event type, weight)s."""
    triggers: dict[str, list[tuple[EventType, float]]] = {}
    for line in lines_of("events.txt"):
        head, words = line.split(":", 1)
        kind, weight = head.split()
        for word in words.split():
            plain, _, use = word.rstrip("=").partition("/")
            forms = {plain.replace("_", " ")} if word.endswith("=") else inflections(plain)
            for form in forms:
                triggers.setdefault(f"{form}/{use}" if use else form, []).append((EventType[kind], float(weight)))
    return {form: tuple(pairs) for form, pairs in triggers.items()}


@cache
def trigger_index() -> dict[str, tuple[tuple[str, ...], ...]]:
    """First word of a trigger to the triggers' words, the longest first."""
    starts: dict[str, list[tuple[str, ...]]] = {}
    for form in event_triggers():
        words = tuple(form.partition("/")[0].split())
        if words not in starts.setdefault(words[0], []):
            starts[words[0]].append(words)
    return {word: tuple(sorted(forms, key=len, reverse=True)) for word, forms in starts.items()}


@cache
def cue_classes() -> dict[str, str]:
    """Lower-cased cue form to its class: report, deny, accuse, request, plan or none."""
    cues: dict[str, str] = {}
    for line in lines_of("cues.txt"):
        kind, words = line.split(":", 1)
        for word in words.split():
            verb, _, irregular = word.partition("=")
            for form in inflections(verb) | {f.replace("_", " ") for f in irregular.split(",") if f}:
                cues.setdefault(form, kind)
    return cues


def cue_class(first: str, second: str) -> tuple[str, str] | None:
    """The cue that a verb and the word after it make ("pointed out", "called on", "said") and its class."""
    table, pair = cue_classes(), f"{first} {second}"
    form = pair if pair in table else first
    kind = table.get(form, "none")
    return (form, kind) if kind != "none" else None


@cache
def currencies() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Currency to the signs and codes that stand before or after a sum, as they are printed, and its nouns."""
    found = {}
    for line in lines_of("currencies.txt"):
        unit, rest = line.split(":", 1)
        signs, _, nouns = rest.partition("|")
        forms = {f.replace("_", " ") for noun in nouns.split() for f in _forms(noun)}
        found[unit] = (frozenset(signs.split()), frozenset(forms))
    return found


@cache
def currency_of_sign(sign: str) -> str | None:
    """The currency of a sign or code in front of a number."""
    return next((unit for unit, (signs, _) in currencies().items() if sign in signs), None)


def _forms(noun: str) -> set[str]:
    plain, _, irregular = noun.partition("=")
    return plurals(plain) | {f for f in irregular.split(",") if f}


@cache
def units() -> dict[str, str]:
    """Lower-cased noun form to unit."""
    found: dict[str, str] = {}
    for line in lines_of("units.txt"):
        unit, words = line.split(":", 1)
        for word in words.split():
            for form in _forms(word):
                found.setdefault(form, unit)
    for unit, (signs, nouns) in currencies().items():
        for form in (*nouns, *(s.lower() for s in signs if len(s) > 1 and s.isalpha())):
            found.setdefault(form, unit)
    return found


@cache
def tag_lexicon() -> Mapping[str, str]:
    """Word to its most likely tag: the words of each tag are a line of `lexicon.zst` (`tools/make_lexicon.py`)."""
    data = (files("processors.claims") / "data" / "lexicon.zst").read_bytes()
    lines = (line.split(" ") for line in zstandard.decompress(data).decode().split("\n"))
    return {word: tag for tag, *words in lines for word in words}


@cache
def can_be_verb(base: str) -> bool:
    """Return whether a plain form has a past or a participle in the lexicon, so that it is a verb at times."""
    lexicon = tag_lexicon()
    if base in irregular_verbs():
        return True
    forms = (base + "d",) if base.endswith("e") else (base + "ed", base[:-1] + "ied", base + base[-1:] + "ed")
    return any(lexicon.get(f, "") in ("VBD", "VBN") for f in forms)


@cache
def plain_of_third(form: str) -> str | None:
    """The plain form that a word in -s could be the third person of, or None."""
    candidates = [form[:-1]] if form.endswith("s") and not form.endswith("ss") else []
    if form.endswith("ies"):
        candidates.append(form[:-3] + "y")
    if form.endswith("es"):
        candidates.append(form[:-2])
    return next((c for c in candidates if len(c) > 1 and can_be_verb(c)), None)
