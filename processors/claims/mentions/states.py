"""Organisations of states: ministries, forces and authorities under their country, if the text gives one."""

import itertools
import re

from processors.claims.lexicon import countries, noun_class
from processors.claims.mentions.discourse import Context
from processors.claims.mentions.spelling import joined
from processors.claims.model import COUNTRY, ORGAN, Entity, NounPhrase, Token
from processors.claims.syntax.tokenizer import NOMINAL

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
STATE = re.compile(r"(?i)^\S+ (?:government|side|authorities|administration|republic)$")
STATE_PEOPLE = frozenset("police authorities prosecutors navy coastguard parliament cabinet".split())
# Countries whose police and prosecutors are those of a state or a region.
LOCAL_LAW = frozenset({"police", "prosecutors"})
LOCALLY_POLICED = frozenset({
    "United States", "United Kingdom", "India", "China", "Germany", "Canada", "Australia", "Brazil", "Mexico", "Switzerland",
})  # fmt: skip
REGIONAL = frozenset("state regional provincial federal cantonal".split())
STATE_ORGANS = frozenset("department board inspectorate opposition".split())


def state_organ(name: str, country: str | None, context: Context) -> Entity | None:
    """Return the organisation of "Azerbaijani Defence Ministry", "the emergencies ministry" or "Armenian forces"."""
    ministry = MINISTRY.match(name) if "ministry" in name.lower() else None
    if ministry:
        return _ministry(name, ministry, country, context)
    if country and FORCES.search(name):
        return Entity(f"{country} Armed Forces", ORGAN)
    if country and STATE.search(name):
        return Entity(country, COUNTRY)
    return None


def _ministry(name: str, found: re.Match[str], country: str | None, context: Context) -> Entity | None:
    """Return the ministry of the country in the words, else an earlier one, else of the document's country."""
    kind, topic = found.group("kind"), (found.group("of") or found.group("kind")).strip()
    who = (found.group("who") or "").strip()
    if who.casefold() in REGIONAL:
        # "the state interior ministry" belongs to a state that is no country.
        return Entity(name.lower(), ORGAN)
    if kind and who and countries().any(who) is None and not re.search("['’]s ", name):
        topic, who = f"{who} {topic}", ""
    of = re.split(r"(?i)\s+of\s+", topic)
    owner = (countries().any(who) if who else None) or (countries().any(of[-1]) if len(of) > 1 else None) or country
    if kind and (first := countries().any(topic.split(" ")[0])):
        owner, topic = first, ""
    if not topic or topic.casefold() in ("the", "this", "its", "their"):
        return None
    topic = MINISTRIES.get(of[0].casefold(), of[0].title() if kind else of[0][:1].upper() + of[0][1:])
    name = "Foreign Ministry" if topic == "Foreign Affairs" else f"Ministry of {topic}"
    if owner is None:
        known = next((o for o in reversed(context.organs) if o.endswith(name)), None)
        if known:
            return Entity(known, ORGAN)
        owner = context.leading_country()
    if owner and topic == "Foreign Affairs":
        owner = countries().adjective(owner)
    return Entity(f"{owner} {name}" if owner else name, ORGAN)


def topic_behind(tokens: list[Token], phrase: NounPhrase) -> str:
    """Return the topic of "the ministry of Economy and Finance"."""
    kept: list[Token] = []
    for word, after in itertools.pairwise([*tokens[phrase.last + 2 : phrase.last + 7], tokens[-1]]):
        is_joined = word.low == "and" and after.text[0].isupper() and after.low not in noun_class("title")
        if word.tag not in NOMINAL | {"JJ", "DT"} and not is_joined:
            break
        kept.append(word)
    return joined([t for t in kept if t.tag != "DT"])


def force(words: list[Token], context: Context, *, is_of: bool) -> Entity | None:
    """Return the earlier police for "police" or "the city's police", where the document names only one."""
    is_owned = len(words) == 3 and words[0].text[0].islower() and words[1].tag == "POS"
    if is_of or words[-1].low not in STATE_PEOPLE or not (len(words) == 1 or is_owned):
        return None
    named = [o for o in context.organs if o[0].isupper() and o.split()[-1].lower() == words[-1].low]
    return Entity(named[0], ORGAN) if len(named) == 1 else None


def national(words: list[Token], head: str, determiner: str, context: Context, *, is_of: bool) -> Entity | None:
    """Return the national body for "the water board" or "police", in a document mainly about one country."""
    if head not in STATE_PEOPLE and head not in STATE_ORGANS:
        return None
    home = context.main_country()
    if head in LOCAL_LAW and home in LOCALLY_POLICED:
        return None
    if home is not None and head in STATE_PEOPLE and len(words) == 1 and determiner in ("the", head) and not is_of:
        return Entity(f"{countries().adjective(home)} {head}", ORGAN)
    if home is None or head not in STATE_ORGANS or determiner in ("a", "an") or len(words) > 3:
        return None
    if any(w.tag in ("NNP", "NNPS", "POS") for w in words):
        return None
    return Entity(f"{home} {' '.join(w.text.title() for w in words)}", ORGAN)
