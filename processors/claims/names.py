"""Who and where: mentions of people, organs, countries, groups and places, with document-level coreference."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from processors.claims.lexicon import countries

CAP = r"[A-ZÀ-ÝŠŽĆČĐ][\w’'-]*[\w]|[A-ZÀ-Ý]{2,}|[A-Z]\."
PARTICLE = r"(?:al|el|bin|ben|ibn|de|del|della|da|dos|van|von|der|du|la|le)"
SEQUENCE = re.compile(
    rf"(?:{CAP})(?:(?:\s|-)(?:(?:of the|of|for the|for)\s(?=(?:{CAP})\b))?(?:{PARTICLE}[\s-])?(?:{CAP}))*"
)
TITLES = frozenset(
    "president minister prime foreign defence defense interior speaker judge prosecutor general colonel major captain "
    "lieutenant brigadier admiral marshal commander chief chairman chairwoman mayor governor secretary senator sheikh "
    "king queen prince princess pope bishop professor dr doctor mr mrs ms sir lord lady ambassador envoy spokesman "
    "spokeswoman spokesperson director deputy vice chancellor premier leader lawyer attorney correspondent coach "
    "relief finance health education justice".split()
)
MINISTRIES = {
    "defense": "Defence", "defence": "Defence", "foreign": "Foreign Affairs", "foreign affairs": "Foreign Affairs",
    "interior": "Interior", "health": "Health", "finance": "Finance", "education": "Education", "justice": "Justice",
    "transport": "Transport", "energy": "Energy", "trade": "Trade", "agriculture": "Agriculture", "labour": "Labour",
    "labor": "Labour", "economy": "Economy", "disaster management": "Disaster Management", "water": "Water",
}  # fmt: skip
FORCES = r"army|armed forces|air force|forces|military|troops|soldiers|navy|fighters|servicemen|positions"
ORGANS = rf"{FORCES}|police|parliament|government|side|authorities|embassy|intelligence|coast guard|civil defence"
MINISTRY = r"ministry of (?P<of>[a-z]+(?: affairs| management)?)|(?P<kind>[a-z]+(?: affairs| management)?) ministry"
ORGAN = re.compile(
    r"(?P<adj>(?!(?:The|A|An|In|On|And|But)\s)[A-Z][\w.]+(?: (?!Ministry)[A-Z][a-z]+)?)(?:’s|'s)?\s+(?:(?!ministry|minister)[a-z]+\s)?"
    rf"(?:(?P<ministry>(?i:{MINISTRY}))|(?P<organ>(?i:{ORGANS})))\b"
)
OWN_FORCES = re.compile(rf"\b(?:his|her|its|their|our)\s(?:own\s)?(?:country[’']s\s)?(?:{FORCES})\b", re.IGNORECASE)
GROUPS = re.compile(
    r"\b(?:(?:[a-z]+|[A-Z][a-z]+)\s)?(civilians|protesters|demonstrators|residents|villagers|officials|diplomats|"
    r"prosecutors|investigators|rebels|militants|insurgents|gunmen|terrorists|workers|strikers|nurses|miners|teachers|"
    r"doctors|students|passengers|refugees|migrants|police|rescuers|firefighters|prisoners|hostages|supporters|"
    r"organi[sz]ers|witnesses|businessmen|lawmakers|farmers|fishermen|children|journalists|victims|opposition)\b"
)
ANAPHOR = re.compile(
    r"\bthe\s(ministry|army|military|government|president|minister|council|court|company|party|group|agency|police|"
    r"union|bank|commission|parliament|mayor|governor|spokesman|spokeswoman|prosecutor|judge|region|city|country)\b",
    re.IGNORECASE,
)
NOT_NAMES = frozenset(
    "the a an this that these those it he she they we i you his her its their our in on at by for from with to of and "
    "or but as if when while after before since during despite although though because however meanwhile moreover "
    "according also earlier later yesterday today tomorrow monday tuesday wednesday thursday friday saturday sunday "
    "january february march april may june july august september october november december there here no not none "
    "what who where why how some many most all both each every more other another such under over between among "
    "about at least so then thus yet only even still two three four five six seven eight nine ten several dozens "
    "hundreds thousands one first second third last next new mr mrs ms dr".split()
)
PLACE_BEFORE = re.compile(
    r"\b(?:in|near|at|around|outside|inside|toward|towards|across|throughout|direction of|city of|town of|village of|"
    r"province of|region of|district of|port of|north of|south of|east of|west of|capital|from|to)\s(?:the\s)?"
    r"(?:(?:city|town|village|port|province|region|northern|southern|eastern|western|central|capital)\s(?:of\s)?)*$",
    re.IGNORECASE,
)
PLACE_AFTER = re.compile(
    r"^\s(?:city|town|village|province|region|district|division|airport|river|valley|island|state|county)\b", re.I
)
TITLE_BEFORE = re.compile(rf"\b(?:{'|'.join(sorted(TITLES))})\s$", re.IGNORECASE)
ORG_WORDS = frozenset(
    "ministry council court party union bank agency group company committee commission office department police army "
    "university organization organisation association federation programme program front movement institute authority "
    "parliament senate congress assembly board hospital club team league corporation fund nations command service".split()
)


@dataclass(frozen=True)
class Mention:
    """A name in a text: `kind` is person, organ, country, place or group."""

    start: int
    end: int
    name: str
    kind: str


@dataclass
class Context:
    """What a document has named so far; the order of calls is the order of the text."""

    people: list[str] = field(default_factory=list)
    organs: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    nationality: dict[str, str] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    claimant: tuple[str, ...] = ()

    def see(self, mention: Mention) -> None:
        """Remember a mention as the latest of its kind."""
        kinds = {"person": self.people, "organ": self.organs, "country": self.countries, "place": self.places}
        seen = kinds.get(mention.kind)
        if seen is not None:
            if mention.name in seen:
                seen.remove(mention.name)
            seen.append(mention.name)

    def person(self, name: str) -> str:
        """The full name that a surname (in any transliteration) stands for, else the name itself."""
        tokens = name.split()
        for known in reversed(self.people):
            parts = known.split()
            if len(parts) > len(tokens) and skeleton(parts[-1]) == skeleton(tokens[-1]) and len(tokens) == 1:
                return known
        return name

    def organ(self, word: str) -> str | None:
        """The last organ whose name has the word."""
        wanted = {"army": "Armed Forces", "military": "Armed Forces"}.get(word, word)
        return next((o for o in reversed(self.organs) if wanted.casefold() in o.casefold()), None)

    def own_country(self) -> str | None:
        """The country of the latest claimant, else the latest country."""
        for name in reversed(self.claimant):
            if name in self.nationality:
                return self.nationality[name]
            for country in set(countries().names.values()):
                if name.startswith(country):
                    return country
        return self.countries[-1] if self.countries else None


@lru_cache(maxsize=50_000)
def fold(name: str) -> str:
    """Lower-case letters and digits without accents."""
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i").replace("ə", "a")).casefold()
    return "".join(c for c in plain if c.isalnum() or c == " ")


@lru_cache(maxsize=50_000)
def skeleton(name: str) -> str:
    """Consonants of a folded name, doubles and close letters joined: a blocking key, never a decision."""
    text = fold(name).replace("sh", "s").replace("ch", "c").replace("kh", "h").replace("ph", "f").replace("ou", "u")
    text = text.translate(str.maketrans("vwpqgcjz", "bbbkkkks"))
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouyh ]", "", text))


def organ_name(found: re.Match[str]) -> tuple[str, str] | None:
    """Canonical name and country of "country adjective + organ", or None where the adjective is no country's."""
    country = countries().any(found.group("adj").removesuffix("'s").removesuffix("’s"))
    if country is None:
        return None
    if found.group("ministry"):
        topic = (found.group("of") or found.group("kind")).casefold()
        return f"{country} Ministry of {MINISTRIES.get(topic, topic.title())}", country
    organ = found.group("organ").casefold()
    if organ in ("government", "side", "authorities"):
        return country, country
    if re.fullmatch(FORCES, organ):
        return f"{country} Armed Forces", country
    return f"{country} {organ.title()}", country


def mentions_of(text: str, context: Context) -> list[Mention]:
    """The mentions in a sentence or clause, in order, none inside another; pronouns are left to the caller."""
    found: list[Mention] = []
    for match in ORGAN.finditer(text):
        name = organ_name(match)
        if name:
            found.append(Mention(match.start(), match.end(), name[0], "country" if name[0] == name[1] else "organ"))
    for match in OWN_FORCES.finditer(text):
        country = context.own_country()
        if country:
            found.append(Mention(match.start(), match.end(), f"{country} Armed Forces", "organ"))
    for match in SEQUENCE.finditer(text):
        found += _of_sequence(text, match, context)
    for match in ANAPHOR.finditer(text):
        name_ = _of_anaphor(match.group(1).casefold(), context)
        if name_:
            found.append(Mention(match.start(), match.end(), name_, "organ"))
    for match in GROUPS.finditer(text):
        found.append(Mention(match.start(1), match.end(1), match.group(1).casefold(), "group"))
    return _outermost(found)


def _outermost(found: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda m: (m.start, -m.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
        elif mention.kind == "organ" and kept[-1].kind != "organ" and mention.end > kept[-1].end:
            kept[-1] = mention
    return kept


def _of_anaphor(word: str, context: Context) -> str | None:
    if word in ("president", "minister", "mayor", "governor", "prosecutor", "judge", "spokesman", "spokeswoman"):
        return context.people[-1] if context.people else None
    if word in ("region", "city", "country"):
        return None
    return context.organ(word)


def _of_sequence(text: str, match: re.Match[str], context: Context) -> list[Mention]:
    words = match.group().split()
    offset = match.start()
    while words and words[0].casefold() in NOT_NAMES:
        offset += len(words[0]) + 1
        words = words[1:]
    while words and words[-1].casefold() in NOT_NAMES | {"of", "for", "and", "on"}:
        words = words[:-1]
    if not words:
        return []
    name = text[offset : offset + len(" ".join(words))]
    name = name.removesuffix("’s").removesuffix("'s")
    kind, canonical = _classify(text, offset, offset + len(name), name, context)
    if kind is None:
        return []
    return [Mention(offset, offset + len(name), canonical, kind)]


def _classify(text: str, start: int, end: int, name: str, context: Context) -> tuple[str | None, str]:
    """Kind and canonical name of a capitalised sequence; kind None where it is no name."""
    table = countries()
    folded, words = name.casefold(), name.split()
    if folded in table.names or folded in table.adjectives:
        return "country", table.names.get(folded) or table.adjectives[folded]
    if re.search(r"\d", name):
        return None, name
    before = text[max(0, start - 60) : start]
    is_place = bool(PLACE_BEFORE.search(before) or PLACE_AFTER.match(text[end : end + 12]))
    follows = re.match(r"\s([a-z]+)", text[end : end + 14])
    if follows and follows.group(1) in ORG_WORDS and len(words) == 1:
        return "organ", f"{name} {follows.group(1).title()}"
    if folded in table.capitals:
        return ("place", name) if is_place else ("country", table.capitals[folded])
    lowered = [w.casefold().strip(".") for w in words]
    titled = _after_title(words)
    if any(w in ORG_WORDS for w in lowered) and not titled:
        return "organ", name
    if titled:
        full = context.person(" ".join(titled))
        if lowered[0] in table.adjectives:
            context.nationality.setdefault(full, table.adjectives[lowered[0]])
        return "person", full
    if TITLE_BEFORE.search(before[-20:]) and len(words) <= 4:
        return "person", context.person(name)
    return ("place", name) if is_place else _untitled(before, name, words, context)


def _untitled(before: str, name: str, words: list[str], context: Context) -> tuple[str | None, str]:
    """A name without title or place word: two to four plain words are a person, a known surname too, else an organ."""
    if len(words) == 1:
        known = context.person(name)
        is_first = not before or before[-2:] in (". ", "“")
        return (None, name) if known == name and is_first and len(name) < 4 and not name.isupper() else (
            ("organ", name) if known == name else ("person", known)
        )  # fmt: skip
    is_plain = len(words) <= 4 and all(re.fullmatch(r"[A-ZÀ-Ý][\w’'-]+|[a-z]{2,3}", w) for w in words)
    if is_plain and not name.isupper() and not any(w.casefold() in countries().adjectives for w in words):
        return "person", context.person(name)
    return "organ", name


def _after_title(words: list[str]) -> list[str]:
    titles = [i for i, w in enumerate(words) if w.casefold().strip(".,") in TITLES]
    if not titles:
        return []
    rest = words[titles[-1] + 1 :]
    return (
        [w for w in rest if w.casefold() not in ("of", "the", "for", "and")]
        if 1 <= len(rest) <= 4 and rest[0] not in ("of", "for")
        else []
    )
