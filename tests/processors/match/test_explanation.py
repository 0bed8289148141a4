"""Each of the twelve conditions is explained by name: an example in which it holds, and one in which it fails."""

import pytest

from processors.match.clusters import Features, features_of
from processors.match.vectors import cosine
from processors.match.verdicts.explanation import Check, Condition, checks_of
from processors.match.verdicts.statements import Statement, scene_of, statement_of
from tests.processors.match.articles import cleaned

HEADLINE = "Fire at Porto Salvo market\n"
NINE = "A fire at the covered market of Porto Salvo killed nine people on Friday, the fire brigade said."
TWELVE = "The death toll of the fire in Porto Salvo rose to twelve, the fire brigade said."
BRIBES = "Prosecutors said that Marsul paid bribes to officials of Vila Longa."


def main_claim(name: str, text: str, hours: float) -> tuple[Statement, Features]:
    """The claim with the longest evidence behind the headline of a text."""
    clean = cleaned(name, HEADLINE + text + "\n", hours, source=name)
    claim = max((c for c in clean.claims if c.start >= len(HEADLINE)), key=lambda c: c.end - c.start)
    evidence = clean.text[claim.start : claim.end]
    features = features_of(claim, evidence, "en")
    return statement_of(claim, evidence, features, clean, clean.source, scene_of(clean)), features


def explained(earlier: str, later: str, *, is_one_article: bool = False) -> dict[Condition, Check]:
    """The conditions of the main claim of a text against that of an earlier text."""
    other, other_features = main_claim("a", earlier, 0)
    mine, features = main_claim("a" if is_one_article else "b", later, 0 if is_one_article else 20)
    said = [(other, count) for count in other.counts]
    checks = checks_of(
        mine, other, cosine(features.words, other_features.words), lambda role: [s for s in said if s[1].role == role]
    )
    return {check.condition: check for check in checks}


HOLDS = {
    Condition.SOMEBODY_ELSE: (NINE, TWELVE),
    Condition.STATED: (NINE, TWELVE),
    Condition.SAME_THING: (NINE, TWELVE),
    Condition.TOTALS: (NINE, TWELVE),
    Condition.SCOPE: (NINE, TWELVE),
    Condition.OLD_VALUE: (NINE, TWELVE),
    Condition.GROWTH: (NINE, TWELVE),
    Condition.NEW_VALUE: (NINE, TWELVE),
    Condition.SAME_EVENT: (NINE, TWELVE),
    Condition.PLAN: ("Mayor Rita Sousa will visit the bridge of Porto Salvo on Saturday.", "Mayor Rita Sousa cancelled the visit to the bridge of Porto Salvo."),
    Condition.DENIAL: (BRIBES, "Marsul denied that it paid bribes to officials of Vila Longa."),
    Condition.RETRACTION: (BRIBES, "Prosecutors withdrew the claim that Marsul paid bribes to officials of Vila Longa."),
}  # fmt: skip
FAILS = {
    Condition.SOMEBODY_ELSE: (NINE, TWELVE),
    Condition.STATED: (NINE, "Twelve victims of the fire at the covered market of Porto Salvo died or were hurt, the fire brigade said."),
    Condition.SAME_THING: (NINE, "A fire at the covered market of Porto Salvo injured 12 people on Friday, the fire brigade said."),
    Condition.TOTALS: (NINE, "Another 12 people were killed at the covered market of Porto Salvo, the fire brigade said."),
    Condition.SCOPE: (NINE, "In Porto Salvo 212 people have been killed by fires this year, the fire brigade said."),
    Condition.OLD_VALUE: (
        "Police in Porto Salvo said that 900 people marched in Porto Salvo.",
        "The union of teachers said that 4,000 people marched in Porto Salvo.",
    ),
    Condition.GROWTH: (NINE, NINE.replace("nine", "four")),
    Condition.NEW_VALUE: (NINE, NINE),
    Condition.SAME_EVENT: (NINE, NINE.replace("Friday", "Tuesday").replace("nine", "12")),
    Condition.PLAN: ("Mayor Rita Sousa will open the bridge of Porto Salvo in May.", "Mayor Rita Sousa opened the library of Porto Salvo."),
    Condition.DENIAL: (BRIBES, "Rui Melo denied that the ferry of Monte Alto was late."),
    Condition.RETRACTION: (BRIBES, "Marsul withdrew its claim that the harbour of Vila Longa was full."),
}  # fmt: skip


def test_there_are_twelve_conditions_each_with_an_example_and_a_counter_example():
    assert len(Condition) == 12
    assert set(HOLDS) == set(FAILS) == set(Condition)
    assert set(explained(NINE, TWELVE)) == set(Condition)


@pytest.mark.parametrize("condition", Condition)
def test_a_condition_that_holds_is_explained(condition):
    assert explained(*HOLDS[condition])[condition].holds is True


@pytest.mark.parametrize("condition", Condition)
def test_a_condition_that_fails_is_explained(condition):
    is_one_article = condition is Condition.SOMEBODY_ELSE
    assert explained(*FAILS[condition], is_one_article=is_one_article)[condition].holds is False


def test_what_does_not_apply_is_neither():
    checks = explained(NINE, TWELVE)
    assert {c for c, check in checks.items() if check.holds is None} == {
        Condition.PLAN,
        Condition.DENIAL,
        Condition.RETRACTION,
    }
    of_words = explained(BRIBES, HOLDS[Condition.DENIAL][1])
    assert of_words[Condition.GROWTH] == Check(Condition.GROWTH, None, "one of the claims has no number")


def test_the_reasons_are_in_words():
    checks = explained(NINE, TWELVE)
    assert checks[Condition.GROWTH].why == "9 to 12"
    assert checks[Condition.NEW_VALUE].why == "12 was not said before"
    assert checks[Condition.OLD_VALUE].why == "fire brigade said 9"
    assert explained(*FAILS[Condition.SAME_EVENT])[Condition.SAME_EVENT].why == "another day"


def test_a_claimants_own_correction_is_news_though_another_gave_the_number_first():
    train = "The train near Porto Salvo was travelling at {} said."
    first, _ = main_claim("a", train.format("92 kilometres an hour, operator Nordbane"), 0)
    second, _ = main_claim("b", train.format("71 kilometres an hour, prosecutor Jan Vik"), 1)
    mine, _ = main_claim("c", train.format("71 kilometres an hour, not 92, Nordbane"), 2)
    said = [(statement, count) for statement in (first, second) for count in statement.counts]
    for other, holds in ((first, True), (second, False)):
        checks = {c.condition: c for c in checks_of(mine, other, 0.9, lambda _: said)}
        assert checks[Condition.NEW_VALUE].holds is holds
        assert ("corrects its own number" in checks[Condition.NEW_VALUE].why) is holds
