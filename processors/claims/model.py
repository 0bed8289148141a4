"""The parts of a text that the steps hand on: words, phrases, clauses, names, numbers, and who says them."""

from dataclasses import dataclass, field
from typing import Self

import msgspec

from claimwire.records.claims import Quantity

MAIN, COORDINATE, CONTENT, RELATIVE, ADVERBIAL, PARTICIPIAL, INFINITIVE = (
    "main", "coordinate", "content", "relative", "adverbial", "participial", "infinitive",
)  # fmt: skip
PERSON, ORGAN, COUNTRY, PLACE, GROUP, THING = "person", "organ", "country", "place", "group", "thing"
NARRATOR = ("narrator",)


class Token(msgspec.Struct, frozen=True, gc=False):
    """A word or mark of a sentence; offsets count characters of the text that was given."""

    start: int
    end: int
    text: str
    low: str
    tag: str


class NounPhrase(msgspec.Struct, frozen=True, gc=False):
    """Tokens `first`..`last` (inclusive); `prep` is the preposition that it hangs on, lower case, or ""."""

    first: int
    last: int
    head: int
    prep: str = ""
    is_date: bool = False


class VerbGroup(msgspec.Struct, frozen=True, gc=False):
    """Auxiliaries and verb; `main` is the token that says what is done."""

    first: int
    last: int
    main: int
    is_finite: bool = True
    is_passive: bool = False
    is_negated: bool = False
    is_infinitive: bool = False
    is_participle: bool = False
    modal: str = ""


Item = NounPhrase | VerbGroup | int


class Clause(msgspec.Struct, frozen=True, eq=False, gc=False):
    """`left` are the noun phrases before the verb, `right` those after it; `first`, `last` are token indexes.

    `parent` is the clause that this one hangs on, `marker` the word that opens it.
    """

    kind: str
    first: int
    last: int = -1
    parent: "Clause | None" = None
    marker: str = ""
    verb: VerbGroup | None = None
    left: tuple[NounPhrase, ...] = ()
    right: tuple[NounPhrase, ...] = ()
    antecedent: NounPhrase | None = None
    shared: "Clause | None" = None
    is_inverted: bool = False

    def subject(self) -> list[NounPhrase]:
        """The coordinated subject: of the clause itself, of the one that it shares it with, or its antecedent."""
        if self.is_inverted:
            return [p for p in self.right if not p.prep and not p.is_date][:1]
        own = [p for p in self.left if not p.prep and not p.is_date]
        if own:
            return own
        if self.antecedent is not None:
            return [self.antecedent]
        return self.shared.subject() if self.shared is not None else []


class Entity(msgspec.Struct, frozen=True, gc=False):
    """A canonical name and its kind."""

    name: str
    kind: str


class Number(msgspec.Struct, frozen=True, gc=False):
    """A quantity; `first`, `last` are the tokens of its figure; `restated`: another value of what was counted before."""

    first: int
    last: int
    quantity: Quantity
    restated: bool = False


@dataclass(frozen=True, slots=True)
class Attribution:
    """`claimant` says it with the words `cue`; `kind` is the cue's class, or "doubt" where it is negated.

    `frame` is the clause that says so, where one does.
    """

    claimant: tuple[str, ...]
    cue: str | None
    kind: str
    frame: Clause | None = field(default=None, compare=False)


NOBODY = Attribution(NARRATOR, None, "")


class Proposition(msgspec.Struct, frozen=True, gc=False):
    """Clauses that make one claim, the first of which is its head; who says it; and its tokens `first` to `last`."""

    clauses: tuple[Clause, ...]
    said: Attribution
    head: Clause
    first: int
    last: int

    @classmethod
    def of(cls, clauses: tuple[Clause, ...], said: Attribution) -> Self:
        return cls(clauses, said, clauses[0], min([c.first for c in clauses]), max([c.last for c in clauses]))
