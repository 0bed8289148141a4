"""Clauses during parsing, and their conversion to and from frozen clauses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Self

import msgspec

from processors.claims.model import Clause, NounPhrase, VerbGroup


class Draft(msgspec.Struct, eq=False, gc=False):
    """A clause under construction, with the fields of `Clause`."""

    kind: str
    first: int
    last: int = -1
    parent: Draft | None = None
    marker: str = ""
    verb: VerbGroup | None = None
    left: list[NounPhrase] = []
    right: list[NounPhrase] = []
    antecedent: NounPhrase | None = None
    shared: Draft | None = None
    is_inverted: bool = False

    def frozen(self, parent: Clause | None, shared: Clause | None) -> Clause:
        return Clause(
            self.kind, self.first, self.last, parent, self.marker, self.verb, tuple(self.left), tuple(self.right),
            self.antecedent, shared, self.is_inverted,
        )  # fmt: skip

    @classmethod
    def of(cls, clause: Clause) -> Self:
        """Return a draft of a clause without its links to other clauses."""
        return cls(
            clause.kind, clause.first, clause.last, None, clause.marker, clause.verb, list(clause.left),
            list(clause.right), clause.antecedent, None, clause.is_inverted,
        )  # fmt: skip


def frozen(drafts: Iterable[Draft], finish: Callable[[Clause], Clause] = lambda clause: clause) -> list[Clause]:
    """Return the clauses of drafts, with the same links between them; `finish` transforms each."""
    made: dict[int, Clause] = {}

    def one(draft: Draft) -> Clause:
        if id(draft) not in made:
            parent, shared = draft.parent, draft.shared
            made[id(draft)] = finish(draft.frozen(one(parent) if parent else None, one(shared) if shared else None))
        return made[id(draft)]

    return [one(draft) for draft in drafts]


def thawed(clauses: Iterable[Clause]) -> list[Draft]:
    """Return drafts of clauses, with the same links between them."""
    made: dict[int, Draft] = {}

    def one(clause: Clause | None) -> Draft | None:
        if clause is None:
            return None
        if id(clause) not in made:
            draft = made[id(clause)] = Draft.of(clause)
            draft.parent, draft.shared = one(clause.parent), one(clause.shared)
        return made[id(clause)]

    return [draft for clause in clauses if (draft := one(clause)) is not None]


def descendants(clause: Clause, clauses: list[Clause]) -> Iterator[Clause]:
    """Yield the clauses that depend on one, directly or not, in order."""
    for other in clauses:
        above = other.parent
        while above is not None and above is not clause:
            above = above.parent
        if above is clause:
            yield other
