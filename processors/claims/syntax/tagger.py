"""Words of a sentence with their parts of speech: a lexicon of most likely tags (Brill 1992, as the package `textblob`
ships it), guesses for what it lacks, and rules that correct a tag by its neighbours. Tags are the Penn Treebank's."""

import itertools
from functools import lru_cache

from processors.claims.lexicon import (
    can_be_verb,
    cue_class,
    function_words,
    guessed_tag,
    irregular_participles,
    irregular_pasts,
    is_human,
    noun_class,
    plain_of_third,
    tag_lexicon,
)
from processors.claims.model import Token
from processors.claims.syntax.tokenizer import (
    AFFLICTED,
    AUXILIARY,
    BE,
    DO,
    HAVE,
    MODAL,
    NOMINAL,
    VERBAL,
    VERBAL_OR_MODAL,
    is_negated,
    words_of,
)

NEAR_CLAUSE = frozenset({"that", "if", "whether", "as", "than", "while", "though", "although", "because"})
COURSES = frozenset("to by from above below past".split())
COMPASS = frozenset("north south east west new".split())
NOMINATIVE = frozenset("i he she we they".split())
BETWEEN = frozenset("now also still only just already then again".split())
FINITE = frozenset({"VBP", "VBZ", "VBD", "MD"})
EXISTING = AUXILIARY | {"exists", "exist", "remain", "remains"}
MODAL_OR_DO = MODAL | DO
NOUNS_AND_ADJECTIVES = NOMINAL | {"JJ"}
NOUNS_AND_PRONOUNS = NOMINAL | {"PRP"}
NOUNS_AND_VERBS = NOMINAL | VERBAL
BEFORE_PASTS = NOMINAL | {"PRP", "RB", "CD", ")"}
UNSURE_WORDS = AFFLICTED | {"first", "last"}
OPENERS = frozenset("(–—:-•")
SPOKEN_BY = frozenset("phone telephone radio email e-mail telegram letter text message video fax".split())
SUBORDINATES = frozenset("that after before because if while when although as until since though unless once".split())


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """The words and marks of `text[start:end]`, tagged."""
    found = words_of(text, start, end)
    _first_tags(found)
    _by_neighbours(found)
    _finite_verbs(found)
    _interrupted_verb(found)
    return found


def _interrupted_verb(found: list[Token]) -> None:
    """ "The ferry, carrying 150 people, capsized": the past behind commas is the verb of a sentence that has no other."""
    if any(t.tag in FINITE for t in found) or not found or found[-1].tag != ".":
        return
    is_doing = False
    for before, token in itertools.pairwise(found):
        if before.tag == "," and token.tag == "VBN" and is_doing:
            token.tag = "VBD"
            return
        is_doing |= before.tag == "," and token.tag == "VBG"


def _is_title_case(found: list[Token]) -> bool:
    words = [t for t in found if not t.tag and len(t.text) > 3]
    if found and found[-1].tag == ".":
        return False
    return len(words) >= 4 and sum(t.text[0].isupper() for t in words) >= 0.8 * len(words)


def _first_tags(found: list[Token]) -> None:
    is_headline = _is_title_case(found)
    is_shouted = not any(t.text[0].islower() for t in found)
    opening = True
    for token in found:
        if token.tag:
            opening = (opening and token.text in OPENERS) or token.text in ".:–—" or (opening and token.tag == "CD")
            continue
        # "WHO" asks nothing, and "US" are not we.
        is_initials = token.text.isupper() and len(token.text) > 1 and token.text.isalpha() and not is_shouted
        token.tag = "NNP" if is_initials else _first_tag(token.low, token.text, opening, is_headline)
        opening = False


@lru_cache(maxsize=50_000)
def _first_tag(low: str, word: str, opening: bool, is_headline: bool) -> str:
    lexicon = tag_lexicon()
    closed = function_words().get(low)
    if closed and (word[0].islower() or opening or is_headline):
        return closed
    if low in AUXILIARY and (low not in ("may", "will") or word[0].islower()):
        verb = lexicon.get(low, "VBD")
        return "MD" if low in MODAL else "VBD" if is_negated(word) and verb[0] != "V" else verb
    if is_negated(word):
        return "VBD"
    plain = lexicon.get(low)
    if word[0].islower() and plain is None and any(part[:1].isupper() for part in word.split("-")[1:]):
        return "NNP"
    if word[0].isupper():
        named = lexicon.get(word)
        if named == "JJ" or (named in ("NNS", "NN") and word.endswith(("ans", "ese", "ish"))):
            return named
        if (opening or is_headline) and plain and plain not in ("NNP", "NNPS", "FW"):
            return plain
        if (opening or is_headline) and plain is None and is_human(low):
            return "NNS" if low.endswith("s") else "NN"
        if (opening or is_headline) and plain_of_third(low):
            return "NNS"
        return "NNP"
    return plain.replace("NNPS", "NNS").replace("NNP", "NN") if plain and plain != "FW" else guessed_tag(low)


def _by_neighbours(found: list[Token]) -> None:
    for index, token in enumerate(found):
        before = found[index - 1] if index else None
        after = found[index + 1] if index + 1 < len(found) else None
        if before is None:
            if token.low in COMPASS and after is not None and after.text[0].isupper():
                token.tag = "NNP"
            continue
        is_verb = token.tag in ("VB", "VBP") and token.low not in AUXILIARY
        if before.tag == "IN" and is_verb and before.low not in NEAR_CLAUSE:
            token.tag = "NN"
        elif before.tag == "IN" and token.tag == "NN" and token.low.endswith("ing") and _takes_direct(after):
            token.tag = "VBG"
        elif before.tag in ("DT", "PRP$", "POS") or (before.tag == "JJ" and token.tag in ("VB", "VBP")):
            _after_determiner(token, before, after)
        elif (
            before.tag == "TO"
            and _opens_infinitive(found, index)
            and token.tag in ("NN", "VBP", "JJ", "VBD", "VBN", "IN")
            and can_be_verb(token.low)
        ):
            token.tag = "VB"
        elif token.tag in ("NN", "VBP", "JJ", "VBD", "VBN", "VBZ", "NNS", "IN", "VB"):
            _after_auxiliary(found, index)
        _as_verb(found, index)
        if token.tag == "EX" and (after is None or after.low not in EXISTING):
            token.tag = "RB"
        if token.low == "that" and after is not None:
            _that(found, index)
        if token.tag == "JJ" and _is_force(token, after):
            token.tag = "NN"
        if token.tag == "JJ" and _opens_name(token, after):
            token.tag = "NNP"
        if token.low == "'s" and before.tag in ("PRP", "EX", "WP", "DT"):
            token.tag = "VBZ"


def _opens_infinitive(found: list[Token], index: int) -> bool:
    """ "according to research": no infinitive."""
    return index < 2 or found[index - 2].low not in ("according", "thanks", "prior", "owing")


def _as_verb(found: list[Token], index: int) -> None:
    """Tag a word that stands between a subject and its verb, or is that verb: "Lima first called", "she still expected"."""
    token, before = found[index], found[index - 1]
    if token.tag not in ("VBN", "VBD", "VBG", "NN") and token.low not in UNSURE_WORDS:
        return
    after = found[index + 1] if index + 1 < len(found) else None
    if token.low in AFFLICTED and before.tag == "CD" and index > 1 and found[index - 2].low in ("and", "or"):
        token.tag = "NNS"
    is_within = index > 1 and before.tag == "RB" and found[index - 2].tag in ("DT", "PRP$", "POS")
    if is_within and token.tag in ("VBN", "VBD") and after is not None and after.tag in NOMINAL:
        token.tag = "JJ"
    if token.low in ("first", "last") and before.tag in NOUNS_AND_PRONOUNS and after and after.tag in VERBAL:
        token.tag = "RB"
    is_said = before.tag in ("VBP", "VBZ", "VBD") and before.low not in AUXILIARY and _takes_direct(after)
    if token.tag == "VBN" and (_is_nominative(found, index) or is_said):
        token.tag = "VBD"
    if token.tag == "VBG" and before.low == "with" and after is not None and after.tag == "VBG":
        token.tag = "NN"
    if token.tag == "NN" and before.tag in NOMINAL and token.low in irregular_pasts() and _is_course(found, index + 1):
        token.tag = "VBD"


def _is_nominative(found: list[Token], index: int) -> bool:
    """ "she still expected": whether a pronoun that only subjects take stands before a verb without an auxiliary."""
    back = index - 1
    while back > 0 and found[back].tag == "RB":
        back -= 1
    return found[back].low in NOMINATIVE and not (back and found[back - 1].low in AUXILIARY)


def _is_force(token: Token, after: Token | None) -> bool:
    """ "the US military said"."""
    return after is not None and after.tag in FINITE and token.low in noun_class("forces")


def _opens_name(token: Token, after: Token | None) -> bool:
    """The "New" of "New York": a common adjective with a capital in mid-sentence, and a name after it."""
    return token.text[0].isupper() and after is not None and after.tag == "NNP" and tag_lexicon().get(token.low) == "JJ"


def _is_course(found: list[Token], index: int) -> bool:
    """ "rose to 10", "shot past $5": where a figure follows, what went there is a verb."""
    words = found[index : index + 2]
    return len(words) == 2 and words[0].low in COURSES and words[1].tag in ("CD", "$")


def _after_determiner(token: Token, before: Token, after: Token | None) -> None:
    if token.low in AUXILIARY or (
        before.low in ("that", "all", "both", "those", "some", "this") and token.tag in FINITE
    ):
        return
    if token.tag in ("VB", "VBP") or (token.tag == "VBD" and not (after and after.tag in NOMINAL)):
        token.tag = "NN"
    elif token.tag == "VBZ":
        token.tag = "NNS"
    elif (token.tag == "VBG" and after and after.low == "of") or (
        token.tag == "JJ"
        and (is_human(token.low) or token.low in noun_class("forces"))
        and not (after and after.tag in NOUNS_AND_ADJECTIVES)
    ):
        token.tag = "NN"
    elif token.tag in ("VBD", "VBN") or (token.tag == "VBG" and after and after.tag in NOMINAL):
        token.tag = "JJ"


def _after_auxiliary(found: list[Token], index: int) -> None:
    token, back = found[index], index - 1
    while back >= 0 and found[back].tag == "RB" and index - back < 4:
        back -= 1
    if back >= 1 and found[back].tag in ("PRP", "NNP") and found[back - 1].low in AUXILIARY and index - back == 1:
        back -= 1
    low = found[back].low if back >= 0 else ""
    if (low in MODAL or low in DO) and can_be_verb(token.low):
        token.tag = "VB"
    elif low in BE and token.tag == "NN" and token.low.endswith("ing") and can_be_verb(token.low[:-3]):
        token.tag = "VBG"
    elif (
        (low in HAVE or low in BE)
        and token.tag in ("VBD", "VBN", "NN", "VB", "VBP")
        and (token.tag in ("VBD", "VBN") or token.low in irregular_participles() or token.low.endswith("ed"))
    ):
        token.tag = "VBN"


def _that(found: list[Token], index: int) -> None:
    """Decide whether "that" opens a relative clause or points ("we keep that promise today,")."""
    token, before, after = found[index], found[index - 1], found[index + 1]
    if after.tag in VERBAL_OR_MODAL and before.tag in NOMINAL:
        token.tag = "WDT"
    elif after.tag in (".", ",", ";") or (
        after.tag == "NN" and (before.tag not in NOUNS_AND_VERBS or not _verb_before_comma(found, index + 2))
    ):
        token.tag = "DT"


def _verb_before_comma(found: list[Token], start: int) -> bool:
    for token in found[start:]:
        if token.tag in VERBAL_OR_MODAL:
            return True
        if token.tag in (",", ".", ";", ":", "CC"):
            return False
    return False


def _finite_verbs(found: list[Token]) -> None:
    """Give each stretch between marks, conjunctions and subordinators its finite verb, where a word could be one."""
    begin, is_headline = 0, bool(found) and found[-1].tag != "."
    for index in range(len(found) + 1):
        token = found[index] if index < len(found) else None
        if (
            token is None
            or token.tag in (",", ";", ":", ".", "–", "—", "CC", "WDT", "WP", "WRB", "(", ")")
            or token.low in SUBORDINATES
        ):
            _one_stretch(found[begin:index], token, is_headline)
            begin = index + 1


def _one_stretch(stretch: list[Token], stop: Token | None, is_headline: bool) -> None:
    finite = [i for i, t in enumerate(stretch) if t.tag in FINITE]
    participles = [i for i, t in enumerate(stretch) if t.tag == "VBN" and not _has_auxiliary(stretch, i)]
    for i, token in enumerate(stretch):
        if not i and token.tag == "VBD" and _by_follows(stretch, i):
            token.tag = "VBN"
        is_bare = token.tag in ("VB", "VBP") and i and stretch[i - 1].tag in ("NN", "JJ") and token.low not in AUXILIARY
        if is_bare and any(j > i for j in finite) and not any(t.low in MODAL_OR_DO for t in stretch[:i]):
            token.tag = "NN"
            continue
        # A past form before the finite verb of its stretch is a reduced relative: "the man shot by police died".
        if (
            token.tag == "VBD"
            and (token.low.endswith("ed") or token.low in irregular_participles())
            and i
            and any(j > i for j in finite)
            and _is_reduced(stretch, i)
        ):
            token.tag = "VBN"
    for i in participles:
        # A participle of a reduced relative is passive and takes no object: "said its forces killed 150 men".
        if i and i + 1 < len(stretch) and stretch[i - 1].tag in NOMINAL and _takes_direct(stretch[i + 1]):
            stretch[i].tag = "VBD"
            finite.append(i)
    if finite:
        return
    if stretch and stretch[0].low == "according":
        return
    if not _behind_adverb(stretch) and not _participle_as_past(stretch, participles, stop):
        _noun_as_verb(stretch, stop, is_headline)
        if is_headline and not any(t.tag in FINITE for t in stretch):
            _last_as_verb(stretch)


def _behind_adverb(stretch: list[Token]) -> bool:
    """ "the ministry now counts 41 houses": between a noun and its object, behind "now", no noun stands."""
    for i in range(2, len(stretch) - 1):
        token = stretch[i]
        is_between = stretch[i - 1].low in BETWEEN and stretch[i - 2].tag in NOMINAL and _takes_direct(stretch[i + 1])
        if is_between and token.tag == "NNS" and plain_of_third(token.low):
            token.tag = "VBZ"
            return True
    return False


def _participle_as_past(stretch: list[Token], participles: list[int], stop: Token | None) -> bool:
    for i in participles:
        after = stretch[i + 1] if i + 1 < len(stretch) else stop
        follows_noun = i and (stretch[i - 1].tag in BEFORE_PASTS or i == 1)
        if (follows_noun and not _by_follows(stretch, i)) or (not i and _takes_direct(after)):
            stretch[i].tag = "VBD"
            return True
    return False


def _noun_as_verb(stretch: list[Token], stop: Token | None, is_headline: bool) -> None:
    for i, token in enumerate(stretch):
        after = stretch[i + 1] if i + 1 < len(stretch) else stop
        follows_noun = i and stretch[i - 1].tag in NOUNS_AND_PRONOUNS
        # "customer demands for more" is a noun where a sentence ends in a full stop, "company demands more" a headline's verb.
        is_loose = is_headline or (i and stretch[i - 1].tag != "NN")
        takes = _takes_object(after) if is_loose else _takes_direct(after)
        if follows_noun and token.tag == "NNS" and takes and plain_of_third(token.low):
            token.tag = "VBZ"
            return
        if follows_noun and token.tag in ("NN", "VB") and token.low in irregular_pasts() and _takes_object(after):
            token.tag = "VBD"
            return
        is_subject = i and (
            stretch[i - 1].tag in ("NNS", "NNPS", "PRP") or (token.tag == "VB" and stretch[i - 1].tag in NOMINAL)
        )
        if is_subject and token.tag in ("NN", "VB") and _takes_object(after) and can_be_verb(token.low):
            token.tag = "VBP"
            return


def _last_as_verb(stretch: list[Token]) -> None:
    """ "Shares slide as ...", "a third of the reefs bleached, ...": the last word of a headline's stretch, behind a plural."""
    if len(stretch) < 2 or stretch[-2].tag not in ("NNS", "NNPS"):
        return
    last = stretch[-1]
    if last.tag == "JJ" and last.low.endswith("ed"):
        last.tag = "VBD"
    elif last.tag in ("NN", "VB") and can_be_verb(last.low):
        last.tag = "VBP"


def _has_auxiliary(stretch: list[Token], i: int) -> bool:
    return any(t.low in AUXILIARY and t.tag != "POS" for t in stretch[max(0, i - 4) : i])


def _is_reduced(stretch: list[Token], i: int) -> bool:
    """ "the report promised for March": a preposition follows, and what it governs has the finite verb next to it."""
    after = stretch[i + 1].low if i + 1 < len(stretch) else ""
    if after not in ("by", "for", "in", "on", "from", "with", "at", "under", "to"):
        return False
    # "the court announced on Friday the law was void": who can speak does so.
    before, cue = stretch[i - 1], cue_class(stretch[i].low, "")
    is_speaker = before.tag in ("NNP", "NNPS", "PRP") or is_human(before.low) or before.low in noun_class("organ")
    return after == "by" or cue is None or cue[1] != "report" or not is_speaker


def _by_follows(stretch: list[Token], i: int) -> bool:
    """ "killed by police"; not "said by telephone"."""
    is_by = i + 1 < len(stretch) and stretch[i + 1].low == "by"
    return is_by and not any(t.low in SPOKEN_BY for t in stretch[i + 2 : i + 4])


def _takes_direct(after: Token | None) -> bool:
    return after is not None and (after.tag in ("DT", "PRP", "PRP$", "CD", "NNP", "$") or after.low == "that")


def _takes_object(after: Token | None) -> bool:
    return after is not None and (
        after.tag in ("DT", "PRP", "PRP$", "CD", "NNP", "NNPS", "TO", "JJ", "RB", "NNS", "$")
        or after.low in ("that", "in", "on", "at", "for", "with", "over", "after")
    )
