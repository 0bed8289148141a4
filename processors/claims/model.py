"""Data that the steps pass on: tokens, phrases, clauses, entities, numbers, attributions."""

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
    """A word or mark of a sentence; offsets count characters of the whole text."""

    start: int
    end: int
    text: str
    low: str
    tag: str


class NounPhrase(msgspec.Struct, frozen=True, gc=False):
    """Tokens `first`..`last` (inclusive); `prep` is the preposition that governs it, in lower case, or ""."""

    first: int
    last: int
    head: int
    prep: str = ""
    is_date: bool = False


class VerbGroup(msgspec.Struct, frozen=True, gc=False):
    """Auxiliaries and verb; `main` is the token of the main verb."""

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
    """A clause: noun phrases `left` and `right` of its verb; `first`, `last` are token indexes.

    `parent` is the governing clause, `marker` the word that opens this one.
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
        """Return the coordinated subject of the clause or of the one it shares it with, or its antecedent."""
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
    """A quantity; `first`, `last` are the tokens of its figure; `restated` marks another value of an earlier count."""

    first: int
    last: int
    quantity: Quantity
    restated: bool = False


@dataclass(frozen=True, slots=True)
class Attribution:
    """A claimant and the reporting words `cue`; `kind` is the cue's class, or "doubt" where it is negated.

    `frame` is the reporting clause, if there is one.
    """

    claimant: tuple[str, ...]
    cue: str | None
    kind: str
    frame: Clause | None = field(default=None, compare=False)

    @property
    def is_vague(self) -> bool:
        """Return whether the claimant is nobody in particular."""
        return not self.claimant or self.claimant[0].islower()


NOBODY = Attribution(NARRATOR, None, "")


class Proposition(msgspec.Struct, frozen=True, gc=False):
    """Clauses that make one claim, the first of which is its head; its attribution; its tokens `first` to `last`."""

    clauses: tuple[Clause, ...]
    said: Attribution
    head: Clause
    first: int
    last: int

    @classmethod
    def of(cls, clauses: tuple[Clause, ...], said: Attribution) -> Self:
        return cls(clauses, said, clauses[0], min([c.first for c in clauses]), max([c.last for c in clauses]))
