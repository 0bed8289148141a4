"""Words, phrases, clauses, places and the explanation: what the extractor reads before it claims anything."""

from datetime import date

import pytest

from claimwire.records.articles import Block
from claimwire.records.vocabulary import BlockType
from processors.claims.events.dates import Tense, event_date_of
from processors.claims.explain import explained
from processors.claims.extract import claims_of
from processors.claims.lexicon import tag_lexicon
from processors.claims.mentions import gazetteer
from processors.claims.model import NounPhrase, VerbGroup
from processors.claims.syntax.chunker import items_of
from processors.claims.syntax.clauses import clauses_of
from processors.claims.syntax.tagger import tokens_of

FRIDAY = date(2026, 11, 20)


def tags(text: str) -> str:
    return " ".join(f"{t.text}/{t.tag}" for t in tokens_of(text, 0, len(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The strikes killed nine men.", "The/DT strikes/NNS killed/VBD nine/CD men/NNS ./."),
        ("Norway strikes back at critics.", "Norway/NNP strikes/VBZ back/RB at/IN critics/NNS ./."),
        ("Nine men were killed.", "Nine/CD men/NNS were/VBD killed/VBN ./."),
        ("The man shot by police died.", "The/DT man/NN shot/VBN by/IN police/NNS died/VBD ./."),
        ("Customer demands for money fell.", "Customer/NN demands/NNS for/IN money/NN fell/VBD ./."),
        ("He plans to visit Oslo.", "He/PRP plans/VBZ to/TO visit/VB Oslo/NNP ./."),
        ("Norway’s plan failed.", "Norway/NNP ’s/POS plan/NN failed/VBD ./."),
    ],
)
def test_tags(text, expected):
    found = tags(text).split()
    wanted = expected.split()
    # The tag of nouns against verbs matters; adverbs and prepositions share words.
    assert [f for f, w in zip(found, wanted, strict=True) if f != w and not w.startswith(("back/",))] == []


def clauses(text: str) -> list[tuple[str, str, str]]:
    tokens = tokens_of(text, 0, len(text))

    def words(first: int, last: int) -> str:
        return " ".join(t.text for t in tokens[first : last + 1])

    return [
        (
            c.kind,
            " | ".join(words(p.first, p.last) for p in c.subject()),
            words(c.verb.first, c.verb.last) if c.verb else "",
        )
        for c in clauses_of(tokens, items_of(tokens))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The minister said that two bridges had collapsed.",
         [("main", "The minister", "said"), ("content", "two bridges", "had collapsed")]),
        ("The minister said two bridges had collapsed and would be rebuilt.",
         [("main", "The minister", "said"), ("content", "two bridges", "had collapsed"), ("coordinate", "two bridges", "would be rebuilt")]),
        ("Two bridges collapsed, the minister said.",
         [("main", "Two bridges", "collapsed"), ("coordinate", "the minister", "said")]),
        ("The committee, which met on Monday, rejected the plan.",
         [("main", "The committee", "rejected"), ("relative", "The committee", "met")]),
        ("The mayor denied the charges, and his lawyer, Ana Lima, said he would appeal.",
         [("main", "The mayor", "denied"), ("coordinate", "his lawyer | Ana Lima", "said"), ("content", "he", "would appeal")]),
        ("Schools closed after the river burst its banks.",
         [("main", "Schools", "closed"), ("adverbial", "the river", "burst")]),
    ],
)  # fmt: skip
def test_clauses(text, expected):
    assert clauses(text) == expected


def test_verb_groups_know_voice_modality_and_negation():
    tokens = tokens_of("The army failed to advance and was not expected to be paid.", 0, 59)
    groups = [i for i in items_of(tokens) if isinstance(i, VerbGroup)]
    assert [(tokens[g.main].low, g.modal, g.is_passive, g.is_negated) for g in groups] == [
        ("advance", "failed_to", False, False), ("paid", "expected_to", True, True),
    ]  # fmt: skip


def test_noun_phrases_keep_their_prepositions():
    tokens = tokens_of("Some 300 relatives of the miners waited at the gates.", 0, 52)
    phrases = [i for i in items_of(tokens) if isinstance(i, NounPhrase)]
    assert [(p.prep, tokens[p.head].text) for p in phrases] == [("", "relatives"), ("of", "miners"), ("at", "gates")]


def test_the_lexicon_is_there():
    assert len(tag_lexicon()) > 90_000


@pytest.mark.parametrize(
    ("name", "country", "expected"),
    [
        ("Zenglan", "Azerbaijan", "Zangilan"), ("Zinjilan", "Azerbaijan", "Zangilan"), ("Gabriel", "Azerbaijan", "Jabrayil"),
        ("Silhet", "Bangladesh", "Sylhet"), ("Taaz", "Yemen", "Taiz"), ("Gabriel", "Norway", None), ("Xqzt", "Yemen", None),
    ],
)  # fmt: skip
def test_places_in_any_transliteration_within_the_countries_that_are_named(name, country, expected):
    found = gazetteer.resolve(name, frozenset({country}))
    assert (found.name if found else None) == expected


def test_the_gazetteer_is_small_and_built_once():
    path = gazetteer.build()
    assert path.stat().st_size < 20_000_000
    assert gazetteer.build() == path
    assert gazetteer.places("Baku")[0].country == "Azerbaijan"


@pytest.mark.parametrize(
    ("text", "is_future", "start", "end"),
    [
        ("in June", False, date(2026, 6, 1), date(2026, 6, 30)),
        ("since March", False, date(2026, 3, 1), FRIDAY),
        ("in April 2022", False, date(2022, 4, 1), date(2022, 4, 30)),
        ("set the hearing for Dec. 3", False, date(2026, 12, 3), date(2026, 12, 3)),
        ("the Feb. 20 attack", False, date(2026, 2, 20), date(2026, 2, 20)),
        ("on 14 July 2569", False, date(2026, 7, 14), date(2026, 7, 14)),
        ("finish on Friday 4 December", True, date(2026, 12, 4), date(2026, 12, 4)),
        ("since Sunday", True, date(2026, 11, 15), FRIDAY),
        ("on Dec. 3", True, date(2026, 12, 3), date(2026, 12, 3)),
        ("on Monday", True, date(2026, 11, 23), date(2026, 11, 23)),
        ("over the weekend", False, date(2026, 11, 14), date(2026, 11, 15)),
        ("by 2030", False, date(2030, 1, 1), date(2030, 12, 31)),
        ("last year", False, date(2025, 1, 1), date(2025, 12, 31)),
        ("before the end of the month", False, date(2026, 11, 30), date(2026, 11, 30)),
        ("within two weeks", False, FRIDAY, date(2026, 12, 4)),
    ],
)
def test_dates_by_tense(text, is_future, start, end):
    found = event_date_of(text, FRIDAY, Tense.COMING if is_future else Tense.PAST)
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize(
    "text", ["on 3 March 0000", "on March 45", "in the year 12", "the summer", "on 31 June", "99 May"]
)
def test_impossible_dates_are_none(text):
    assert event_date_of(text, FRIDAY) is None


def test_the_date_nearest_to_the_verb_counts():
    text = "The tour planned for Tuesday was put off to Friday."
    assert event_date_of(text, FRIDAY, Tense.COMING, text.index("put")).start == FRIDAY


def test_explanations_say_what_weighed():
    text = "Roads were closed.\nRebels seized the town of Wau on Sunday, the mayor said. He smiled at the sun again."
    found = list(explained(text, [Block(type=BlockType.PARAGRAPH, start=19, end=len(text))], FRIDAY))
    claimed = next(e for e in found if e.is_claim)
    assert claimed.evidence == "Rebels seized the town of Wau on Sunday"
    assert claimed.lines[0] == "attribution: mayor, by “said” (report)"
    assert "seized" in claimed.lines[1]
    assert any("rebels →" in line for line in claimed.lines)
    assert any(not e.is_claim and "no claim" in e.lines[-1] for e in found)


def told(text: str) -> list[tuple[tuple[str, ...], str, list[tuple[float, str, str]], tuple[str, ...]]]:
    block = Block(type=BlockType.PARAGRAPH, start=0, end=len(text))
    return [
        (c.claimant, c.modality, [(q.value, q.unit, q.role) for q in c.quantities], c.places)
        for c in claims_of("a", text, [block], FRIDAY)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The ministry raised the toll to 31 on Friday.",
            [(("ministry",), "asserted", [(31, "person", "killed")], ())],
        ),
        (
            "The dam killed nine people in Ourika. The union's figure is 14.",
            [
                (("narrator",), "asserted", [(9, "person", "killed")], ("Ourika",)),
                (("union",), "asserted", [(14, "person", "killed")], ()),
            ],
        ),
        (
            "Police in Tulcea said five men were arrested.",
            [(("police in Tulcea",), "asserted", [(5, "person", "arrested")], ("Tulcea",))],
        ),
        (
            "The charity withdrew its statement that guards killed nine prisoners.",
            [(("charity",), "denied", [(9, "prisoner", "killed")], ())],
        ),
        (
            "The army deployed 14 boats to reach stranded farmers.",
            [(("narrator",), "asserted", [(14, "boat", "deployed")], ())],
        ),
        (
            "Another 12 workers have not been found, according to the mayor, Ana Lima.",
            [(("Ana Lima",), "asserted", [(12, "worker", "missing")], ())],
        ),
        (
            "The mayor of Tulcea Ion Baciu said by telephone that 300 people had been forced from their homes.",
            [(("Ion Baciu",), "asserted", [(300, "person", "displaced")], ())],
        ),
        (
            "Storms kill 17 in Tulcea, 6,000 displaced",
            [
                (("narrator",), "asserted", [(17, "person", "killed"), (6000, "person", "displaced")], ("Tulcea",)),
            ],
        ),
        (
            "Death toll from the blast reaches 24 - ministry",
            [(("ministry",), "asserted", [(24, "person", "killed")], ())],
        ),
        (
            "The emissions were cut by 42.6 per cent, according to research by the Tulcea Institute.",
            [(("Tulcea Institute",), "asserted", [(42.6, "percent", "other")], ())],
        ),
        (
            "Police said on Tuesday two men had been arrested.",
            [(("police",), "asserted", [(2, "person", "arrested")], ())],
        ),
        (
            "The union said talks planned for Thursday with 12 banks had been cancelled.",
            [(("union",), "planned", [(12, "bank", "other")], ())],
        ),
        (
            "Two gunmen on a motorbike shot dead a journalist on Monday, police said.",
            [(("police",), "asserted", [(2, "fighter", "other")], ())],
        ),
        (
            "The fever has killed 600 people since October and infected more than 15,000, doctors said.",
            [(("doctors",), "asserted", [(600, "person", "killed"), (15000, "person", "infected")], ())],
        ),
        (
            "The hospital received 14 bodies and 40 wounded, its director told reporters.",
            [(("director",), "asserted", [(14, "person", "killed"), (40, "person", "injured")], ())],
        ),
        (
            "The navy launched 120 drones, of which 96 were shot down, officials said.",
            [(("officials",), "asserted", [(120, "drone", "other"), (96, "drone", "destroyed")], ())],
        ),
        (
            "Organisers spoke of 100,000 marchers.",
            [(("organisers",), "asserted", [(100000, "protester", "participated")], ())],
        ),
        (
            "Trump said he would impose a 25 percent tariff on steel imports from Canada.",
            [(("Trump",), "planned", [(25, "percent", "other")], ())],
        ),
        (
            "A strike by 3,000 junior doctors entered its third day.",
            [(("narrator",), "asserted", [(3000, "person", "participated")], ())],
        ),
        (
            "Thirty-one people remain missing.",
            [(("narrator",), "asserted", [(31, "person", "missing")], ())],
        ),
        (
            "The WHO said it had recorded 1,400 suspected cases and 63 deaths.",
            [(("World Health Organization",), "asserted", [(1400, "case", "infected"), (63, "person", "killed")], ())],
        ),
        (
            "Hundreds of thousands of people marched on Sunday, US officials said.",
            [(("US officials",), "asserted", [], ())],
        ),
        (
            "The shell killed Ana Lima, 37, and wounded two photographers, police said.",
            [(("police",), "asserted", [(2, "person", "injured")], ())],
        ),
        (
            "Police have made 378 arrests, the council said.",
            [(("council",), "asserted", [(378, "person", "arrested")], ())],
        ),
        (
            "The council voted 29 to 17 to sue the builder.",
            [(("narrator",), "asserted", [(29, "vote", "votes"), (17, "vote", "votes")], ())],
        ),
    ],
)
def test_numbers_and_who_tells_them(text, expected):
    assert told(text) == expected
