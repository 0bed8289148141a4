"""What a noun phrase names: a person behind titles, an organ of a state, a place, somebody by description."""

import itertools
import re

from processors.claims import gazetteer
from processors.claims.context import COUNTRY, GROUP, ORGAN, PERSON, PLACE, SURELY_MEANT, THING, Context, Entity
from processors.claims.figures import ONES, TENS
from processors.claims.lexicon import countries, is_human, is_organ, noun_class, tag_lexicon
from processors.claims.phrases import DAYS, NounPhrase
from processors.claims.spelling import fold
from processors.claims.words import NOMINAL, Token

LARGE = 150_000
ORDINAL = re.compile(r"(?:\d+(?:st|nd|rd|th)|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)$")
OWNED = re.compile(r"\s+(’s|'s|’|')")
MINISTRIES = {
    "defense": "Defence", "defence": "Defence", "foreign": "Foreign Affairs", "outside": "Foreign Affairs",
    "interior": "Interior", "labor": "Labour", "emergencies": "Emergency Situations", "emergency": "Emergency Situations",
}  # fmt: skip
MINISTRY = re.compile(
    r"(?i)^(?:(?P<who>.*?)(?:'s|’s|')?\s+)?(?:ministry of (?:the )?(?P<of>.+)|(?P<kind>(?:[a-z]+ and )?[a-z]+(?: affairs| management| situations)?) ministry)$"
)
FORCES = re.compile(
    r"(?i)\b(?:army|armed forces|air force|forces|military|troops|soldiers|navy|fighters|servicemen|positions)$"
)
STATE = re.compile(r"(?i)\b(?:government|side|authorities|administration|republic)$")
PLACE_PREPOSITIONS = frozenset("in near at around outside inside toward towards across throughout off".split())
PLACE_NOUNS = frozenset(
    "city town village province region district division airport river valley island state county port prefecture "
    "governorate municipality street square mine station lake sea strait bay cape mount mountain desert border "
    "embankment dam camp crossing bridge coast coastline shore pier oblast raion peninsula archipelago".split()
)
# What these stand for depends on who speaks, so it is decided anew for each claim.
LINKS = frozenset("of for in at from".split())
# They speak and act for whom they belong to.
SENT = frozenset("member members mission missions delegation delegations observers monitors".split())
STATE_PEOPLE = frozenset("police authorities prosecutors navy coastguard parliament cabinet".split())
STATE_ORGANS = frozenset("department board inspectorate opposition".split())
DIRECTIONS = frozenset(
    "direction vicinity outskirts center centre north south east west heart suburb suburbs edge area".split()
)
PARTICLES = frozenset("al el bin ben ibn de del della da dos van von der du la le".split())
CORPORATE = frozenset(
    "inc ltd llc plc corp gmbh ag sa group holdings airlines airways lines bank banco times post news wire herald tribune gazette courier telegraph radio tv television newswire".split()
)
UNNAMING = frozenset("other several many some own new first least dozen hundred thousand million billion".split())
COMPARED = frozenset("more less fewer most least fewest".split())
MEASURES = frozenset(
    "number figure toll count total amount rest part some half majority dozens scores hundreds thousands".split()
)


def naming_words(tokens: list[Token], phrase: NounPhrase) -> list[Token]:
    """The words of a phrase from its first naming word: no determiners, numbers, "some of", "more than"."""
    words = tokens[phrase.first : phrase.last + 1]
    begin = 0
    while begin < len(words) and (
        ORDINAL.match(words[begin].low)
        or (words[begin].tag == "JJ" and all(part in ONES or part in TENS for part in words[begin].low.split("-")))
        or words[begin].tag in ("DT", "PRP$", "CD", "IN", "$", "CC")
        or (words[begin].tag == "RB" and words[begin].text[0].islower())
        or (words[begin].tag in ("JJR", "JJS") and words[begin].low in COMPARED)
        or (words[begin].low in UNNAMING and words[begin].text != "New")
    ):
        begin += 1
    return words[begin:]


def _capitals(words: list[Token]) -> str:
    """The capitalised words before a place noun ("Tarn" of "Tarn division")."""
    owner = next((i for i in range(len(words) - 1, -1, -1) if words[i].tag == "POS" or words[i].low == "of"), -1)
    kept = [w for w in words[owner + 1 : -1] if w.text[0].isupper() and w.tag in ("NNP", "NNPS")]
    return _joined(kept)


def capital_tail(words: list[Token]) -> list[Token]:
    begin = len(words)
    while begin and (
        words[begin - 1].text[0].isupper()
        or words[begin - 1].low in PARTICLES | {"of", "the", "for", "and", "&"}
        or (words[begin - 1].tag == "CD" and begin == len(words))
    ):
        begin -= 1
    while begin < len(words) and not words[begin].text[0].isupper():
        begin += 1
    return words[begin:]


def _joined(words: list[Token]) -> str:
    return _apostrophes(" ".join(w.text for w in words))


def _apostrophes(text: str) -> str:
    return OWNED.sub(r"\1", text) if "’" in text or "'" in text else text


def of_name(
    words: list[Token], caps: list[Token], phrase: NounPhrase, tokens: list[Token], context: Context
) -> Entity | None:
    titles, table = noun_class("title"), countries()
    before = words[: len(words) - len(caps)]
    role = _title_at_end(before)
    if len(caps) > 2 and is_human(caps[0].low) and caps[0].tag == "NN" and not _has_organ(caps):
        caps = caps[1:]
    while (
        len(caps) > 1
        and caps[0].low.rstrip(".") in titles
        and caps[1].low not in ("of", "for", "and")
        and (caps[0].low != "justice" or caps[1].low not in noun_class("organ"))
    ):
        role, caps = f"{role} {caps[0].low.rstrip('.')}".strip(), caps[1:]
    at = next((i for i in range(len(caps) - 2, 0, -1) if caps[i].low in titles and caps[i + 1].text[0].isupper()), None)
    if at is not None:
        role, caps = _title_at_end(caps[: at + 1]), caps[at + 1 :]
    name = _joined(caps)
    folded = name.casefold()
    if (
        len(caps) == 1
        and not before
        and caps[0].low in noun_class("organ")
        and (known := anaphor(caps[0].low, context))
    ):
        return known
    if not role and folded in table.names:
        return Entity(table.names[folded], COUNTRY)
    if not role and folded in table.adjectives:
        return Entity(table.adjectives[folded], COUNTRY)
    if role and len(caps) <= 4 and not any(w.low in noun_class("organ") for w in caps[-1:]):
        full = context.person(caps[-1].text) if len(caps) == 1 else None
        found = Entity(full or name, PERSON)
        context.titles.setdefault(found.name, role)
        country = next((c for w in words if w not in caps and (c := table.any(w.text))), None)
        if country:
            context.nationality.setdefault(found.name, country)
        return found
    return _of_untitled(caps, name, before, phrase, tokens, context)


def _has_organ(words: list[Token]) -> bool:
    return any(w.low in noun_class("organ") or w.low in CORPORATE for w in words)


def _title_at_end(words: list[Token]) -> str:
    """ "prime minister" of "British prime minister"."""
    titles = noun_class("title")
    if not words or words[-1].low not in titles:
        return ""
    if len(words) > 1 and words[-2].low in ("prime", "vice", "deputy"):
        return f"{words[-2].low} {words[-1].low}"
    return words[-1].low


def _of_untitled(
    caps: list[Token], name: str, before: list[Token], phrase: NounPhrase, tokens: list[Token], context: Context
) -> Entity:
    table, organs = countries(), noun_class("organ")
    country = table.any(caps[0].text) if len(caps) > 1 else None
    organ = _state_organ(name, country, context)
    if organ is not None:
        return organ
    is_organ = _has_organ(caps) and caps[0].low not in DIRECTIONS
    if is_organ and caps[-1].low not in PLACE_NOUNS:
        return Entity(name, ORGAN)
    if _is_placed(tokens, phrase) or (
        phrase.prep in ("to", "from", "on", "until", "via") and _is_at_home(name, context)
    ):
        return Entity(name, PLACE)
    capital = table.capitals.get(name.casefold()) if not before else None
    if capital:
        return Entity(name, PLACE) if phrase.prep in ("to", "from") else Entity(capital, COUNTRY)
    if is_organ or (name.isupper() and len(name) > 1):
        return Entity(name, ORGAN)
    if len(caps) == 1 and (known := _named_before(caps[0], name, context)):
        return known
    if _reads_as_place(caps, name, before, phrase, tokens, context):
        return Entity(name, PLACE)
    is_person = (
        following_which(tokens, phrase) is False
        and 2 <= len(caps) <= 4
        and all(w.tag != "CD" and w.low not in ("of", "the", "and", "&", "for") for w in caps)
    )
    return Entity(name, PERSON if is_person and not (before and before[-1].low in organs) else ORGAN)


def _named_before(word: Token, name: str, context: Context) -> Entity | None:
    """Whom one word stands for: a surname, or part of an organ's name."""
    if full := context.person(name):
        return Entity(full, PERSON)
    if tag_lexicon().get(word.low) in ("NN", "NNS", "JJ"):
        return None
    longer = next((o for o in reversed(context.organs) if fold(name) in fold(o).split()), None)
    return Entity(longer, ORGAN) if longer else None


def _reads_as_place(
    caps: list[Token], name: str, before: list[Token], phrase: NounPhrase, tokens: list[Token], context: Context
) -> bool:
    """ "Lake Garda", "Tarn division", "the town of Ba"; the gazetteer's large places, and those at home."""
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


def following_which(tokens: list[Token], phrase: NounPhrase) -> bool:
    """ "X, which operates": no person."""
    after = [t.low for t in tokens[phrase.last + 1 : phrase.last + 3]]
    return "which" in after


def _is_known_place(name: str, found: tuple[gazetteer.Place, ...], context: Context) -> bool:
    """A large place anywhere, or any place of a country that the document names."""
    return (found[0].population >= LARGE and gazetteer.is_near(name, found[0].name)) or any(
        p.country in context.countries and p.population >= SURELY_MEANT for p in found
    )


def _is_at_home(name: str, context: Context) -> bool:
    if tag_lexicon().get(name.casefold()) in ("NN", "NNS"):
        return False
    return any(p.country in context.countries for p in gazetteer.places(name))


def _is_placed(tokens: list[Token], phrase: NounPhrase) -> bool:
    """ "in Ganja", "the city of Ganja", "in the direction of Ganja"; not "shares in Nordstal"."""
    if phrase.prep in PLACE_PREPOSITIONS:
        return phrase.first < 2 or tokens[phrase.first - 2].low not in noun_class("stake")
    return phrase.prep == "of" and phrase.first >= 2 and tokens[phrase.first - 2].low in PLACE_NOUNS | DIRECTIONS


def _state_organ(name: str, country: str | None, context: Context) -> Entity | None:
    """ "Azerbaijani Defence Ministry", "the emergencies ministry", "Armenian forces": the organ of a country."""
    ministry = MINISTRY.match(name)
    if ministry:
        topic = (ministry.group("of") or ministry.group("kind") or "").strip()
        who = (ministry.group("who") or "").strip()
        if who and countries().any(who) is None and ministry.group("kind") and not re.search("['’]s ", name):
            topic, who = f"{who} {topic}", ""
        of = re.split(r"(?i)\s+of\s+", topic)
        owner = (countries().any(who) if who else None) or (countries().any(of[-1]) if len(of) > 1 else None) or country
        if countries().any(topic.split(" ")[0]) and ministry.group("kind"):
            owner, topic = countries().any(topic.split(" ")[0]), ""
        if not topic or topic.casefold() in ("the", "this", "its", "their"):
            return None
        topic = MINISTRIES.get(of[0].casefold(), of[0] if ministry.group("of") else of[0].title())
        known = next((o for o in reversed(context.organs) if o.endswith(f"Ministry of {topic}")), None)
        owner = owner or context.home()
        if known and (owner is None or not who):
            return Entity(known, ORGAN)
        return Entity(f"{owner + ' ' if owner else ''}Ministry of {topic}", ORGAN)
    if country and FORCES.search(name):
        return Entity(f"{country} Armed Forces", ORGAN)
    if country and STATE.search(name):
        return Entity(country, COUNTRY)
    return None


def of_common(words: list[Token], phrase: NounPhrase, tokens: list[Token], context: Context) -> Entity | None:
    head = tokens[phrase.head].low
    if head in PLACE_NOUNS and (named := _capitals(words)):
        return Entity(named, PLACE)
    if head in MEASURES or head in ("one", "nothing", "anyone", "everyone", "nobody", "somebody"):
        return None
    determiner = tokens[phrase.first].low
    country = next((c for w in words[:-1] if w.text[0].isupper() and (c := countries().any(w.text))), None)
    name = _joined(words)
    organ = _state_organ(name, country, context)
    if organ is not None:
        return organ
    if determiner in ("its", "his", "her", "their", "our"):
        owned = _owned(determiner, head, context)
        if owned is not None:
            return owned
    if determiner in ("the", "that", "this") and len(words) == 1:
        known = anaphor(head, context)
        if known is not None:
            return known
    if person := _behind_office(head, phrase, tokens, context):
        return person
    is_of = phrase.last + 1 < len(tokens) and tokens[phrase.last + 1].low in LINKS
    if national := _national(words, head, determiner, context, is_of=is_of):
        return national
    if len(words) > 1 and words[0].low == "former":
        words = words[1:]
    kind = GROUP if is_human(head) else ORGAN if is_organ(head) else THING
    return Entity(_with_of(_plain(words), phrase, tokens, context), kind)


def _behind_office(head: str, phrase: NounPhrase, tokens: list[Token], context: Context) -> Entity | None:
    """ "the mayor of Porto Ana Lima": translated texts put the name behind the office without a comma."""
    if head not in noun_class("title") or tokens[phrase.last + 1 : phrase.last + 2] == []:
        return None
    if tokens[phrase.last + 1].low not in ("of", "for", "on"):
        return None
    office = list(
        itertools.takewhile(lambda t: t.tag in NOMINAL | {"JJ", "DT"}, tokens[phrase.last + 2 : phrase.last + 10])
    )
    name = list(itertools.takewhile(lambda t: t.text[0].isupper() and t.tag == "NNP", reversed(office)))[::-1]
    is_all = len(name) == len([t for t in office if t.tag != "DT"])
    if len(name) < 2 + is_all or tag_lexicon().get(name[-1].low) in ("NN", "NNS"):
        return None
    found = _joined(name[-2:] if is_all else name[-3:])
    context.titles.setdefault(found, head)
    return Entity(found, PERSON)


def _national(words: list[Token], head: str, determiner: str, context: Context, *, is_of: bool) -> Entity | None:
    """ "the water board", "police": of which country the document tells, where it tells of one above all."""
    home = context.main_country()
    if home is not None and head in STATE_PEOPLE and len(words) == 1 and determiner in ("the", head) and not is_of:
        return Entity(f"{countries().adjective(home)} {head}", ORGAN)
    if home is None or head not in STATE_ORGANS or determiner in ("a", "an") or len(words) > 3:
        return None
    if any(w.tag in ("NNP", "NNPS", "POS") for w in words):
        return None
    return Entity(f"{home} {' '.join(w.text.title() for w in words)}", ORGAN)


def _plain(words: list[Token]) -> str:
    """A description as it reads in mid-sentence: only names keep their capitals."""
    lowered = [
        w.low if w.tag not in ("NNP", "NNPS") and not countries().any(w.text) and w.tag != "POS" else w.text
        for w in words
    ]
    return _apostrophes(" ".join(lowered))


def _owned(determiner: str, head: str, context: Context) -> Entity | None:
    """ "his office", "its forces", "her ministry"."""
    home = context.home()
    if head in ("country", "government", "state") and home:
        return Entity(home, COUNTRY)
    if head in noun_class("forces") and home:
        return Entity(f"{home} Armed Forces", ORGAN)
    if head == "office" and determiner in ("his", "her") and context.people:
        person = context.people[-1]
        title = context.titles.get(person)
        return Entity(
            f"Office of the {title.title()}{' of ' + home if home else ''}" if title else f"{person}'s office", ORGAN
        )
    if head in ("ministry", "party", "company", "union", "agency") and (known := context.organ(head)):
        return Entity(known, ORGAN)
    return None


def anaphor(head: str, context: Context) -> Entity | None:
    """A definite noun phrase of one word that stands for somebody named before."""
    if head in noun_class("title"):
        person = next((p for p in reversed(context.people) if context.titles.get(p) == head), None)
        return Entity(person, PERSON) if person else None
    if head in ("country", "government") and (home := context.home()):
        return Entity(home, COUNTRY)
    if head in ("army", "military") and (home := context.home()) and not context.organ(head):
        return Entity(f"{home} Armed Forces", ORGAN)
    if known := context.organ(head):
        return Entity(known, ORGAN)
    if head in noun_class("generic_organ"):
        of_kind = noun_class("organ") - noun_class("generic_organ")
        meant = next((o for o in reversed(context.organs) if not of_kind & set(o.casefold().split())), None)
        return Entity(meant, ORGAN) if meant else None
    return None


def _with_of(name: str, phrase: NounPhrase, tokens: list[Token], context: Context) -> str:
    """ "relatives" of "the miners": a noun that says nothing without whom it belongs to."""
    head = tokens[phrase.head].low
    if phrase.last + 2 >= len(tokens):
        return name
    link = tokens[phrase.last + 1].low
    if link not in LINKS or not (
        head in SENT or any(head in noun_class(kind) for kind in ("partitive", "human", "organ"))
    ):
        return name
    rest = tokens[phrase.last + 2 : phrase.last + 10]
    kept: list[Token] = []
    for token in rest:
        if token.tag not in NOMINAL | {"JJ", "DT", "POS", "PRP$"} and token.low != "of":
            break
        kept.append(token)
    words = [t for t in kept if t.tag not in ("DT", "PRP$")]
    while words and (words[-1].low == "of" or words[-1].tag == "POS"):
        words.pop()
    if (head not in noun_class("partitive") or link not in ("of", "for")) and head not in SENT:
        is_named = any(w.text[0].isupper() for w in words) and not any(DAYS.match(w.text) for w in words)
        return f"{name} {link} {_joined(kept)}" if words and is_named else name
    is_named = bool(words) and (words[0].text[0].isupper() or words[0].low not in tag_lexicon())
    if head.startswith("spokes") and is_named and words[0].low not in noun_class("title"):
        return _joined(words)
    if words and head in SENT and words[0].text[0].isupper():
        return _joined(words)
    return f"{name} of {_joined(words)}" if words else name
