"""Attribution of clauses to claimants by reporting clauses (leading, trailing, inverted, quoted) or "according to"."""

import itertools

from processors.claims.attribution.beside import (
    accorded,
    author_of,
    cut_out,
    holders_of,
    lead_of,
    name_beside,
    owner_of,
    people_in,
)
from processors.claims.attribution.objects import calls_for, is_no_report, reports_its_object, spoken_act
from processors.claims.events.quantities import SPOKEN
from processors.claims.lexicon import listed, noun_class, word_list
from processors.claims.mentions.discourse import SPEAKERS, Context
from processors.claims.mentions.entities import entities_of, entity_of
from processors.claims.mentions.pronouns import can_speak_as, speaker_of
from processors.claims.model import (
    ADVERBIAL,
    CONTENT,
    COORDINATE,
    MAIN,
    NOBODY,
    PARTICIPIAL,
    PERSON,
    RELATIVE,
    Attribution,
    Clause,
    Entity,
    NounPhrase,
    Token,
)
from processors.claims.syntax.clauses import DASHES
from processors.claims.syntax.drafts import descendants
from processors.claims.syntax.lookahead import cue_of
from processors.claims.syntax.tokenizer import BE

COUNTS = frozenset("counts count counted estimates estimate estimated lists list listed tallied".split())
POLLED = frozenset("has had puts put gives gave".split())
OF_FIGURES = COUNTS | POLLED | SPOKEN
PLAIN = frozenset("said says confirmed announced stated declared reported added warned".split())
SELF = frozenset({"deny", "accuse", "request", "plan"})
HEARERS = listed("hearers")


class Attributions:
    """Attributions of the clauses of one sentence; `frames` are the clauses that only attribute."""

    def __init__(self, tokens: list[Token], clauses: list[Clause], context: Context) -> None:
        self._tokens, self._clauses, self._context = tokens, clauses, context
        self._said: dict[int, Attribution] = {}
        self._own: tuple[str, ...] = ()
        self.frames: set[int] = set()
        self._according()
        self._colon()
        self._dash()
        for clause in self._clauses:
            if clause.verb is None or self._figure(clause):
                continue
            if cue := spoken_act(tokens, clause) or cue_of(tokens, clause.verb):
                self._cue(clause, *cue)
        self._views()

    @property
    def clauses(self) -> list[Clause]:
        """The clauses of the sentence, without "according to" phrases."""
        return self._clauses

    def of(self, clause: Clause) -> Attribution:
        """Return the attribution of a clause; NOBODY for the outlet."""
        return self._said.get(id(clause), NOBODY)

    def is_frame(self, clause: Clause) -> bool:
        return id(clause) in self.frames

    def _give(self, clauses: list[Clause], said: Attribution, inner: bool = False) -> None:
        for clause in clauses:
            if inner and self._is_nearer(said, self._said.get(id(clause))):
                self._said[id(clause)] = said
            if not self._is_given(clause) and not said.is_vague:
                self._said[id(clause)] = said
            self._said.setdefault(id(clause), said)

    def _is_nearer(self, said: Attribution, before: Attribution | None) -> bool:
        """Return whether the nearer claimant counts; in "Lima said the council had agreed that" it is Lima."""
        if before is None or before.is_vague != said.is_vague:
            return before is None or before.is_vague
        is_handed_on = said.frame is not None and self._said.get(id(said.frame)) is before and before.cue is not None
        return not is_handed_on or before.kind != "report" or before.claimant in ((), said.claimant)

    def _is_given(self, clause: Clause) -> bool:
        """Return whether a clause has a claimant: "the mayor told reporters, according to a transcript" is the mayor's."""
        said = self._said.get(id(clause))
        if said is None or (
            said.frame is clause and clause.verb is not None and clause.verb.modal in ("will", "would")
        ):
            # "will appeal" is no report yet in "Kask will appeal to the court, her lawyer said".
            return False
        return not (said.cue == "according to" and said.is_vague)

    # -- forms

    def _according(self) -> None:
        """Attribute clauses by "according to", and cut these phrases out of them."""
        cuts: list[tuple[int, int, NounPhrase, int]] = []
        for at, clause in enumerate(self._clauses):
            for phrase in (*clause.left, *clause.right):
                lead = lead_of(self._tokens, phrase) if phrase.prep else 0
                if lead and (end := self._give_according(at, phrase, lead)):
                    cuts.append((at, phrase.first - lead, phrase, end))
        if not cuts:
            return
        given = [self._said.get(id(c)) for c in self._clauses]
        self._clauses = cut_out(self._clauses, cuts)
        self._said = {id(c): said for c, said in zip(self._clauses, given, strict=True) if said is not None}
        # "according to a survey | released on Friday" belongs to the attribution.
        named = {phrase for *_, phrase, _ in cuts}
        self.frames.update(id(c) for c in self._clauses if c.kind == RELATIVE and c.antecedent in named)

    def _give_according(self, at: int, phrase: NounPhrase, lead: int) -> int:
        """Attribute a clause by "according to"; return the last token of the claimant, 0 for a count of nobody."""
        tokens, context, clause = self._tokens, self._context, self._clauses[at]
        claimant, author = self._author(phrase), author_of(tokens, phrase, self._clauses, context)
        beside, end = accorded(tokens, phrase, clause, author, context)
        if lead == 1:
            claimant = claimant or self._named(owner_of(tokens, phrase, clause))
            end = end if claimant else 0
        elif not claimant:
            claimant = tuple(e.name for e in entities_of(tokens, [phrase, *beside], context))[-1:]
        said = Attribution(claimant, "according to", "report")
        is_behind = at > 0 and any(t.tag not in ("CC", "RB", ",") for t in tokens[clause.first : phrase.first - lead])
        if claimant and (is_behind or (clause.verb is not None and phrase.first > clause.verb.first)):
            self._give([c for c in self._clauses[: at + 1] if c is clause or c.kind != CONTENT], said)
        elif claimant:
            self._give(self._clauses[at:], said)
        return end

    def _colon(self) -> None:
        """Attribute a headline or transcript with a label: `Interior ministry: criminal case opened`."""
        first = self._clauses[0] if len(self._clauses) > 1 else None
        if first is None or first.verb is not None or len(first.left) != 1 or first.left[0].prep:
            return
        label = first.left[0]
        if self._tokens[label.last + 1 : label.last + 2] == [] or self._tokens[label.last + 1].text != ":":
            return
        entity = entity_of(self._tokens, label, self._context)
        if entity is None or (self._tokens[label.head].text.isupper() and entity.kind != PERSON):
            # "WATCH: ..."
            return
        told = self._clauses[1]
        is_listed = entity.kind == PERSON and not (told.verb is not None and told.verb.is_finite)
        # "Ana Lima: theft, held in jail" is a list of charges, and no report.
        if entity.kind in SPEAKERS and not is_listed:
            self.frames.add(id(first))
            self._context.claimant = (entity.name,)
            self._give(self._clauses[1:], Attribution((entity.name,), None, "report"))

    def _dash(self) -> None:
        """Attribute a headline with its claimant at the end: "Toll reaches 24 - ministry", "Bridge is safe: mayor"."""
        last = self._clauses[-1] if self._clauses else None
        if last is None or last.verb is not None or len(self._clauses) < 2 or len(last.left) != 1 or last.left[0].prep:
            return
        phrase = last.left[0]
        mark = self._tokens[phrase.first - 1].text if phrase.first else ""
        # "... | Local News - The Harbour Times" ends in the name of the site.
        is_site = any(t.text == "|" for t in self._tokens)
        if is_site or mark not in DASHES | {":"} or phrase.last + 1 < len(self._tokens):
            return
        claimant = self._named([phrase])
        if claimant:
            self.frames.add(id(last))
            self._context.claimant = claimant
            self._give(self._clauses[:-1], Attribution(claimant, None, "report"))

    def _figure(self, clause: Clause) -> bool:
        """Attribute a figure: "maintained the figure of 31", "raised the toll to 9", "the poll has them on 31%"."""
        assert clause.verb is not None
        tokens, main = self._tokens, self._tokens[clause.verb.main].low
        if main not in BE and main not in OF_FIGURES and main not in word_list("figure_verbs.txt"):
            return False
        subject = clause.subject()
        named = [tokens[p.head].low for p in clause.right if not p.prep]
        span = tokens[clause.verb.main + 1 : clause.last + 1]
        is_own = main in BE and len(subject) == 1 and tokens[subject[0].head].low in noun_class("tally")
        is_told = main in word_list("figure_verbs.txt") and any(
            n in ("it", "crowd") or n in noun_class("tally") or n in noun_class("stake") for n in named
        )
        is_spoken = main in SPOKEN and any(p.prep == "of" for p in clause.right)
        is_count = (main in COUNTS and bool(named)) or is_spoken
        shares = (p for p in clause.right if p.prep in ("on", "at") and tokens[p.first].tag == "CD")
        is_polled = (
            main in POLLED and any(shares) and any(tokens[p.head].low in noun_class("document") for p in subject)
        )
        if (
            clause.verb.is_passive
            or not (is_own or is_told or is_count or is_polled)
            or not any(t.tag == "CD" for t in span)
        ):
            return False
        claimant = self._named(owner_of(self._tokens, subject[0])) if is_own else self._named(subject)
        if not claimant or (clause.kind == RELATIVE and tokens[clause.first - 1].tag != ","):
            return False
        self._give(
            [clause, *descendants(clause, self._clauses)], Attribution(claimant, main, "report", clause), inner=True
        )
        self._context.claimant = claimant
        return True

    def _views(self) -> None:
        """Attribute the view of a noun: "the firm's announcement that", "a warning by the bank that"."""
        for clause in self._clauses:
            low, holders = holders_of(self._tokens, clause, self._clauses)
            if holders and not self._is_given(clause) and (claimant := self._named(holders)):
                self._give([clause, *descendants(clause, self._clauses)], Attribution(claimant, low, "report"))
                # "The union's position is | that"
                self.frames.update(
                    id(c) for c in self._clauses if c.verb is not None and c.verb.last == clause.first - 2
                )

    def _cue(self, clause: Clause, form: str, kind: str) -> None:
        assert clause.verb is not None
        is_heard = clause.antecedent is not None and (kind == "accuse" or self._is_saying(clause))
        if clause.verb.is_passive or (clause.kind == RELATIVE and not is_heard):
            return
        subjects = {self._tokens[p.head].low for p in clause.subject()}
        if subjects & {"i", "we", "you"} or is_no_report(self._tokens, clause, form):
            return
        if self._is_accused(clause, kind) or (clause.verb.modal in ("must", "should") and not self._contents(clause)):
            return
        claimant = self._claimant(clause, form) or self._whoever(clause, form)
        if not claimant and not self._is_pronoun(clause.subject()):
            return
        if form.startswith("call") and kind == "accuse" and calls_for(clause, self._clauses):
            kind = "request"
        doubted = clause.verb.is_negated or clause.verb.modal.startswith(("declin", "refus"))
        said = Attribution(claimant, form, "doubt" if doubted and kind in ("report", "deny") else kind, clause)
        contents = self._contents(clause)
        if contents:
            self.frames.add(id(clause))
            self._give(contents, said, inner=contents[0].first > clause.first)
        elif (kind in SELF and form not in word_list("weak_cues.txt")) or reports_its_object(
            self._tokens, clause, form, self._context
        ):
            self._give([clause, *descendants(clause, self._clauses)], said, inner=True)
        else:
            if form in PLAIN and clause is self._clauses[-1] and clause.verb.last == clause.last:
                # The last clause of "He called her a fool, prosecutors said" only attributes.
                self.frames.add(id(clause))
            return
        if claimant:
            self._context.claimant = self._own = claimant
            # The bank is the author in "The bank said in a statement".
            for phrase in (*clause.left, *clause.right):
                if phrase.prep in ("in", "by") and self._tokens[phrase.head].low in noun_class("document"):
                    self._context.authors[self._tokens[phrase.head].low] = claimant[0]

    def _is_accused(self, clause: Clause, kind: str) -> bool:
        """Return whether a headline leaves "is" out: "Mayor accused of fraud"; not "the army, which it accused of"."""
        after = [t.low for t in self._tokens[(clause.verb.last if clause.verb else clause.last) + 1 :][:1]]
        return kind == "accuse" and clause.kind != RELATIVE and after in (["of"], ["over"], ["by"])

    def _is_pronoun(self, subject: list[NounPhrase]) -> bool:
        """Return whether the subject is a pronoun, as a claimant that may be ambiguous."""
        return len(subject) == 1 and self._tokens[subject[0].head].low in ("he", "she")

    def _whoever(self, clause: Clause, form: str) -> tuple[str, ...]:
        """Return the subject as claimant whatever its kind: "the museum said three paintings had been stolen"."""
        if form not in PLAIN or not self._contents(clause) or clause.verb is None or self._is_pronoun(clause.subject()):
            return ()
        # The modifier of the claimant is no claim: "a version of the story, distributed on Tuesday, said".
        beside = (c for c in self._clauses if c.kind in (RELATIVE, PARTICIPIAL) and c.last < clause.verb.first)
        self.frames.update(id(c) for c in beside if c.parent is clause or c.shared is clause)
        return tuple(e.name for e in entities_of(self._tokens, clause.subject(), self._context))[:2]

    def _is_saying(self, clause: Clause) -> bool:
        """Return whether a relative clause reports: "with some analysts suggesting that", "which officials say killed 12"."""
        assert clause.verb is not None
        is_participle = not clause.marker and self._tokens[clause.verb.main].tag == "VBG"
        return (is_participle or bool(clause.left)) and any(
            c.parent is clause and c.kind == CONTENT for c in self._clauses
        )

    def _claimant(self, clause: Clause, low: str) -> tuple[str, ...]:
        assert clause.verb is not None
        if clause.kind == PARTICIPIAL and clause.shared is not None:
            before = self._said.get(id(clause.shared))
            while before is not None and before.frame is not None and id(before.frame) in self._said:
                # The claimant of "saying" is Lima in "Lima said that the town had decided ..., saying".
                above = self._said[id(before.frame)]
                before = above if above is not before else None
            if before is not None:
                return before.claimant
            if self.is_frame(clause.shared):
                return self._context.claimant
        subject = clause.subject()
        is_reduced = clause.kind == RELATIVE and not clause.marker and clause.parent is not None
        if is_reduced and clause.parent and subject and subject[0].prep in ("on", "in"):
            # The blog is no accuser in "wrote on a blog accusing the mayor".
            subject = clause.parent.subject()
        if not subject and clause is self._clauses[0] and self._tokens[clause.verb.main].tag == "VBG":
            # "Arguing that the bridge is safe, Lima has"
            subject = next((c.subject() for c in self._clauses if c.kind in (MAIN, COORDINATE) and c.left), [])
        if len(subject) == 1 and (low_subject := self._tokens[subject[0].head].low) in ("he", "she", "they"):
            # A claimant of this sentence comes before any other: "Lima said that she would appeal".
            own = next((n for n in self._own if can_speak_as(low_subject, n, self._context)), None)
            found = (own,) if own else speaker_of(low_subject, self._context)
            below = [c for c in descendants(clause, self._clauses) if c.first > clause.first]
            spoken_of = people_in(self._tokens, below, self._context)
            return tuple(name for name in found if name not in spoken_of)
        beside = name_beside(self._tokens, clause, self._clauses, self._context)
        if len(subject) == 1 and not beside and (author := self._author(subject[0])):
            return author
        return self._named([*subject, *beside], low not in word_list("weak_cues.txt"))

    def _author(self, phrase: NounPhrase) -> tuple[str, ...]:
        """Return the author of a document by its own words or an earlier mention, or ()."""
        author, head = author_of(self._tokens, phrase, self._clauses, self._context), self._tokens[phrase.head].low
        named = self._named(author)
        if named:
            self._context.authors[head] = named[0]
        elif self._tokens[phrase.first].low in ("the", "this") and phrase.last - phrase.first == 1:
            named = tuple(filter(None, [self._context.authors.get(head)]))
        return named

    def _named(self, phrases: list[NounPhrase], anything: bool = False) -> tuple[str, ...]:
        found = entities_of(self._tokens, phrases, self._context)
        named = (e.name for e in found if self._speaks(e, phrases) or (anything and e.name[:1].isupper()))
        return tuple(named)[:2]

    def _speaks(self, entity: Entity, phrases: list[NounPhrase]) -> bool:
        heads = {self._tokens[p.head].low for p in phrases}
        return entity.kind in SPEAKERS or bool(
            heads & (noun_class("document") | noun_class("media") | noun_class("title"))
        )

    def _contents(self, clause: Clause) -> list[Clause]:
        """Return the clauses that a cue attributes to its claimant."""
        assert clause.verb is not None
        own = [c for c in self._clauses if self._is_content(c, clause)]
        if own and own[0].kind == ADVERBIAL:
            return self._clauses[self._clauses.index(own[0]) :]
        if own:
            return [d for c in own for d in (c, *descendants(c, self._clauses))]
        at = self._clauses.index(clause)
        close = itertools.takewhile(lambda p: self._tokens[p.first - 1].tag != ",", clause.right)
        objects = [p for p in close if not p.prep and not p.is_date]
        verb = self._tokens[clause.verb.main]
        if self._tokens[clause.last + 1 : clause.last + 2] and self._tokens[clause.last + 1].text == ":":
            # "Asked about it, the mayor said: ..."
            return self._clauses[at + 1 :]
        # "The town closed the bridge, and the judge warned her" says nothing of who reports the bridge.
        is_joined = clause.first > 0 and "CC" in (self._tokens[clause.first - 1].tag, self._tokens[clause.first].tag)
        is_trailing = at and clause.kind in (COORDINATE, MAIN) and clause.shared is None and not is_joined
        if clause.is_inverted or (is_trailing and len(objects) <= int(verb.low in HEARERS)):
            earlier = [c for c in self._clauses[:at] if not self._is_given(c) and not self.is_frame(c)]
            if earlier:
                return earlier + self._interrupted(at, clause)
        return self._following(at, clause) if at + 1 < len(self._clauses) else []

    def _following(self, at: int, clause: Clause) -> list[Clause]:
        """Return the clauses after a cue that it governs without a link."""
        assert clause.verb is not None
        after, verb, subject = self._clauses[at + 1], self._tokens[clause.verb.main], clause.subject()
        is_bare = after.kind == COORDINATE and after.first == clause.last + 1 and not after.left
        is_sure = verb.low not in word_list("weak_cues.txt")
        if is_bare and is_sure and (self._is_pronoun(subject) or self._named(subject)):
            # "said there continues to be doubt"
            return [after, *descendants(after, self._clauses)]
        # "With two children, Lima said, the cuts have become dangerous"
        is_plain = (clause.kind in (MAIN, COORDINATE) and verb.low in PLAIN) or clause.kind == PARTICIPIAL
        is_parted = is_plain and bool(after.left) and after.first == clause.verb.last + 2
        # A gap in the offsets marks a quotation: "said in a letter, “We are".
        is_quoted = is_plain and self._tokens[after.first].start - self._tokens[after.first - 1].end > 1
        is_behind = after.first > 1 and self._tokens[after.first - 1].text in ":,"
        return self._clauses[at + 1 :] if is_behind and (after.kind == MAIN or is_parted or is_quoted) else []

    def _is_content(self, clause: Clause, cue: Clause) -> bool:
        """Return whether a cue governs a clause: "said (that) ...", "said that after the meeting the town had ..."."""
        above = clause.parent
        if clause.kind == ADVERBIAL and above is not None and above.kind == CONTENT and above.verb is None:
            return above.parent is cue
        return above is cue and clause.kind in (CONTENT, COORDINATE)

    def _interrupted(self, at: int, clause: Clause) -> list[Clause]:
        """Return the clauses that continue after ", X said,"."""
        after = self._clauses[at + 1] if at + 1 < len(self._clauses) else None
        is_parted = [t.tag for t in self._tokens[clause.last + 1 : clause.last + 2]] == [","]
        if after is None or after.kind not in (MAIN, COORDINATE) or not is_parted:
            return []
        is_joined = bool(after.first) and self._tokens[after.first - 1].tag == "CC"
        # "police said, while the union blamed the police"
        if is_joined or (after.marker and after.verb is not None and cue_of(self._tokens, after.verb)):
            return []
        return [after, *descendants(after, self._clauses)]
