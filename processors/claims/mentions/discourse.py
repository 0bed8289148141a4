"""State of a document so far: people, organisations, countries, groups, and the speaker."""

import copy
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from claimwire.records.claims import Claim, EventDate, Quantity
from claimwire.records.vocabulary import EventType
from processors.claims.lexicon import countries, is_human, is_organ, tag_lexicon, word_classes
from processors.claims.mentions import gazetteer
from processors.claims.mentions.spelling import fold, skeleton
from processors.claims.model import COUNTRY, GROUP, ORGAN, PERSON, PLACE, Entity

SPEAKERS = frozenset({PERSON, ORGAN, COUNTRY, GROUP})
SURELY_MEANT = 15_000
EXPLAINED = re.compile(
    r"((?:[A-ZÀ-Þ][\w’'-]*|of|for|the|and|on|de)(?: (?:[A-ZÀ-Þ][\w’'-]*|of|for|the|and|on|de)){1,9}) \(([A-Z]{2,8})\)"
)

# "The union" and "union leaders" are of workers.
UNIONS_OF_STATES = frozenset({"European Union", "African Union", "Soviet Union"})
GENERATIONS = frozenset({"jr", "sr", "ii", "iii", "iv"})


def _begins_with_word(full: str) -> bool:
    """Return whether the first word of a name in a headline is an adjective: "Unpredictable Lima"."""
    first = full.split(maxsplit=1)[0].casefold()
    return tag_lexicon().get(first) == "JJ" and not any(
        first in names for names in word_classes("given_names.txt").values()
    )


def _family_name(full: str) -> str:
    """Return the last word of a person's name, without "Jr." or "III"."""
    words = full.split()
    return words[-2] if words[-1].strip(".").casefold() in GENERATIONS and len(words) > 1 else words[-1]


def is_one(description: str) -> bool:
    """Return whether a description is of one person, whom "they" does not mean: "the girl's mother", "head of police"."""
    head = description.partition(" of ")[0].split()[-1]
    return head in ("man", "woman", "child", "person") or (is_human(head) and is_human(f"{head}s"))


@dataclass
class Context:
    """Names in a document so far, added in the order of the text.

    `topic` is the subject of the previous sentence if it can speak; `named_last` are the people in that sentence.
    """

    people: list[str] = field(default_factory=list)
    organs: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    sides: list[Entity] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    named_places: Counter[str] = field(default_factory=Counter)
    titles: dict[str, str] = field(default_factory=dict)
    nationality: dict[str, str] = field(default_factory=dict)
    countries: Counter[str] = field(default_factory=Counter)
    claimant: tuple[str, ...] = ()
    topic: Entity | None = None
    named_last: frozenset[str] = frozenset()
    counts: list[tuple[Quantity, EventType]] = field(default_factory=list)
    counted: Claim | None = None
    # The latest day in the text, with the offset of its sentence; the trading day of a market report.
    day: tuple[date, int] | None = None
    session: EventDate | None = None
    # The latest speaker with a date, the start of the paragraph, and that date.
    speech: tuple[tuple[str, ...], int, EventDate] | None = None
    told: list[Claim] = field(default_factory=list)
    plural: Entity | None = None
    resolved: dict[tuple[int, int], Entity | None] = field(default_factory=dict)
    descriptions: dict[str, set[str]] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    acronyms: dict[str, str] = field(default_factory=dict)
    # The words by which the text has named each entity.
    described: dict[str, str] = field(default_factory=dict)
    _full: dict[str, str] = field(default_factory=dict)

    def branch(self) -> "Context":
        """Return a copy for reading ahead."""
        ahead = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | dict):
                setattr(ahead, name, value.copy())
        return ahead

    def see(self, entity: Entity) -> None:
        """Record an entity as the latest of its kind."""
        if entity.kind == COUNTRY:
            self.countries[entity.name] += 2
        if entity.kind in (COUNTRY, ORGAN):
            if entity in self.sides:
                self.sides.remove(entity)
            self.sides.append(entity)
        if entity.kind == PLACE:
            self.named_places[entity.name] += 1
        if entity.kind == PLACE and (found := gazetteer.places(entity.name)):
            at_home = next((p for p in found if p.country in self.countries), found[0])
            if at_home.population >= SURELY_MEANT or len({p.country for p in found}) == 1:
                self.countries[at_home.country] += 1
        is_group = entity.kind == GROUP and not is_one(entity.name)
        if is_group or entity.name.endswith(("Forces", "police", "prosecutors", "authorities")):
            self.plural = entity
        seen = {PERSON: self.people, ORGAN: self.organs, GROUP: self.groups, PLACE: self.places}.get(entity.kind)
        if seen is None:
            return
        if entity.name in seen:
            seen.remove(entity.name)
        if entity.kind == ORGAN and entity.name in self.people:
            # "Wolf Harding" is no person after "the brokerage Wolf Harding".
            self.people.remove(entity.name)
        seen.append(entity.name)
        if entity.kind == PERSON and " " in entity.name:
            # A family name alone means whom the text named first, not the wife or the lawyer of that name.
            surname = _family_name(entity.name)
            for key in (f"={fold(surname)}", skeleton(surname)):
                if key not in self._full or _begins_with_word(self._full[key]):
                    self._full[key] = entity.name

    def see_acronyms(self, text: str) -> None:
        """Record the acronyms that a text explains: "the Harbour Safety Office (HSO)"."""
        for found in EXPLAINED.finditer(text) if "(" in text else ():
            words, acronym = found.group(1).split(), found.group(2)
            initials = [w for w in words if w[0].isupper()]
            letters = "".join(w[0] for w in initials[-len(acronym) :]).upper()
            if letters == acronym or (len(initials) > 2 and any(is_organ(w.lower()) for w in words)):
                begin = words.index(initials[-len(acronym)] if letters == acronym else initials[0])
                self.acronyms.setdefault(
                    acronym, " ".join(words[begin:]).removesuffix("'s").removesuffix("’s").rstrip("'’")
                )

    def see_adjectives(self, words: Iterable[str]) -> None:
        """Record the countries of adjectives: "the Spanish city", "Israeli figures"."""
        adjectives = countries().adjectives
        for word in words:
            if country := adjectives.get(word):
                self.countries[country] += 1

    def person(self, name: str) -> str | None:
        """Return the full name for a surname in any transliteration, or None."""
        full = self._full.get(f"={fold(name)}") or self._full.get(skeleton(name))
        return full if full and fold(_family_name(full))[:1] == fold(name)[:1] else None

    def first_named(self, name: str) -> str | None:
        """Return the one person whose name begins with the word, or None."""
        found = {p for p in self.people if " " in p and fold(p.split()[0]) == fold(name)}
        return found.pop() if len(found) == 1 else None

    def organ(self, word: str) -> str | None:
        """Return the latest organisation whose name has the word, or None."""
        wanted = {"army": "armed forces", "military": "armed forces", "force": "forces"}.get(word, word)
        named = (o for o in reversed(self.organs) if o not in UNIONS_OF_STATES or word != "union")
        return next((o for o in named if f" {wanted} " in f" {o.casefold()} "), None)

    def main_country(self) -> str | None:
        """Return the country that the document names at least twice as often as any other, or None."""
        (first, most), (_, next_) = (*self.countries.most_common(2), ("", 0), ("", 0))[:2]
        return first if most and most >= 2 * next_ else None

    def leading_country(self) -> str | None:
        """Return the country that the document has named more often than any other so far, or None."""
        (first, most), (_, next_) = (*self.countries.most_common(2), ("", 0), ("", 0))[:2]
        return first if most > next_ else None

    def home(self) -> str | None:
        """Return the claimant's country, else the one that the document names most."""
        for name in reversed(self.claimant):
            if name in self.nationality:
                return self.nationality[name]
            first = next((c for c in self.countries if name.startswith(c)), None)
            if first:
                return first
        top = self.countries.most_common(1)
        return top[0][0] if top else None
