"""Dates by the article's local day and the tense of the clause."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from claimwire.records.articles import Block
from claimwire.records.vocabulary import BlockType
from processors.claims import claims_of
from processors.claims.events.dates import Tense, event_date_of
from processors.claims.events.local_day import local_day

# A Thursday.
THURSDAY = date(2026, 11, 19)
TOKYO = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    ("published", "own", "url", "day"),
    [
        (datetime(2026, 11, 23, 6, 40, tzinfo=TOKYO), None, None, date(2026, 11, 23)),
        (
            datetime(2026, 11, 22, 21, 40, tzinfo=UTC),
            datetime(2026, 11, 23, 6, 40, tzinfo=TOKYO),
            None,
            date(2026, 11, 23),
        ),
        (datetime(2026, 11, 22, 21, 40, tzinfo=UTC), None, "https://daily.example.jp/a", date(2026, 11, 23)),
        (datetime(2026, 11, 22, 21, 40, tzinfo=UTC), None, "https://daily.example/a", date(2026, 11, 22)),
        (datetime(2026, 11, 23, 2, 0, tzinfo=UTC), None, "https://paper.example.ca/a", date(2026, 11, 22)),
        # A day without a time.
        (datetime(2026, 11, 23, tzinfo=UTC), None, "https://paper.example.ca/a", date(2026, 11, 23)),
    ],
)
def test_the_local_day(published, own, url, day):
    assert local_day(published, own, url) == day


MONTHS = "january february march april may june july august september october november december".split()


@pytest.mark.parametrize(
    "phrase",
    [
        *(f"on {form} 5" for month in MONTHS for form in (month.title(), month[:3].title())),
        *(f"on {form} 5" for month in MONTHS if month != "may" for form in (month, month[:3])),
        *(f"in {month.title()}" for month in MONTHS),
        *(f"on {day}" for day in "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()),
        *"today yesterday tomorrow tonight overnight".split(),
        "this morning", "this afternoon", "this evening", "last night", "at dawn", "at noon", "at midday", "last week",
        "next month", "this year", "at the weekend", "three weeks ago", "in the past two days", "within ten days",
        "before the end of the month", "on the 3rd of this month", "since 2019", "in 1998", "from 2016 to 2018",
        "in the second half of 2026", "in the first quarter of this year", "in the coming weeks", "over the next few days",
    ],
)  # fmt: skip
def test_each_kind_of_date_is_looked_for(phrase):
    assert event_date_of(f"the bridge was closed {phrase}", THURSDAY) is not None
    assert event_date_of("the bridge was closed by its keeper", THURSDAY) is None


@pytest.mark.parametrize(
    ("text", "tense", "start", "end"),
    [
        ("the two who were hurt at the gate on Tuesday", Tense.PAST, date(2026, 11, 17), None),
        ("crowds gathered ahead of Sunday's referendum", Tense.PAST, date(2026, 11, 22), None),
        ("she goes into Friday's mayoral election as the favourite", Tense.PRESENT, date(2026, 11, 20), None),
        ("he condemned Monday's attack", Tense.PRESENT, date(2026, 11, 16), None),
        ("the mayor resigned after Sunday's election", Tense.COMING, date(2026, 11, 15), None),
        ("the hall opens on Saturday", Tense.PRESENT, date(2026, 11, 21), None),
        ("the visit was moved to Monday", Tense.PAST, date(2026, 11, 23), None),
        ("the union called a strike for Friday", Tense.PAST, date(2026, 11, 20), None),
        ("storms are due on Friday and Saturday", Tense.COMING, date(2026, 11, 20), date(2026, 11, 21)),
        ("the talks set for Friday were put off until Monday", Tense.PAST, date(2026, 11, 23), None),
        ("the violence that broke out this weekend", Tense.PAST, date(2026, 11, 14), date(2026, 11, 15)),
        ("the fair is held this weekend", Tense.PRESENT, date(2026, 11, 21), date(2026, 11, 22)),
        ("read it this Thursday", Tense.COMING, THURSDAY, None),
        ("from 2010 to 2015 it fell", Tense.PAST, date(2010, 1, 1), date(2015, 12, 31)),
        ("between May 2016 and June 2017", Tense.PAST, date(2016, 5, 1), date(2017, 6, 30)),
        ("in the first half of 2027", Tense.COMING, date(2027, 1, 1), date(2027, 6, 30)),
        ("in the third quarter of this year", Tense.PAST, date(2026, 7, 1), date(2026, 9, 30)),
        ("a key September meeting", Tense.PAST, date(2026, 9, 1), date(2026, 9, 30)),
        ("in the coming weeks", Tense.COMING, THURSDAY, date(2026, 12, 17)),
        ("no boat has sailed since 2021", Tense.PAST, date(2021, 1, 1), THURSDAY),
        ("told the hearing on Monday about the July 25 call", Tense.PAST, date(2026, 11, 16), None),
        ("the bridge opens early next year", Tense.PRESENT, date(2027, 1, 1), date(2027, 3, 31)),
        ("the quay was full for the first five months of the year", Tense.PAST, date(2026, 1, 1), date(2026, 5, 31)),
        ("the mine had 900 workers at the end of 2019", Tense.PAST, date(2019, 12, 31), None),
        ("before the end of the next decade", Tense.COMING, date(2039, 12, 31), None),
        ("it stays shut for the rest of the year", Tense.PRESENT, THURSDAY, date(2026, 12, 31)),
        ("prices have risen so far this year", Tense.PAST, date(2026, 1, 1), THURSDAY),
        ("the rain lasts until the middle of next week", Tense.PRESENT, date(2026, 11, 24), date(2026, 11, 26)),
        ("in early February", Tense.PAST, date(2026, 2, 1), date(2026, 2, 10)),
        ("it paid the agency this fall", Tense.PAST, date(2026, 9, 1), date(2026, 11, 30)),
        ("the September quarter was the best", Tense.PAST, date(2026, 7, 1), date(2026, 9, 30)),
        ("the contract runs through May 2028", Tense.PRESENT, THURSDAY, date(2028, 5, 31)),
        ("the mill burnt down in January this year", Tense.PAST, date(2026, 1, 1), date(2026, 1, 31)),
        ("near the end of May last year", Tense.PAST, date(2025, 5, 31), None),
        ("2025 was the driest year of the mill", Tense.PAST, date(2025, 1, 1), date(2025, 12, 31)),
        ("nobody has seen her since October 7", Tense.PAST, date(2026, 10, 7), THURSDAY),
        ("planes flew over the city on Monday", Tense.PAST, date(2026, 11, 16), None),
        ("shares in Tokyo fell on Friday", Tense.PAST, date(2026, 11, 20), None),
        ("the ferry was rammed on Friday last week", Tense.PAST, date(2026, 11, 13), None),
        ("a panel studied the October 12 raid", Tense.PAST, date(2026, 10, 12), None),
        ("shelved its plans on September 30", Tense.PAST, date(2026, 9, 30), None),
        ("rents have doubled over the last year", Tense.PAST, date(2025, 11, 19), THURSDAY),
        ("output is to rise from 40 tonnes today to 90 by 2030", Tense.COMING, date(2030, 1, 1), date(2030, 12, 31)),
        ("blamed the union for last Friday", Tense.PAST, date(2026, 11, 13), None),
    ],
)  # fmt: skip
def test_dates_by_tense_and_noun(text, tense, start, end):
    near = max(text.find("put off"), text.find("told"), 0)
    found = event_date_of(text, THURSDAY, tense, near)
    assert (found.start, found.end) == (start, end or start)


@pytest.mark.parametrize(
    "text",
    [
        "in the third half",
        "April said she was glad",
        "the second half was dull",
        "the next year they left",
        "in the 1991 film",
        "from 2001: a tale",
        "at the week",
    ],
)
def test_what_is_no_long_date(text):
    assert event_date_of(text, THURSDAY) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (
            "On top of the two guards shot at the gate on Tuesday, 17 more had been hurt, the clinic said.",
            date(2026, 11, 17),
        ),
        ("The harbour office reported on Sunday that the ferry line is to cut 40 jobs.", date(2026, 11, 15)),
        ("The minister urged banks on Monday to lower their fees.", date(2026, 11, 16)),
        ("The minister will meet the banks on Monday.", date(2026, 11, 23)),
        (
            "Asked on a tour on Monday if she would stand again, Jana Kolar said that the party had refused.",
            date(2026, 11, 16),
        ),
        ("Then, last week, the mayor resigned over the fire.", date(2026, 11, 9)),
        ("The coach weighed in on Monday, saying that the striker should be banned by the league.", date(2026, 11, 16)),
        (
            "The fraud came to light last week, when police in Porto announced that two clerks were arrested.",
            date(2026, 11, 9),
        ),
        ("The council faced protests on Tuesday over the port, while the union cheered the vote.", date(2026, 11, 17)),
        (
            "No ship has reached the port since 2 March, when Norway imposed a blockade on the islands.",
            date(2026, 3, 2),
        ),
    ],
)
def test_what_was_said_is_past_whatever_is_asked_or_planned(text, day):
    block = Block(type=BlockType.PARAGRAPH, start=0, end=len(text))
    found = claims_of("a", text, [block], THURSDAY)
    assert {c.event_date.start for c in found if c.event_date} == {day}
    assert all(c.event_date for c in found)


def days(paragraphs):
    blocks, text = [], ""
    for paragraph in paragraphs:
        blocks.append(Block(type=BlockType.PARAGRAPH, start=len(text), end=len(text) + len(paragraph)))
        text += paragraph + "\n"
    return [c.event_date and c.event_date.start for c in claims_of("a", text, blocks, THURSDAY)]


def test_a_market_report_is_about_one_day_of_trading():
    lead = "Shares in Oslo fell 2 percent on Wednesday after the bank raised its rate."
    found = days(
        [lead, "Copper rose 0.8 percent to 5,880 dollars a tonne.", "The dollar has gained 9 percent this year."]
    )
    assert found[-2:] == [date(2026, 11, 18), date(2026, 1, 1)]
    assert days([lead, "Ten-year notes rose 0.2 percent, from 1.8 percent late on Monday."])[-1] == date(2026, 11, 18)
    assert days([lead, "The bank closed 40 branches in Bergen."])[-1] is None
    assert days(["The mayor resigned on Wednesday.", "Copper rose 0.8 percent to 5,880 dollars a tonne."])[-1] is None


@pytest.mark.parametrize(
    ("second", "day"),
    [
        ("Later that day, guards arrested 12 men at the gate.", date(2026, 11, 16)),
        ("In the morning, guards arrested 12 men at the gate.", date(2026, 11, 16)),
        ("Earlier in the day, guards arrested 12 men at the gate.", date(2026, 11, 16)),
        ("The next day, guards arrested 12 men at the gate.", date(2026, 11, 17)),
        ("The mayor had resigned the previous week.", date(2026, 11, 9)),
        ("Guards arrested 12 men at the gate.", None),
    ],
)
def test_a_sequel_counts_from_the_day_that_was_named_before(second, day):
    assert days([f"A tanker hit the quay on Monday. {second}"])[-1] == day
    assert days(["A tanker hit the quay.", "The next day, guards arrested 12 men at the gate."])[-1] is None


def test_a_past_deed_was_not_on_a_day_to_come():
    found = days(["The owner will retire on Monday. In the morning, guards arrested 12 men at the gate."])
    assert date(2026, 11, 23) not in found[1:]


def test_a_side_clause_may_say_how_long_before_it_was():
    assert days(["The raid follows a day after rebels had freed two engineers of the port."])[-1] == date(2026, 11, 18)
    assert days(["The crash on Monday came two days after the rebels freed two engineers."])[-1] == date(2026, 11, 14)


def test_who_goes_on_in_one_paragraph_speaks_on_the_same_day():
    said = "The mill will close, Jon Berg said on Monday."
    assert days([f"{said} “We could not pay 40 workers of the mill,” Berg said."])[-1] == date(2026, 11, 16)
    assert days([said, "“We could not pay 40 workers of the mill,” Berg said."])[-1] is None
    assert days([f"{said} “We could not pay 40 workers of the mill,” Ana Lima said."])[-1] is None


def test_a_dateline_says_when_the_text_was_written():
    text = "A tanker hit the quay on Monday, the harbour office said."
    assert days([f"BERGEN, Oct 28 (Nordwire) - {text}"]) == [date(2026, 10, 26)]
    assert days([f"BERGEN, March 28 (Nordwire) - {text}"]) == [date(2026, 11, 16)]
