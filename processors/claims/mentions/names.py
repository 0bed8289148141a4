"""Names in noun phrases: a person after titles, an organisation of a state, a place, a description."""

import itertools
import re

import msgspec

from processors.claims.lexicon import (
    acronyms,
    countries,
    is_human,
    is_organ,
    listed,
    noun_class,
    tag_lexicon,
    word_list,
)
from processors.claims.mentions import gazetteer
from processors.claims.mentions.descriptions import kind_words, meant_by
from processors.claims.mentions.discourse import SURELY_MEANT, Context
from processors.claims.mentions.offices import in_office
from processors.claims.mentions.pronouns import gender_of, title_gender
from processors.claims.mentions.spelling import apostrophes, fold, joined
from processors.claims.mentions.states import force, national, state_organ, topic_behind
from processors.claims.model import COUNTRY, GROUP, ORGAN, PERSON, PLACE, THING, Entity, NounPhrase, Token
from processors.claims.syntax.chunker import DAYS, noun_phrase
from processors.claims.syntax.figures import ONES, TENS
from processors.claims.syntax.tokenizer import NOMINAL

LARGE = 150_000
ORDINAL = re.compile(r"(?:\d+(?:st|nd|rd|th)|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)$")
ENDS_OF_ORDINALS = frozenset("st nd rd th".split())
PLACE_PREPOSITIONS = listed("place_prepositions")
PLACE_NOUNS = listed("place_nouns")
LINKS = frozenset("of for in at from".split())
ACQUAINTED = frozenset("familiar close briefed".split())
REPORTED_IN = frozenset("report reports article story interview".split())
COPIES = frozenset("copy copies draft transcript".split())
# Nouns for those who speak and act for their organisation.
SENT = frozenset("member members mission missions delegation delegations observers monitors".split())
DIRECTIONS = listed("directions")
PLACES_AND_DIRECTIONS = PLACE_NOUNS | DIRECTIONS
PARTICLES = listed("name_particles")
WITHIN_NAMES = PARTICLES | {"of", "the", "for", "on", "and", "&"}
CORPORATE = listed("corporate")
UNNAMING = listed("unnaming")
COMPARED = frozenset("more less fewer most least fewest".split())
MEASURES = listed("measures")


def naming_words(tokens: list[Token], phrase: NounPhrase) -> list[Token]:
    """Return the words of a phrase from its first naming word: no determiners, numbers, "some of", "more than"."""
    begin, after = phrase.first, phrase.last + 1
    while begin < after and _says_no_name(tokens[begin]):
        begin += 1
    return tokens[begin:after]


def _says_no_name(word: Token) -> bool:
    """Return whether a word determines, counts or orders the name after it."""
    tag, low = word.tag, word.low
    return (
        tag in ("DT", "PRP$", "CD", "IN", "$", "CC")
        or (low in UNNAMING and word.text != "New")
        or (low[-2:] in ENDS_OF_ORDINALS and ORDINAL.match(low) is not None)
        or (tag == "JJ" and all(part in ONES or part in TENS for part in low.split("-")))
        or (tag == "RB" and word.text[0].islower())
        or (tag in ("JJR", "JJS") and low in COMPARED)
    )


def _capitals(words: list[Token]) -> str:
    """Return the capitalised words before a place noun ("Tarn" of "Tarn division")."""
    owner = next((i for i in range(len(words) - 1, -1, -1) if words[i].tag == "POS" or words[i].low == "of"), -1)
    kept = [w for w in words[owner + 1 : -1] if w.text[0].isupper() and w.tag in ("NNP", "NNPS")]
    return joined(kept)


def capital_tail(words: list[Token]) -> list[Token]:
    begin = len(words)
    while begin and (
        (word := words[begin - 1]).text[0].isupper()
        or word.low in WITHIN_NAMES
        or (word.tag == "CD" and begin == len(words))
    ):
        begin -= 1
    while begin < len(words) and not words[begin].text[0].isupper():
        begin += 1
    return words[begin:]


def of_name(
    words: list[Token], caps: list[Token], phrase: NounPhrase, tokens: list[Token], context: Context
) -> Entity | None:
    """Return the entity of a phrase that ends in capitalised words."""
    if phrase.prep == "in" and phrase.first > 1 and tokens[phrase.first - 2].low in REPORTED_IN:
        phrase = msgspec.structs.replace(phrase, prep="")
    before = words[: len(words) - len(caps)]
    role, caps = _role_and_name(before, caps)
    if len(caps) == 4 and caps[1].text.isupper() and caps[1].text.isalpha() and not _has_organ(caps):
        # "Harbour QB Ana Lima"
        caps = caps[2:]
    name = joined(caps)
    if not role and (known := _known_name(caps, name, before, context)):
        return known
    if caps[0].low in noun_class("organ") and [w.tag for w in before[-2:]] == ["NNP", "POS"] and len(caps) == 1:
        # "the City Attorney's Office"
        return Entity(f"{joined(capital_tail(before[:-1]))}'s {name}", ORGAN)
    if role and len(caps) <= 4 and not any(w.low in noun_class("organ") for w in caps[-1:]):
        full = context.person(caps[-1].text) if len(caps) == 1 else None
        if full and {gender_of(full, context), title_gender(role)} == {"f", "m"}:
            # "Ms. Lima" is not Jan Lima.
            full = f"{'Ms.' if title_gender(role) == 'f' else 'Mr.'} {name}"
        found = Entity(full or name, PERSON)
        context.titles.setdefault(found.name, role)
        country = next((c for w in words if w not in caps and (c := countries().any(w.text))), None)
        if country:
            context.nationality.setdefault(found.name, country)
        return found
    return _of_untitled(caps, name, before, phrase, tokens, context)


def _known_name(caps: list[Token], name: str, before: list[Token], context: Context) -> Entity | None:
    """Return a country, an acronym that the document explains, or the referent of "the Ministry"."""
    table, folded = countries(), name.casefold()
    if len(caps) == 1 and not before:
        if full := context.acronyms.get(caps[0].text) or acronyms().get(caps[0].text):
            return Entity(full, ORGAN)
        if caps[0].low in noun_class("organ") and (known := meant_by([caps[0].low], context)):
            return known
    country = table.names.get(folded) or table.adjectives.get(folded)
    return Entity(country, COUNTRY) if country else None


def _role_and_name(before: list[Token], caps: list[Token]) -> tuple[str, list[Token]]:
    """Return title and name: "prime minister" and "Ana Lima" of "Prime Minister Ana Lima"."""
    titles, role = noun_class("title"), _title_at_end(before)
    if len(caps) > 2 and is_human(caps[0].low) and caps[0].tag == "NN" and not _has_organ(caps):
        caps = caps[1:]
    while (
        len(caps) > 1
        and caps[0].low.rstrip(".") in titles
        and caps[1].low not in ("of", "for", "and")
        and (caps[0].low != "justice" or caps[1].low not in noun_class("organ"))
    ):
        role, caps = f"{role} {caps[0].low.rstrip('.')}".strip(), caps[1:]
    if (
        len(caps) == 3
        and not role
        and caps[0].low in countries().names
        and not any(_is_common_noun(w) for w in caps[1:])
    ):
        # "the envoy to Peru Ana Lima"
        return "envoy", caps[1:]
    is_title = [w.low.rstrip(".") in titles for w in caps]
    if True not in is_title:
        return role, caps
    # "The Attorney General" has no name after the office.
    last = len(caps) - 2 - (len(caps) > 1 and is_title[-1] and is_title[-2])
    at = next((i for i in range(last, 0, -1) if is_title[i] and caps[i + 1].text[0].isupper()), None)
    of = next((i for i, w in enumerate(caps) if w.low == "of" and i and is_title[i - 1]), None)
    if at is None and of is not None and not _has_organ(caps):
        # The name follows the common nouns of the office: "Secretary of State Ana Lima".
        person = list(itertools.dropwhile(lambda w: w.low == "and" or _is_common_noun(w), caps[of + 1 :]))
        if 2 <= len(person) <= 3 and len(person) < len(caps) - of - 1:
            return _title_at_end(caps[:of]), person
    return (role, caps) if at is None else (_title_at_end(caps[: at + 1]), caps[at + 1 :])


def _is_common_noun(word: Token) -> bool:
    return tag_lexicon().get(word.low, "NNP")[:3] != "NNP"


def _has_organ(words: list[Token]) -> bool:
    return any(w.low in noun_class("organ") or w.low in CORPORATE for w in words)


def _title_at_end(words: list[Token]) -> str:
    """Return the title at the end: "prime minister" of "British prime minister"."""
    titles = noun_class("title")
    if not words or words[-1].low.rstrip(".") not in titles:
        return ""
    if len(words) > 1 and words[-2].low in ("prime", "vice", "deputy"):
        return f"{words[-2].low} {words[-1].low}"
    return words[-1].low


def _of_untitled(
    caps: list[Token], name: str, before: list[Token], phrase: NounPhrase, tokens: list[Token], context: Context
) -> Entity:
    table, organs = countries(), noun_class("organ")
    country = table.any(caps[0].text) if len(caps) > 1 else None
    if len(before) > 1 and before[-1].tag == "POS":
        # The owner decides in "Peru's Defence Ministry", over any other country nearby.
        country = table.any(joined(before[:-1])) or country
    organ = state_organ(name, country, context)
    if organ is not None:
        return organ
    if region := _region_after(tokens, phrase, name):
        return Entity(f"{name}, {region}", PLACE)
    is_organ = _has_organ(caps) and caps[0].low not in DIRECTIONS
    is_described = bool(before) and (before[-1].low in organs or before[-1].low in kind_words())
    if (is_organ and caps[-1].low not in PLACE_NOUNS) or (is_described and len(caps) > 1):
        return Entity(name, ORGAN)
    if _is_placed(tokens, phrase) or (
        phrase.prep in ("to", "from", "on", "until", "via") and _is_at_home(name, context)
    ):
        return Entity(name, PLACE)
    capital = table.capitals.get(name.casefold()) if not before else None
    if capital:
        return Entity(name, PLACE) if phrase.prep in ("to", "from") else Entity(capital, COUNTRY)
    if is_organ or name in context.organs or (name.isupper() and len(name) > 1):
        return Entity(name, ORGAN)
    if len(caps) == 1 and (known := _named_before(caps[0], name, context)):
        return known
    if _reads_as_place(caps, name, before, phrase, tokens, context):
        return Entity(name, PLACE)
    is_person = (
        # A person has no "which" after the name: "X, which operates".
        "which" not in [t.low for t in tokens[phrase.last + 1 : phrase.last + 3]]
        # "the Harbour Record"
        and (tokens[phrase.first].low != "the" or bool(before))
        and 2 <= len(caps) <= 4
        and all(w.tag != "CD" and w.low not in ("of", "the", "and", "&", "for") for w in caps)
        and (not all(_is_common_noun(w) for w in caps) or caps[0].low in word_list("given_names.txt"))
    )
    return Entity(name, PERSON if is_person and not is_described else ORGAN)


def _region_after(tokens: list[Token], phrase: NounPhrase, name: str) -> str:
    """Return the "Ontario" of "London, Ontario", where the name alone means a capital elsewhere, else ""."""
    if phrase.last + 2 >= len(tokens) or tokens[phrase.last + 1].text != ",":
        return ""
    words = [t.text for t in tokens[phrase.last + 2 : phrase.last + 4] if t.tag in ("NNP", "NNPS")]
    ends = (" ".join(words[:n]) for n in (2, 1))
    return next((region for region in ends if gazetteer.is_namesake(name, region)), "")


def _named_before(word: Token, name: str, context: Context) -> Entity | None:
    """Return the earlier entity of one word: a surname or a first name, or part of an organisation's name."""
    if full := context.person(name) or context.first_named(name):
        return Entity(full, PERSON)
    if tag_lexicon().get(word.low) in ("NN", "NNS", "JJ"):
        return None
    named = (o for o in reversed(context.organs) if not is_human(o.split()[-1].lower()))
    longer = next((o for o in named if fold(name) in fold(o).split()), None)
    return Entity(longer, ORGAN) if longer else None


def _reads_as_place(
    caps: list[Token], name: str, before: list[Token], phrase: NounPhrase, tokens: list[Token], context: Context
) -> bool:
    """Return whether a name is a place: "Lake Garda", "Tarn division", "the town of Ba", or by the gazetteer."""
    following = tokens[phrase.last + 1].low if phrase.last + 1 < len(tokens) else ""
    is_office = any(w.low in noun_class("title") for w in caps[:-1])
    if phrase.prep == "by":
        return False
    if phrase.prep in PLACE_PREPOSITIONS or following in PLACE_NOUNS:
        return True
    if (len(caps) > 1 and caps[-1].low in PLACE_NOUNS and not is_office) or (before and before[-1].low in PLACE_NOUNS):
        return True
    found = () if before else gazetteer.places(name)
    return bool(found) and _is_known_place(name, found, context)


def _is_known_place(name: str, found: tuple[gazetteer.Place, ...], context: Context) -> bool:
    """Return whether a name is a large place anywhere, or any place of a country in the document."""
    return (found[0].population >= LARGE and gazetteer.is_near(name, found[0].name)) or any(
        p.country in context.countries and p.population >= SURELY_MEANT for p in found
    )


def _is_at_home(name: str, context: Context) -> bool:
    if tag_lexicon().get(name.casefold()) in ("NN", "NNS"):
        return False
    return any(p.country in context.countries for p in gazetteer.places(name))


def _is_placed(tokens: list[Token], phrase: NounPhrase) -> bool:
    """Return whether words before mark a place: "in Ganja", "the city of Ganja"; not "shares in Nordstal"."""
    if phrase.prep in PLACE_PREPOSITIONS:
        return phrase.first < 2 or tokens[phrase.first - 2].low not in noun_class("stake")
    return phrase.prep == "of" and phrase.first >= 2 and tokens[phrase.first - 2].low in PLACES_AND_DIRECTIONS


def of_common(words: list[Token], phrase: NounPhrase, tokens: list[Token], context: Context) -> Entity | None:
    head = tokens[phrase.head].low
    if head in PLACE_NOUNS and (named := _capitals(words)):
        return Entity(named, PLACE)
    if head in MEASURES or head in ("one", "nothing", "anyone", "everyone", "nobody", "somebody"):
        return None
    determiner = tokens[phrase.first].low
    is_of = phrase.last + 1 < len(tokens) and tokens[phrase.last + 1].low in LINKS
    owners = [w.text for w in words[:-1] if w.text[0].isupper()]
    country = next(filter(None, map(countries().any, owners)), None) if owners else None
    name = joined(words)
    if head == "ministry" and "of" in [t.low for t in tokens[phrase.last + 1 : phrase.last + 2]]:
        name = f"{name} of {topic_behind(tokens, phrase)}".rstrip()
    organ = state_organ(name, country, context)
    if organ is not None:
        return organ
    if determiner in ("its", "his", "her", "their", "our"):
        owned = _owned(determiner, head, context)
        if owned is not None:
            return owned
    if determiner in ("the", "that", "this"):
        is_alone = not is_of and not any(w.text[0].isupper() for w in words)
        known = meant_by([w.low for w in words], context, is_alone=is_alone)
        if known is not None:
            return known
    if known := in_office(words, phrase, tokens, country, context):
        return known
    if owned_by_state := force(words, context, is_of=is_of) or national(words, head, determiner, context, is_of=is_of):
        return owned_by_state
    kind = GROUP if is_human(head) else ORGAN if is_organ(head) else THING
    return Entity(_with_of(_plain(words), phrase, tokens, context), kind)


def _plain(words: list[Token]) -> str:
    """Return a description in lower case except for names; "Peru's envoy" becomes "Peru envoy"."""
    tags = [w.tag for w in words]
    at = tags.index("POS", 1) if "POS" in tags[1:] else 0
    if at and (country := countries().names.get(joined(words[:at]).casefold())):
        return f"{country} {_plain(words[at + 1 :])}"
    return apostrophes(" ".join([w.text if _keeps_capital(w) else w.low for w in words]))


def _keeps_capital(word: Token) -> bool:
    return word.tag in ("NNP", "NNPS", "POS") or (word.text[0].isupper() and countries().any(word.text) is not None)


def _owned(determiner: str, head: str, context: Context) -> Entity | None:
    """Return the entity of a possession: "his office", "its forces", "her ministry"."""
    home = context.home()
    if head in ("country", "government", "state") and home:
        return Entity(home, COUNTRY)
    if head in noun_class("forces") and home:
        return Entity(f"{home} Armed Forces", ORGAN)
    if head == "office" and determiner in ("his", "her") and context.people:
        person = context.people[-1]
        office = f"Office of the {context.titles.get(person, '').title()}{' of ' + home if home else ''}"
        return Entity(office if person in context.titles else f"{person}'s office", ORGAN)
    if head in ("ministry", "party", "company", "union", "agency") and (known := context.organ(head)):
        return Entity(known, ORGAN)
    return None


def _of_document(name: str, phrase: NounPhrase, tokens: list[Token]) -> str | None:
    """Return the lawsuit for "A copy of the lawsuit", and a study with its subjects: "a study in 38 people"."""
    head, link = tokens[phrase.head].low, tokens[phrase.last + 1].low
    if link not in ("of", "in") or (head not in COPIES and head not in noun_class("document")):
        return None
    about = noun_phrase(tokens, phrase.last + 2)
    if link == "of" and head in COPIES and about is not None:
        return _plain(naming_words(tokens, about))
    if head not in noun_class("document"):
        return None
    is_human_study = about is not None and link == "in" and is_human(tokens[about.head].low)
    is_count = is_human_study or (about is not None and tokens[about.first].tag == "CD")
    return f"{name} {link} {joined(tokens[about.first : about.last + 1])}" if about and is_count else name


def _with_of(name: str, phrase: NounPhrase, tokens: list[Token], context: Context) -> str:
    """Return a noun with its owner where it needs one, as in "relatives of the miners"."""
    head = tokens[phrase.head].low
    if phrase.last + 2 >= len(tokens):
        return name
    link = tokens[phrase.last + 1].low
    if link in ACQUAINTED and head in noun_class("human"):
        # "people familiar with the matter", "a source close to the talks"
        known = itertools.takewhile(
            lambda t: t.tag in NOMINAL | {"JJ", "DT", "PRP$", "IN", "TO"}, tokens[phrase.last + 2 :]
        )
        return f"{name} {link} {joined(list(known))}"
    if (studied := _of_document(name, phrase, tokens)) is not None:
        return studied
    if link not in LINKS or not (
        head in SENT or any(head in noun_class(kind) for kind in ("partitive", "human", "organ"))
    ):
        return name
    rest = tokens[phrase.last + 2 : phrase.last + 10]
    kept: list[Token] = []
    for token in rest:
        if token.tag not in NOMINAL | {"JJ", "JJS", "DT", "POS", "PRP$"} and token.low != "of":
            break
        kept.append(token)
    words = [t for t in kept if t.tag not in ("DT", "PRP$")]
    while words and (words[-1].low == "of" or words[-1].tag == "POS"):
        words.pop()
    if (head not in noun_class("partitive") or link not in ("of", "for")) and head not in SENT:
        is_named = any(w.text[0].isupper() for w in words) and not any(w.low in DAYS for w in words)
        return f"{name} {link} {joined(kept)}" if words and is_named else name
    is_named = bool(words) and (words[0].text[0].isupper() or words[0].low not in tag_lexicon())
    if head.startswith("spokes") and is_named and words[0].low not in noun_class("title"):
        return joined(words)
    if words and head in SENT and words[0].text[0].isupper():
        return joined(words)
    return f"{name} of {joined(words)}" if words else name
