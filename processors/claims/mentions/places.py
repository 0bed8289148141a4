"""Places of a claim: those in its clauses, and the referents of "the city" and "there"."""

from collections.abc import Iterable, Iterator

from claimwire.records.vocabulary import EventType
from processors.claims.lexicon import countries, event_triggers, listed, noun_class
from processors.claims.mentions import gazetteer
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.entities import entity_of
from processors.claims.mentions.names import CORPORATE, LARGE, PLACE_NOUNS, PLACE_PREPOSITIONS, PLACES_AND_DIRECTIONS
from processors.claims.mentions.spelling import fold
from processors.claims.model import COUNTRY, PLACE, Clause, NounPhrase, Token
from processors.claims.syntax.tokenizer import BE_OR_HAVE, NOMINAL

# Nouns that may stand for a place of the document: "the city", "this island".
SETTLED = frozenset("city town village province district county state".split())
REGIONAL = frozenset("state province region county".split())
NO_PLACES = CORPORATE | listed("no_places")
# "the envoy in Brussels", "officials in Washington", "the mood in Beijing": the capital stands for a government.
GOVERNING = listed("governing")
HAPPENINGS = frozenset({
    EventType.ASSAULT, EventType.CASUALTY, EventType.DISASTER, EventType.DAMAGE, EventType.PROTEST, EventType.HEALTH,
})  # fmt: skip
NOT_WHERE = frozenset("for past against with by than like as about".split())
# Active verbs whose subject is a place that undergoes something, and verbs whose object is a team.
UNDERGOES = tuple(sorted(listed("undergoes")))
DEFEATS = tuple("beat defeat edge lead lift host thrash down top sink".split())
HAZARDS = frozenset("unrest violence war conflict crisis crash outbreak poisoning crackdown collapse".split())
MOVES = tuple(sorted(listed("moves")))
AREAS = frozenset("area region suburb neighbourhood neighborhood".split())
WHERE = PLACE_PREPOSITIONS | {"to"}
TOWNS = frozenset("cities towns villages states".split())
JOINED = frozenset({"and", "or", ","})


def places_of(tokens: list[Token], clauses: Iterable[Clause], last: int, context: Context) -> tuple[str, ...]:
    """Return the canonical places of clauses whose words end at token `last`, in order."""
    found: dict[str, None] = {}
    first = last
    for clause in clauses:
        first = min(first, clause.first)
        before: NounPhrase | None = None
        for phrase in (*clause.left, *clause.right):
            joined = before is not None and _is_joined(tokens, before, phrase)
            joined = joined or _is_where(tokens, clause, phrase)
            names = [] if _acts(tokens, clause, phrase) else list(_named(tokens, phrase, context, is_joined=joined))
            found.update((_canonical(name, context), None) for name in names)
            before = phrase if names else None
    if not found and context.places and _is_there(tokens, first, last):
        return (_canonical(context.places[-1], context),)
    # "London, Ontario" is one place.
    return tuple(name for name in found if not any(other.endswith(f", {name}") for other in found))


def _is_where(tokens: list[Token], clause: Clause, phrase: NounPhrase) -> bool:
    """Return whether a country is a place: "sent them to Qatar", "Chad has suffered droughts"."""
    if phrase.prep not in ("", "to", "from"):
        return False
    if clause.verb is None or countries().any(tokens[phrase.head].text) is None:
        return False
    main = tokens[clause.verb.main].low
    if phrase.prep in ("to", "from"):
        return main.startswith(MOVES)
    return not phrase.prep and phrase in clause.subject() and main.startswith(UNDERGOES)


def _acts(tokens: list[Token], clause: Clause, phrase: NounPhrase) -> bool:
    """Return whether a place is a team or a government that acts: "Leeds beat Derby", "scored for Leeds"."""
    if tokens[phrase.head].tag not in ("NNP", "NNPS") and tokens[phrase.head].low not in SETTLED:
        return False
    if phrase.prep:
        return phrase.prep in NOT_WHERE
    verb = clause.verb
    if verb is None or verb.is_passive:
        return False
    main = tokens[verb.main].low
    if phrase in clause.subject():
        return not (main in BE_OR_HAVE or main.startswith(UNDERGOES))
    return main.startswith(DEFEATS)


def _is_joined(tokens: list[Token], before: NounPhrase, phrase: NounPhrase) -> bool:
    """Return whether "and" joins a name to a place, as in "from Aleppo and Idlib"."""
    between = tokens[before.last + 1 : phrase.first]
    is_bare = tokens[phrase.first].tag in ("NNP", "NNPS") and not phrase.prep
    return bool(before.prep) and is_bare and len(between) == 1 and between[0].low in JOINED


def _named(tokens: list[Token], phrase: NounPhrase, context: Context, *, is_joined: bool) -> Iterator[str]:
    head = tokens[phrase.head]
    entity = entity_of(tokens, phrase, context)
    is_name = head.tag in ("NNP", "NNPS") or (entity is not None and entity.kind == COUNTRY and head.text[0].isupper())
    is_stake = phrase.prep == "in" and phrase.first > 1 and tokens[phrase.first - 2].low in noun_class("stake")
    if entity is None or phrase.is_date or is_stake or (is_name and _is_abbreviation(head.text)):
        return
    if (
        entity.kind == PLACE
        or (is_name and _is_building(tokens, phrase))
        or (entity.kind == COUNTRY and is_name and (phrase.prep in PLACE_PREPOSITIONS or _is_of_land(tokens, phrase)))
        or (is_name and (is_joined or _is_of_place(tokens, phrase, context)))
    ):
        words = " ".join(t.text for t in tokens[phrase.first : phrase.last + 1] if t.tag != "DT")
        name = words if fold(words) in countries().capitals and ", " not in entity.name else entity.name
        if _is_sure(tokens, phrase, name, context) and not _is_government(tokens, phrase, name):
            yield name
    elif not is_name:
        yield from _by_description(tokens, phrase, context)
        yield from _of_modifier(tokens, phrase, context)


def _is_building(tokens: list[Token], phrase: NounPhrase) -> bool:
    """Return whether a name is a building: "at Chalford Hospital", "in Hallmoor prison"; not "in an Athens hospital"."""
    words = [t for t in tokens[phrase.first : phrase.last + 1] if t.low != "the"]
    is_named = len(words) > 1 and all(t.tag in ("NNP", "NNPS") for t in words[:-1])
    kind = words[-1].low if words else ""
    return (
        is_named
        and phrase.prep in WHERE
        and kind in noun_class("facility")
        and kind not in PLACES_AND_DIRECTIONS | AREAS
    )


def _of_modifier(tokens: list[Token], phrase: NounPhrase, context: Context) -> Iterator[str]:
    """Yield the place of a modifier: "Devon police", "Harbin's sixth bridge"; a country only in "Peru bus crash"."""
    begin = phrase.first
    while begin < phrase.last and tokens[begin].tag in ("DT", "PRP$", "JJ", "CD") and not _is_adjective(tokens[begin]):
        begin += 1
    end = begin
    while end < phrase.last and (tokens[end].tag in ("NNP", "NNPS") or _is_adjective(tokens[end])):
        end += 1
    name, head = " ".join(t.text for t in tokens[begin:end]), tokens[phrase.last].low
    if (
        end == begin
        or tokens[phrase.last].tag not in ("NN", "NNS")
        or head in noun_class("title")
        or head in noun_class("human")
    ):
        return
    if (country := countries().any(name)) and fold(name) not in countries().capitals:
        if _is_adjective(tokens[end - 1]) and not (head in TOWNS and end == phrase.last):
            # "the Chadian army's attacks"
            return
        kinds = {kind for form in (head, f"{head}/n") for kind, _ in event_triggers().get(form, ())}
        if (kinds & HAPPENINGS or head in HAZARDS or head in TOWNS) and tokens[end].tag != "POS":
            yield country
    elif fold(name) not in countries().capitals and not context.person(name) and _is_large(name):
        yield name


def _is_adjective(token: Token) -> bool:
    """Return whether a word is a country's adjective: the "French" of "several French cities"."""
    return token.low in countries().adjectives and token.text[0].isupper()


def _is_large(name: str) -> bool:
    """Return whether a name is a region, or a large town's own name."""
    found = gazetteer.places(name)[:1]
    return any(p.population >= LARGE and fold(p.name) == fold(name) for p in found)


def _is_sure(tokens: list[Token], phrase: NounPhrase, name: str, context: Context) -> bool:
    """Return whether a name is a place's and not a person's or a company's: known, or after "in" and the like."""
    words = [w.casefold().rstrip(".") for w in name.split()]
    if phrase.prep not in ("in", "of") and any(person.startswith(f"{name} ") for person in context.people):
        return False
    if gazetteer.places(name) or countries().any(name):
        return True
    calls_itself = words[-1] in PLACE_NOUNS or words[0] in PLACE_NOUNS or words[-1] in noun_class("facility")
    if words[-1] in NO_PLACES or any(w in noun_class("title") for w in words):
        return calls_itself
    # "an analyst at Miller Roth", "head of research at Kern".
    owner = tokens[phrase.first - 2] if phrase.prep == "at" and phrase.first > 1 else None
    is_post = owner is not None and (
        owner.tag == "NNP" or owner.low in noun_class("human") or owner.low in noun_class("title")
    )
    return calls_itself or not is_post


def _is_government(tokens: list[Token], phrase: NounPhrase, name: str) -> bool:
    """Return whether a capital stands for a government: "the envoy to Kyiv", "officials in Washington"."""
    owner = tokens[phrase.first - 2].low if phrase.prep and phrase.first > 1 else ""
    return owner in GOVERNING and bool(
        countries().capitals.get(fold(name)) or countries().any(name) or name == "Brussels"
    )


def _is_abbreviation(word: str) -> bool:
    """Return whether a word is capitals that the gazetteer lacks: "UTC", "USGS"."""
    is_known = countries().any(word) is not None or bool(gazetteer.places(word))
    return len(word) > 1 and word.isupper() and not is_known


def _is_of_land(tokens: list[Token], phrase: NounPhrase) -> bool:
    """Return whether a country follows a direction: "off the coast of Chile", "in the east of Congo"."""
    return phrase.prep == "of" and phrase.first > 1 and tokens[phrase.first - 2].low in PLACES_AND_DIRECTIONS


def _is_of_place(tokens: list[Token], phrase: NounPhrase, context: Context) -> bool:
    """Return whether "of" opens a place: "two districts of Minho", not "the mayor of Porto" or "the bank of Japan"."""
    if phrase.prep != "of" or phrase.first < 2:
        return False
    owner = tokens[phrase.first - 2].low
    if owner in noun_class("title") or owner in noun_class("organ") or owner in noun_class("human"):
        return False
    name = " ".join(t.text for t in tokens[phrase.first : phrase.last + 1])
    return name in context.places or any(p.country in context.countries for p in gazetteer.places(name))


def _by_description(tokens: list[Token], phrase: NounPhrase, context: Context) -> Iterator[str]:
    """Yield the referent of "the city", and the "Athens" of "an Athens hospital"."""
    head = tokens[phrase.head].low
    words = tokens[phrase.first : phrase.last + 1]
    if head in SETTLED and len(words) == 2 and words[0].low in ("the", "this", "that"):
        after = tokens[phrase.last + 1].low if phrase.last + 1 < len(tokens) else ""
        main = _main_place(head, context)
        if after != "of" and main is not None:
            yield main
    if head in noun_class("facility"):
        name = " ".join(t.text for t in words[:-1] if t.tag in ("NNP", "NNPS"))
        if _is_building(tokens, phrase):
            yield f"{name} {words[-1].text}"
        elif name and (name.casefold() in countries().capitals or name in context.places or _is_known(name, context)):
            yield name


def _main_place(noun: str, context: Context) -> str | None:
    """Return the place named most of a noun's kind: "the state" is no town, "the city" no region."""
    kinds = (name for name, _ in context.named_places.most_common())
    if noun in REGIONAL:
        return next((name for name in kinds if fold(name) in gazetteer.regions()), None)
    return next((name for name in kinds if fold(name) not in gazetteer.regions()), None)


def _is_known(name: str, context: Context) -> bool:
    return any(p.country in context.countries for p in gazetteer.places(name))


def _is_there(tokens: list[Token], first: int, last: int) -> bool:
    """Return whether a noun has "there" after it, as in "the hospital there", but not in "there are"."""
    return any(t.low == "there" and tokens[i].tag in NOMINAL for i, t in enumerate(tokens[first + 1 : last + 1], first))


def _canonical(name: str, context: Context) -> str:
    """Return the gazetteer's name for a transliterated place in the document's countries, else the name as written."""
    if name.casefold() in countries().names and fold(name) not in countries().capitals:
        return name
    place = gazetteer.resolve(name, frozenset(context.countries))
    return place.name if place is not None and not place.name.startswith(f"{name} ") else name
