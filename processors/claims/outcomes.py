"""What happened to those who are counted: the role of a number, by the outcome words nearest to it."""

from collections.abc import Mapping, Sequence

from claimwire.vocabulary import EventType, QuantityRole
from processors.claims.lexicon import outcome_of
from processors.claims.words import BE, HAVE, VERBAL, Token

TIME_UNITS = frozenset("year month week day hour minute".split())
LENGTHS = frozenset("metre kilometre centimetre mile foot yard inch degree".split())
HUMAN = frozenset("person civilian soldier fighter worker police_officer protester prisoner".split())
MONEY = frozenset(
    "usd eur gbp yuan yen ruble rupee lira taka dinar rial franc lari lev baht tenge guarani peso real won krona zloty forint "
    "shilling naira rand dirham hryvnia kwacha".split()
)
CARRIERS = frozenset("vehicle boat vessel aircraft team ambulance".split())
COUNTED_VOTES = HUMAN | {"vote", "ballot"}
PRISON = frozenset("prison jail jailed imprisoned imprisonment bars sentence sentences sentenced term".split())
SAVED = frozenset("saved saves save saving rescued rescues rescuing".split())
HOMES = frozenset("home homes house houses village villages".split())
HELD = frozenset("took taken take takes taking held holding hold holds".split())
FOUND = frozenset("found located traced accounted recovered".split())
# What those who are counted do most often in an event of this type.
USUAL: Mapping[EventType, QuantityRole] = {
    EventType.PROTEST: QuantityRole.PARTICIPATED, EventType.CONSULT: QuantityRole.PARTICIPATED,
    EventType.RETREAT: QuantityRole.RELEASED, EventType.COERCE: QuantityRole.AFFECTED,
    EventType.MOBILIZE: QuantityRole.DEPLOYED, EventType.HEALTH: QuantityRole.INFECTED,
    EventType.CASUALTY: QuantityRole.KILLED, EventType.DISASTER: QuantityRole.KILLED,
}  # fmt: skip
USUAL_THINGS: Mapping[EventType, QuantityRole] = {
    EventType.CONTROL: QuantityRole.CAPTURED,
    EventType.DAMAGE: QuantityRole.DAMAGED,
    EventType.MOBILIZE: QuantityRole.DEPLOYED,
    EventType.ASSAULT: QuantityRole.DESTROYED,
}
BODIES = frozenset("bodies corpses deaths fatalities lives".split())
CARRIED = frozenset({"carrying", "transporting", "ferrying", "aboard"})
VICTIMS = frozenset({QuantityRole.KILLED, QuantityRole.INJURED, QuantityRole.MISSING, QuantityRole.CRITICAL})
BEFALLEN = frozenset({
    QuantityRole.KILLED, QuantityRole.INJURED, QuantityRole.ARRESTED, QuantityRole.INFECTED, QuantityRole.DISPLACED,
})  # fmt: skip
HARM = VICTIMS | BEFALLEN | {QuantityRole.SENTENCED}
DONE = frozenset({
    QuantityRole.KILLED, QuantityRole.INJURED, QuantityRole.ARRESTED, QuantityRole.CAPTURED, QuantityRole.RELEASED,
    QuantityRole.DESTROYED, QuantityRole.DAMAGED, QuantityRole.DEPLOYED,
})  # fmt: skip
MEASURES = frozenset({QuantityRole.MONEY, QuantityRole.DURATION})


def role_of(tokens: Sequence[Token], first: int, last: int, unit: str, event_type: EventType) -> QuantityRole:
    """The role of the number whose figure and unit are `tokens[first..last]`, in a claim of this event type."""
    if unit in MONEY:
        return QuantityRole.MONEY
    if first > 0 and last + 1 < len(tokens) and tokens[last + 1].low in ("more", "additional", "further"):
        # "two more bodies" adds to a count that the sentence may not name: it is no value of it.
        return QuantityRole.OTHER
    if unit == "percent":
        return QuantityRole.TURNOUT if any(t.low == "turnout" for t in tokens) else QuantityRole.OTHER
    if unit in TIME_UNITS:
        return _of_time(tokens, first, last, unit, event_type)
    if unit == "vote":
        return QuantityRole.VOTES
    is_stretch = last + 1 < len(tokens) and tokens[last + 1].low == "of"
    if unit in LENGTHS and not is_stretch:
        return QuantityRole.OTHER
    if unit == "case" and first and tokens[first - 1].low == "in":
        return QuantityRole.OTHER
    if any(t.low in CARRIED for t in tokens[max(0, first - 3) : first]):
        # "carrying about 150 passengers": how many there were, not what became of them.
        return QuantityRole.OTHER
    near = _deaths_in(tokens, first, last) or _outcome_near(tokens, first, last)
    is_human = unit in HUMAN or unit == "case"
    if unit == "case" and any(t.tag == "CC" for t in tokens[last + 1 : last + 5]):
        # "1,400 cases and 63 deaths", "300 cases of cholera and nine deaths"
        near = None if near == QuantityRole.KILLED else near
        event_type = EventType.HEALTH
    role = _fitting(near, unit, event_type, is_human) if near is not None else None
    if not role or (role == QuantityRole.OTHER and event_type == EventType.PROTEST and is_human):
        return _usual(tokens, unit, event_type, is_human)
    return role


def _of_time(tokens: Sequence[Token], first: int, last: int, unit: str, event_type: EventType) -> QuantityRole:
    """ "eight years in prison" are a sentence, other times a duration."""
    near = tokens if event_type == EventType.LEGAL else tokens[max(0, first - 3) : last + 4]
    return (
        QuantityRole.SENTENCED
        if unit in ("year", "month") and any(t.low in PRISON for t in near)
        else QuantityRole.DURATION
    )


def _deaths_in(tokens: Sequence[Token], first: int, last: int) -> QuantityRole | None:
    """ "27 lives", "14 bodies", "31 deaths" count the dead, unless somebody was saved."""
    is_saved = any(t.low in SAVED for t in tokens)
    return QuantityRole.KILLED if not is_saved and any(t.low in BODIES for t in tokens[first : last + 1]) else None


def _usual(tokens: Sequence[Token], unit: str, event_type: EventType, is_human: bool) -> QuantityRole:
    """The role where no outcome word says it."""
    if unit in ("meeting", "degree", "case") and event_type != EventType.HEALTH:
        return QuantityRole.OTHER
    if unit == "prisoner" and any(t.low in HELD for t in tokens):
        return QuantityRole.CAPTURED
    if (
        event_type == EventType.LEGAL
        and is_human
        and any(t.low in ("sentence", "sentences", "sentenced") for t in tokens)
    ):
        return QuantityRole.SENTENCED
    if event_type == EventType.AID and unit in CARRIERS:
        return QuantityRole.DEPLOYED
    return (USUAL if is_human else USUAL_THINGS).get(event_type, QuantityRole.OTHER)


def _fitting(near: QuantityRole, unit: str, event_type: EventType, is_human: bool) -> QuantityRole:
    """An outcome that those who are counted can have: people are not destroyed, things are not killed."""
    if is_human and near == QuantityRole.DESTROYED:
        return QuantityRole.KILLED
    if is_human and near == QuantityRole.DELIVERED:
        return QuantityRole.OTHER
    if near == QuantityRole.ARRESTED and event_type == EventType.RETREAT:
        return QuantityRole.RELEASED
    if near == QuantityRole.PARTICIPATED and not is_human:
        return QuantityRole.OTHER
    if near in (QuantityRole.VOTES, QuantityRole.TURNOUT):
        return near if unit in COUNTED_VOTES else QuantityRole.OTHER
    if near in HARM and not is_human:
        if near == QuantityRole.MISSING:
            return near
        return (
            USUAL_THINGS.get(event_type, QuantityRole.DESTROYED) if near == QuantityRole.KILLED else QuantityRole.OTHER
        )
    return near


def _outcome_near(tokens: Sequence[Token], first: int, last: int) -> QuantityRole | None:
    """The outcome word nearest to a figure: its own verb, what follows at once, then what stands ahead."""
    ahead = first - 1
    while ahead > 0 and tokens[ahead].tag in ("IN", "RB", "DT", "JJR", "JJS") and first - ahead < 4:
        ahead -= 1
    if ahead >= 0 and tokens[ahead].tag in VERBAL and (outcome := outcome_of(tokens[ahead].low)) in DONE:
        return outcome
    for index in range(last + 1, min(len(tokens), last + 4)):
        follows = tokens[index + 1].tag if index + 1 < len(tokens) else ""
        if tokens[index].text in ",;" or tokens[index].tag == "TO" or (tokens[index].tag == "CC" and follows == "CD"):
            break
        if outcome := _outcome_at(tokens, index):
            return outcome
    after = _verb_after(tokens, last)
    if after is not None:
        for index in range(after, min(len(tokens), after + 5)):
            if tokens[index].text in ",;" or tokens[index].tag == "CC":
                break
            if outcome := _outcome_at(tokens, index):
                return outcome
        return QuantityRole.OTHER if tokens[after].low not in BE | HAVE else None
    inside = next((o for t in tokens[first : last + 1] if (o := outcome_of(t.low))), None)
    return inside or _nearest_outcome(tokens, first, last)


def _outcome_at(tokens: Sequence[Token], index: int) -> QuantityRole | None:
    """The outcome that begins at a token: a word, "forced from their homes", "lost their lives", "could not be found"."""
    low = tokens[index].low
    rest = {t.low for t in tokens[index + 1 : index + 5]}
    if low in ("forced", "driven", "ordered") and rest & HOMES:
        return QuantityRole.DISPLACED
    if low in ("lost", "lose", "losing") and rest & {"life", "lives"}:
        return QuantityRole.KILLED
    if low in FOUND and any(t.low in ("not", "never", "cannot") for t in tokens[max(0, index - 4) : index]):
        return QuantityRole.MISSING
    return outcome_of(low)


def _verb_after(tokens: Sequence[Token], last: int) -> int | None:
    """The verb that has the counted noun as its subject, where one follows at once."""
    for index in range(last + 1, min(len(tokens), last + 3)):
        if tokens[index].tag in ("VBD", "VBZ", "VBP", "MD"):
            end = index
            while (
                end + 1 < len(tokens) and end < index + 4 and tokens[end + 1].tag in ("VBN", "VB", "RB", "VBG", "VBD")
            ):
                end += 1
            return end
        if tokens[index].tag not in ("RB", "NN", "NNS"):
            return None
    return None


def _is_done(tokens: Sequence[Token], index: int) -> bool:
    """ "two gunmen shot dead a journalist": what the counted do befalls somebody else."""
    if tokens[index].low == "dead" and tokens[index - 1].tag == "VBD":
        index -= 1
    is_active = tokens[index].tag == "VBD" and not any(t.low in BE for t in tokens[max(0, index - 3) : index])
    after = [t for t in tokens[index + 1 : index + 3] if t.low != "dead"][:1]
    return is_active and bool(after) and after[0].tag in ("DT", "CD", "NNP", "PRP$")


def _nearest_outcome(tokens: Sequence[Token], first: int, last: int) -> QuantityRole | None:
    best: tuple[float, QuantityRole] | None = None
    for index in range(len(tokens)):
        outcome = _outcome_at(tokens, index)
        if outcome is None or (index > last and outcome in DONE and _is_done(tokens, index)):
            continue
        gap = index - last if index > last else (first - index) * 0.8
        between = tokens[last + 1 : index] if index > last else tokens[index + 1 : first]
        if any(t.text in ";," for t in between):
            gap += 6 if not any(t.tag == "CC" for t in between) else 2
        if best is None or gap < best[0]:
            best = (gap, outcome)
    return best[1] if best else None
