"""Lexicons of `data/`, loaded once. The head of each data file describes it and how to extend it."""

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
    """Yield the lines of a data file without comments and blank lines."""
    text = (files("processors.claims") / "data" / name).read_text("utf-8")
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def inflections(verb: str) -> set[str]:
    """Return the regular forms of a verb in plain form: s, ed, ing (with e-dropping, y to ie and doubling)."""
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
    """Return a noun and its regular plural."""
    noun = noun.replace("_", " ")
    plural = noun + "es" if re.search(r"(s|x|z|ch|sh)$", noun) else noun + "s"
    return {noun, plural}


@cache
def word_list(name: str) -> frozenset[str]:
    """Return the words of a data file, regardless of its lines."""
    return frozenset(word for line in lines_of(name) for word in line.split())


@cache
def listed(ident: str) -> frozenset[str]:
    """Return the words of a list of `words.toml`."""
    return frozenset(word_lists()[ident]["words"].split())


@cache
def in_order(ident: str) -> tuple[str, ...]:
    """Return the words or phrases (between commas) of a list of `words.toml` whose order counts."""
    text = word_lists()[ident]["words"]
    return tuple(part.strip() for part in text.split(",")) if "," in text else tuple(text.split())


@cache
def word_lists() -> dict[str, dict[str, str]]:
    """Return the lists of `words.toml` by id: `for`, `words`, `example` and `counter_example`."""
    return tomllib.loads((files("processors.claims") / "data" / "words.toml").read_text("utf-8"))


@cache
def noun_class(name: str) -> frozenset[str]:
    """Return the words of a class of `nouns.txt`."""
    return word_classes("nouns.txt").get(name, frozenset())


@cache
def word_classes(name: str) -> dict[str, frozenset[str]]:
    """Return the classes of a data file (`class: words`) with their words."""
    lines = (line.split(":", 1) for line in lines_of(name))
    return {head: frozenset(word.replace("_", " ") for word in words.split()) for head, words in lines}


@cache
def humans() -> frozenset[str]:
    """Return the nouns for a person or people by occupation or role."""
    return noun_class("human") | noun_class("title") | {f"{word}s" for word in noun_class("title")}


@cache
def organs() -> frozenset[str]:
    """Return the nouns for one or several organisations."""
    one = noun_class("organ")
    return one | {f"{word}s" for word in one} | {f"{word[:-1]}ies" for word in one if word.endswith("y")}


def is_human(word: str) -> bool:
    """Return whether a noun stands for a person or people."""
    return word in humans()


def is_organ(word: str) -> bool:
    """Return whether a noun stands for one or several organisations."""
    return word in organs()


@cache
def irregular_verbs() -> dict[str, tuple[str, str]]:
    """Return plain form to past and participle."""
    return {plain: (past, participle) for plain, past, participle in (line.split() for line in lines_of("verbs.txt"))}


@cache
def irregular_pasts() -> frozenset[str]:
    return frozenset(past for past, _ in irregular_verbs().values())


@cache
def irregular_participles() -> frozenset[str]:
    return frozenset(participle for _, participle in irregular_verbs().values())


@dataclass(frozen=True)
class Countries:
    """Country names by lower-cased adjective, capital or name."""

    names: dict[str, str]
    adjectives: dict[str, str]
    capitals: dict[str, str]

    def adjective(self, name: str) -> str:
        """Return the adjective of a country, or its name where it has none."""
        return next((a.title() for a, country in self.adjectives.items() if country == name), name)

    def any(self, word: str) -> str | None:
        """Return the country that a name, adjective or capital stands for."""
        return self._all.get(word.casefold())

    @cached_property
    def _all(self) -> dict[str, str]:
        """Names, adjectives and capitals in one table, in this order of precedence."""
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
    """Return initials to the name of the organisation."""
    return dict(line.split("\t", 1) for line in lines_of("acronyms.tsv"))


@cache
def event_triggers() -> dict[str, tuple[tuple[EventType, float], ...]]:
    """Return lower-cased word or phrase ("/v" or "/n" where only one use counts) to its (event type, weight) pairs."""
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
    """Return the first word of a trigger to the words of its triggers, the longest first."""
    starts: dict[str, list[tuple[str, ...]]] = {}
    for form in event_triggers():
        words = tuple(form.partition("/")[0].split())
        if words not in starts.setdefault(words[0], []):
            starts[words[0]].append(words)
    return {word: tuple(sorted(forms, key=len, reverse=True)) for word, forms in starts.items()}


@cache
def cue_classes() -> dict[str, str]:
    """Return lower-cased cue form to its class: report, deny, accuse, request, plan or none."""
    cues: dict[str, str] = {}
    for line in lines_of("cues.txt"):
        kind, words = line.split(":", 1)
        for word in words.split():
            verb, _, irregular = word.partition("=")
            for form in inflections(verb) | {f.replace("_", " ") for f in irregular.split(",") if f}:
                cues.setdefault(form, kind)
    return cues


def cue_class(first: str, second: str) -> tuple[str, str] | None:
    """Return the cue of a verb and the word after it ("pointed out", "called on", "said") and its class."""
    table, pair = cue_classes(), f"{first} {second}"
    form = pair if pair in table else first
    kind = table.get(form, "none")
    return (form, kind) if kind != "none" else None


@cache
def currencies() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return currency to its printed signs and codes, which stand before or after a sum, and its nouns."""
    found = {}
    for line in lines_of("currencies.txt"):
        unit, rest = line.split(":", 1)
        signs, _, nouns = rest.partition("|")
        forms = {f.replace("_", " ") for noun in nouns.split() for f in _forms(noun)}
        found[unit] = (frozenset(signs.split()), frozenset(forms))
    return found


@cache
def currency_of_sign(sign: str) -> str | None:
    """Return the currency of a sign or code in front of a number."""
    return next((unit for unit, (signs, _) in currencies().items() if sign in signs), None)


def _forms(noun: str) -> set[str]:
    plain, _, irregular = noun.partition("=")
    return plurals(plain) | {f for f in irregular.split(",") if f}


@cache
def units() -> dict[str, str]:
    """Return lower-cased noun form to unit."""
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
    """Return word to its most likely tag, from `lexicon.zst`: a line a tag (`tools/make_lexicon.py`)."""
    data = (files("processors.claims") / "data" / "lexicon.zst").read_bytes()
    lines = (line.split(" ") for line in zstandard.decompress(data).decode().split("\n"))
    return {word: tag for tag, *words in lines for word in words}


@cache
def can_be_verb(base: str) -> bool:
    """Return whether a plain form can be a verb: the lexicon has its past or participle."""
    lexicon = tag_lexicon()
    if base in irregular_verbs():
        return True
    forms = (base + "d",) if base.endswith("e") else (base + "ed", base[:-1] + "ied", base + base[-1:] + "ed")
    return any(lexicon.get(f, "") in ("VBD", "VBN") for f in forms)


@cache
def plain_of_third(form: str) -> str | None:
    """Return the plain form of a word in -s that can be a third person, or None."""
    candidates = [form[:-1]] if form.endswith("s") and not form.endswith("ss") else []
    if form.endswith("ies"):
        candidates.append(form[:-3] + "y")
    if form.endswith("es"):
        candidates.append(form[:-2])
    return next((c for c in candidates if len(c) > 1 and can_be_verb(c)), None)
