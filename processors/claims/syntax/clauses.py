"""Clauses of a sentence from its noun phrases and verb groups, with subject, objects, agent and governing clause."""

import msgspec

from processors.claims.model import (
    ADVERBIAL,
    CONTENT,
    COORDINATE,
    INFINITIVE,
    MAIN,
    PARTICIPIAL,
    RELATIVE,
    Clause,
    Item,
    NounPhrase,
    Token,
    VerbGroup,
)
from processors.claims.syntax.chunker import SUBORDINATORS
from processors.claims.syntax.drafts import Draft, frozen
from processors.claims.syntax.lookahead import BREAKS, cue_of, finite_ahead, is_aside, is_plain_infinitive, verb_ahead
from processors.claims.syntax.sentences import ABBREVIATIONS

RELATIVES = frozenset({"WDT", "WP"})
QUANTIFIERS = frozenset("some many most several few others both all none".split())
CONTRASTS = frozenset({"while", "whereas", "although", "though"})
PARTS = frozenset({"including", "among"})
DASHES = frozenset("–—")


def clauses_of(tokens: list[Token], items: list[Item]) -> list[Clause]:
    """Return the clauses of a sentence in the order of their beginnings; at least one where there is any item."""
    builder = _Builder(tokens, items)
    for position, item in enumerate(items):
        builder.take(position, item)
    return builder.finished()


class _Builder:
    """Parser of one sentence in a single pass over its items; `now` is the clause under construction."""

    def __init__(self, tokens: list[Token], items: list[Item]) -> None:
        self.tokens, self.items = tokens, items
        self.now = Draft(MAIN, 0)
        self.all = [self.now]
        self.comma = self.joined = False
        self.before: Item | None = None

    def take(self, position: int, item: Item) -> None:
        if isinstance(item, int):
            self._mark(position, item)
            if self.tokens[item].tag == "RB":
                return
        elif isinstance(item, NounPhrase):
            item = self._noun(item)
        else:
            self._verb(position, item)
            self.comma = self.joined = False
        self.before = item

    def finished(self) -> list[Clause]:
        kept = [c for c in self.all if c.verb is not None or c.left or c.right]
        for clause in kept:
            ends = [p.last for p in (*clause.left, *clause.right)] + ([clause.verb.last] if clause.verb else [])
            clause.last = max([clause.last, *ends])
        return frozen(kept, self._turned)

    def _turned(self, clause: Clause) -> Clause:
        return msgspec.structs.replace(clause, is_inverted=True) if self._is_verb_first(clause) else clause

    def _is_verb_first(self, clause: Clause) -> bool:
        """Return whether a clause has translated word order: "And thanked the ministry the State"."""
        verb = clause.verb
        is_own = clause.kind in (MAIN, COORDINATE) and self.tokens[clause.first].low not in QUANTIFIERS
        if verb is None or not is_own or clause.subject() or not verb.is_finite or verb.modal:
            return False
        return self.tokens[verb.first].tag in ("VBD", "VBZ") and any(not p.prep and not p.is_date for p in clause.right)

    # -- marks and words that open clauses

    def _mark(self, position: int, index: int) -> None:
        token = self.tokens[index]
        if token.text in DASHES and self._is_paired(index):
            self.comma = True
        elif token.text in BREAKS or self._ends_sentence(index):
            self._open(Draft(MAIN, index + 1))
        elif token.tag == ",":
            self.comma = True
        elif token.tag == "CC":
            self.joined = True
        elif token.tag in RELATIVES and (self.now.right or self.now.left) and token.low != "what":
            self._relative(index, token)
        elif token.low == "with" and self.comma and self.now.verb is not None and self._is_absolute(position):
            self._open(Draft(COORDINATE, index, parent=self.now.parent, marker="with"))
        elif token.low == "that" and token.tag == "IN" and self.now.verb is not None:
            self._open(Draft(CONTENT, index + 1, parent=self._reporter() if self.joined else self.now, marker="that"))
        elif token.low == "whether" and self.now.verb is not None and cue_of(self.tokens, self.now.verb):
            self._open(Draft(CONTENT, index + 1, parent=self.now, marker="whether"))
        elif (
            token.low in CONTRASTS
            and self.comma
            and self.now.verb is not None
            and verb_ahead(self.tokens, self.items, position)
        ):
            self._open(Draft(MAIN, index, marker=token.low))
        elif token.low in SUBORDINATORS and verb_ahead(self.tokens, self.items, position):
            self._open(Draft(ADVERBIAL, index, parent=self.now, marker=token.low))
        elif token.tag in ("WRB", "WP") and self.now.verb is not None and verb_ahead(self.tokens, self.items, position):
            self._open(Draft(CONTENT, index, parent=self.now, marker=token.low))
        elif self.now.verb is not None:
            self.now.last = max(self.now.last, index if token.tag not in (".", "(", ")") else self.now.last)

    def _ends_sentence(self, index: int) -> bool:
        """Return whether a mark is a full stop inside a quotation."""
        if self.tokens[index].tag != "." or not 0 < index < len(self.tokens) - 1:
            return False
        before, after = self.tokens[index - 1], self.tokens[index + 1]
        return len(before.text) > 1 and before.low not in ABBREVIATIONS and not after.text[0].islower()

    def _is_paired(self, index: int) -> bool:
        return sum(t.text in DASHES for t in self.tokens) % 2 == 0 and len(self.tokens) > index + 1

    def _open(self, clause: Draft) -> None:
        if clause.kind in (MAIN, ADVERBIAL) and self.now.verb is None and not (self.now.left or self.now.right):
            self.all.remove(self.now)
        self.now = clause
        self.all.append(clause)
        self.comma = self.joined = False

    def _relative(self, index: int, token: Token) -> None:
        pool = self.now.right or self.now.left
        at = len(pool) - 1
        if token.low == "who" and self.comma:
            # The antecedent stands before "of" and an apposition in "Ana Lima, a coordinator of the movement, who put".
            while at and pool[at].prep == "of":
                at -= 1
            if at and pool[at - 1].last + 2 == pool[at].first and self.tokens[pool[at - 1].head].tag == "NNP":
                at -= 1
        self._open(Draft(RELATIVE, index, parent=self.now, marker=token.low, antecedent=pool[at]))

    def _reporter(self) -> Draft:
        """Return the reporting clause that "and that" continues."""
        clause: Draft | None = self.now
        while clause is not None and clause.kind != CONTENT:
            clause = clause.parent
        return clause.parent if clause is not None and clause.parent is not None else self.now

    def _is_absolute(self, position: int) -> bool:
        """Return whether "with" opens an absolute phrase, as in "with fighting continuing in the south"."""
        after = [i for i in self.items[position + 1 : position + 5] if not isinstance(i, int)]
        if len(after) < 2 or not isinstance(after[0], NounPhrase):
            return False
        second = after[1]
        return isinstance(second, VerbGroup) or (second.prep in ("on", "at") and self.tokens[second.head].tag == "CD")

    # -- phrases

    def _noun(self, phrase: NounPhrase) -> NounPhrase:
        """Add a noun phrase to the clause, and return it with its preposition in that clause."""
        clause = self.now
        self.comma = self.joined = False
        if not (clause.left or clause.right) and clause.verb is None and (clause.marker or clause.kind == CONTENT):
            phrase = msgspec.structs.replace(phrase, prep="")
        if clause.verb is None:
            clause.left.append(phrase)
        else:
            clause.right.append(phrase)
        return phrase

    def _verb(self, position: int, verb: VerbGroup) -> None:
        now = self.now
        if self.joined and not verb.is_finite and " " in (cue_of(self.tokens, verb) or ("",))[0]:
            # "called on" is active without "by": "said two had been shot and called on the council".
            verb = msgspec.structs.replace(verb, is_finite=True, is_passive=False, is_participle=False)
        is_told = now.verb is not None and self.tokens[now.verb.main].low in ("said", "says", "told")
        if (
            is_told
            and is_plain_infinitive(self.tokens, verb)
            and len(self._told_by(now)) == 1
            and self._is_reported_subject(position)
        ):
            # "told reporters the plan | to sell the port had failed"
            self._open_reported()
            now = self.now
        if now.verb is None and now.left and self.comma and is_aside(self.tokens, self.items, position):
            self._open(Draft(COORDINATE, verb.first, parent=now, verb=verb, is_inverted=True))
            return
        is_waiting = now.verb is None and now.left and not self.comma and now.marker != "with"
        if is_waiting and not verb.is_finite and finite_ahead(self.tokens, self.items, position):
            self._open(Draft(RELATIVE, verb.first, parent=now, verb=verb, antecedent=now.left[-1]))
            return
        if (verb.is_infinitive and now.verb is not None) or (not verb.is_finite and self._after_preposition()):
            self._open(Draft(INFINITIVE, verb.first, parent=now, verb=verb, shared=now))
        elif not verb.is_finite and (now.verb is not None or self.comma):
            if self._is_reported_subject(position):
                self._open_reported()
            self._participle(verb)
        elif now.verb is None:
            now.verb = verb
        else:
            self._second_verb(verb)

    def _told_by(self, clause: Draft | None) -> list[NounPhrase]:
        """Return the objects of a verb of saying, without those who hear it: "the plan" of "told reporters the plan"."""
        if clause is None or clause.verb is None or (cue_of(self.tokens, clause.verb) or ("", ""))[1] != "report":
            return []
        objects = [p for p in clause.right if not p.prep and not p.is_date]
        return objects[int(self.tokens[clause.verb.main].low == "told") :]

    def _after_preposition(self) -> bool:
        before = self.tokens[self.before] if isinstance(self.before, int) else None
        return before is not None and before.tag in ("IN", "TO") and before.low != "that"

    def _is_reported_subject(self, position: int) -> bool:
        """Return whether the object is a reported subject: "said a tour | planned for Thursday was cancelled"."""
        now = self.now
        if now.verb is None or not isinstance(self.before, NounPhrase) or self.comma or self.joined:
            return False
        is_object = now.right[-1:] == [self.before] and not self.before.prep
        return (
            is_object and cue_of(self.tokens, now.verb) is not None and finite_ahead(self.tokens, self.items, position)
        )

    def _open_reported(self) -> None:
        subject = self.now.right.pop()
        clause = Draft(CONTENT, subject.first, parent=self.now, left=[subject])
        self._trim(subject.first)
        self._open(clause)

    def _participle(self, verb: VerbGroup) -> None:
        if not self.comma and (self.now.verb is not None or self.now.left) and not self.joined:
            reduced = Draft(RELATIVE, verb.first, parent=self.now, verb=verb)
            pool = self.now.right or self.now.left
            reduced.antecedent = pool[-1] if pool else None
            self._open(reduced)
            return
        base = self._finite_of(self.now)
        self._open(Draft(PARTICIPIAL, verb.first, parent=base, verb=verb, shared=base))

    def _finite_of(self, clause: Draft) -> Draft:
        while clause.kind in (INFINITIVE, PARTICIPIAL, RELATIVE) and clause.parent is not None:
            clause = clause.parent
        return clause

    def _second_verb(self, verb: VerbGroup) -> None:
        """Add a finite verb after a clause that has one: of a new subject, a waiting clause, or a coordinated clause."""
        now = self.now
        if (
            now.kind == RELATIVE
            and now.left
            and isinstance(self.before, VerbGroup)
            and cue_of(self.tokens, self.before)
        ):
            # The antecedent is the subject of the reported verb in "attacks which officials say killed 1,200".
            self._open(Draft(CONTENT, verb.first, parent=now, verb=verb, antecedent=now.antecedent))
            return
        waiting = self._waiting()
        if waiting is not None and self._closes_relative():
            self.now = waiting
            waiting.verb = verb
            return
        if (told := self._told_before()) is not None:
            self.now = told
            told.verb = verb
            return
        is_adjacent = isinstance(self.before, NounPhrase) or not (self.comma or self.joined)
        subject = self._loose_subject() if is_adjacent else self._apposed_subject() or self._including_subject()
        if waiting is not None and not subject:
            self.now = waiting
            waiting.verb = verb
        elif subject:
            self._with_subject(verb, subject)
        elif self.comma and not self.joined and self._may_follow_its_words(verb):
            self._open(Draft(COORDINATE, verb.first, verb=verb, is_inverted=True))
        else:
            base = self._coordinated_with(verb)
            self._open(Draft(COORDINATE, verb.first, parent=base.parent, marker=base.marker, verb=verb, shared=base))

    def _may_follow_its_words(self, verb: VerbGroup) -> bool:
        """Return whether a verb can follow the words it reports: "..., said Lima", but not "..., called Lima a fool"."""
        cue = cue_of(self.tokens, verb)
        return cue is not None and not cue[0].startswith("call")

    def _closes_relative(self) -> bool:
        """Return whether a verb ends a relative clause: "a fire that left two houses in ruins | rose"."""
        now = self.now
        if now.kind != RELATIVE or now.verb is None or self.comma or self.joined or cue_of(self.tokens, now.verb):
            return False
        # "a helicopter carrying the mayor | crashed", "a plan to sell the port | failed", but "data showing prices rose".
        is_held = is_plain_infinitive(self.tokens, now.verb) or self.tokens[now.verb.main].tag == "VBG"
        return isinstance(self.before, NounPhrase) and bool(now.marker or self.before.prep or is_held)

    def _told_before(self) -> Draft | None:
        """Open the reported clause whose subject has a relative clause: "said the man who fell | died"; else None."""
        now, above = self.now, self.now.parent
        is_relative = now.kind == RELATIVE and now.marker and now.verb is not None and not self.joined
        is_apposed = bool(now.right) and self._comma_at(now.right[-1].first - 1)
        subject = now.antecedent
        if not is_relative or above is None or subject is None or self._told_by(above) != [subject]:
            return None
        if self.comma and not is_apposed:
            return None
        above.right.remove(subject)
        above.last = min(above.last, subject.first - 1)
        now.parent = Draft(CONTENT, subject.first, parent=above, left=[subject])
        self.all.insert(self.all.index(now), now.parent)
        return now.parent

    def _waiting(self) -> Draft | None:
        clause = self.now.parent
        while clause is not None:
            if clause.verb is None and clause.left:
                return clause
            clause = clause.parent
        return None

    def _loose_subject(self) -> list[NounPhrase]:
        """Return the noun phrases at the end of the current clause that can be the subject of the next verb."""
        right = self.now.right
        cut = next((i for i in range(len(right) - 1, -1, -1) if not right[i].prep and not right[i].is_date), None)
        if cut is None:
            return []
        while cut and self._are_joined(right[cut - 1], right[cut]) and not right[cut - 1].prep:
            cut -= 1
        taken, self.now.right = right[cut:], right[:cut]
        return taken

    def _apposed_subject(self) -> list[NounPhrase]:
        """Return a subject and its name between commas: ", and his lawyer, Ana Lima, said"."""
        right = self.now.right
        bare = [i for i, p in enumerate(right) if not p.prep and not p.is_date]
        if not self.comma or self.joined or len(bare) < 2 or self.tokens[right[bare[-1]].first - 1].tag != ",":
            return []
        begin = bare[-2]
        if right[begin].first and self.tokens[right[begin].first - 1].tag in ("CC", ",", "IN"):
            self.now.right, subject = right[:begin], right[begin:]
            return [p for p in subject if not p.prep]
        return []

    def _including_subject(self) -> list[NounPhrase]:
        """Return a reported subject with a part between commas: "said 18 people, including five children, were"."""
        right = self.now.right
        if not self.comma or self.joined or self.now.verb is None or not cue_of(self.tokens, self.now.verb):
            return []
        cut = next((i for i in range(len(right) - 1, -1, -1) if not right[i].prep and not right[i].is_date), None)
        if cut is None or cut + 1 == len(right) or right[cut + 1].prep not in PARTS:
            return []
        subject, self.now.right = right[cut:], right[:cut]
        return subject

    def _are_joined(self, a: NounPhrase, b: NounPhrase) -> bool:
        between = self.tokens[a.last + 1 : b.first]
        return len(between) == 1 and between[0].low in ("and", "or") and not a.is_date

    def _with_subject(self, verb: VerbGroup, subject: list[NounPhrase]) -> None:
        before, opening = self.tokens[subject[0].first - 1] if subject[0].first else None, self._reported_condition()
        if opening is not None:
            self.all.remove(opening)
            clause = Draft(CONTENT, opening.first, parent=opening.parent)
        elif before is not None and before.tag in (",", "CC"):
            base = self._finite_of(self.now)
            inside = (
                before.tag == "CC"
                and base.kind in (CONTENT, COORDINATE)
                and (
                    not self._comma_at(subject[0].first - 2) or (before.low == "and" and not cue_of(self.tokens, verb))
                )
            )
            clause = Draft(COORDINATE, subject[0].first, parent=base.parent if inside else None)
        else:
            clause = Draft(CONTENT, subject[0].first, parent=self.now)
        clause.left, clause.verb = subject, verb
        self._trim(subject[0].first)
        self._open(clause)

    def _reported_condition(self) -> Draft | None:
        """Return the condition that opens a reported clause: "she said if the union agrees, the port will open"."""
        now, above = self.now, self.now.parent
        if now.kind != ADVERBIAL or above is None or above.verb is None or now.first != above.verb.last + 1:
            return None
        return now if cue_of(self.tokens, above.verb) else None

    def _comma_at(self, index: int) -> bool:
        return index >= 0 and self.tokens[index].tag == ","

    def _trim(self, first: int) -> None:
        self.now.last = min(self.now.last, first - 1)

    def _coordinated_with(self, verb: VerbGroup) -> Draft:
        """Return the clause whose subject the verb shares: for a cue the reporting clause, else the nearest."""
        base = self._finite_of(self.now)
        if cue_of(self.tokens, verb):
            clause: Draft | None = base
            while clause is not None:
                if clause.verb is not None and cue_of(self.tokens, clause.verb):
                    return clause
                clause = clause.parent
        return base
