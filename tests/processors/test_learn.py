"""Learning from hosts: repeated lines become boilerplate with evidence, news does not; a changed layout is noticed."""

import random
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from claimwire import topics
from claimwire.config.settings import Settings
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.messages import message_of
from claimwire.records.articles import CleanArticle
from claimwire.records.base import decode, encode
from claimwire.records.hosts import Extraction, HostHealth, HostRules, LearnedLine, OutdatedRules, Place
from claimwire.records.vocabulary import RejectReason, Route
from claimwire.text.bodies import pack_body
from processors.analysis import analyse
from processors.clean.learned import drop_learned, folded, host_lines, place_of
from processors.flow import Learn, stages
from processors.learn.health import MOST_PATIENCE
from processors.learn.learner import KEPT, Learner
from processors.learn.table import HostTable, rules_of
from processors.rules import load_rules
from processors.runners.embedded import StageRunner, drain
from processors.runners.partition_state import PartitionState
from tests.records import raw_article, raw_message

DAY = datetime(2026, 10, 1, 8, tzinfo=UTC)
TAIL = "Eastvale Courier, the paper of the valley since 1902"
SOURCE = random.Random(5)
WORDS = [
    f"{a}{b}"
    for a in ("bri", "mar", "sto", "vel", "tan", "gor", "pel")
    for b in ("dge", "ket", "ne", "vet", "go", "ra")
]


def sentence(seed: str) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=16)).capitalize() + "."


def body(name: str, *tail: str) -> str:
    title = " ".join(random.Random(f"title {name}").choices(WORDS, k=6)).capitalize()
    return "\n".join([title, *(sentence(f"{name} {n}") for n in range(8)), *tail]) + "\n"


def raw(name: str, day: int, *tail: str, **fields):
    seen = DAY + timedelta(days=day, minutes=len(name))
    return raw_article(name, body(name, *tail), first_seen_at=seen, fetched_at=seen, body_source="page", **fields)


def extraction(name: str, day: int, **fields) -> Extraction:
    base = {
        "host": "paper.example", "body_source": "page", "article_id": name, "revision_id": name, "fingerprint": f"f {name}",
        "url": f"https://paper.example/{name}", "first_seen_at": DAY + timedelta(days=day), "characters": 3000,
        "route": Route.BLOCKS, "confidence": 0.9, "title": f"Title of the article {name}",
    }  # fmt: skip
    return Extraction(**(base | fields))


@pytest.fixture
def learner() -> Learner:
    return Learner(sqlite3.connect(":memory:", isolation_level=None))


def taught(learner: Learner, articles) -> list:
    return [record for article in articles for record in learner.process(article)]


def host_line(text: str, place: Place = Place.TAIL, **fields):
    from claimwire.records.hosts import HostLine

    return HostLine(text=text, place=place, **fields)


def daily(line, days: int = 6, a_day: int = 5):
    return [extraction(f"{d}-{n}", d, lines=(line,)) for d in range(days) for n in range(a_day)]


def rules_in(records) -> list[HostRules]:
    return [r for r in records if isinstance(r, HostRules)]


def test_the_whole_way_from_repeated_line_to_removal(tmp_path):
    settings = Settings(broker=f"sqlite:///{tmp_path / 's.db'}", data_dir=str(tmp_path))
    log = SqliteLog.open(settings.broker, "t")
    log.ensure_topics(topics.TOPICS)

    def run(articles) -> None:
        log.publish([raw_message(a) for a in articles])
        runners = [StageRunner(s, log, settings) for s in stages(settings, load_rules("seeds/rules.toml"))]
        drain(runners)
        for runner in runners:
            runner.close()

    for d in range(6):
        run([raw(f"{d}-{n}", d, TAIL) for n in range(5)])
    run([raw("last", 12, TAIL), raw("other", 12)])
    found = {
        a.article_id: a
        for p in range(topics.CLEAN.partitions)
        for m in log.read(topics.CLEAN, p)
        if (a := decode(m.value, CleanArticle)).first_seen_at > DAY + timedelta(days=10)
    }
    last, other = found[raw("last", 12).article_id], found[raw("other", 12).article_id]
    (removed,) = last.removed
    assert (removed.rule, removed.text) == ("learned", TAIL)
    assert "of paper.example on 4 days, tail" in removed.evidence
    assert TAIL not in last.text
    assert other.removed == ()
    assert last.host_rules == other.host_rules < last.first_seen_at
    log.close()


def test_nothing_is_learned_from_few_articles_or_on_one_day(learner):
    few = daily(host_line("the paper of the valley"), days=3, a_day=5)
    assert rules_in(taught(learner, [*few, extraction("next", 9)])) == []
    one_day = [extraction(f"x{n}", 20, host="b.example", lines=(host_line("live from the valley"),)) for n in range(40)]
    assert rules_in(taught(learner, [*one_day, extraction("next", 21, host="b.example")])) == []


def test_a_version_is_valid_two_days_after_the_day_that_makes_it(learner):
    line = host_line("the paper of the valley")
    (rules, *_) = rules_in(taught(learner, daily(line)))
    made = next(d for d in range(6) if d * 5 >= 20)
    assert rules.valid_from == (DAY + timedelta(days=made + 2)).replace(hour=0)
    assert [(x.text, x.place) for x in rules.lines] == [(line.text, Place.TAIL)]


def test_revisions_and_copies_count_once(learner):
    line = host_line("the paper of the valley")
    same = [extraction("one", d, lines=(line,), revision_id=str(d)) for d in range(40)]
    titled = [extraction(f"t{d}", d, lines=(line,), title="One and the same title again") for d in range(40)]
    text = [extraction(f"f{d}", d, lines=(line,), fingerprint="same") for d in range(40)]
    assert rules_in(taught(learner, [*same, *titled, *text])) == []


def test_running_text_needs_more_than_a_line(learner):
    background = host_line(folded(sentence("background")), is_sentence=True)
    articles = [extraction(f"{d}-{n}", d, lines=(background,) if n < 2 else ()) for d in range(3) for n in range(10)]
    assert rules_in(taught(learner, [*articles, extraction("next", 9)])) == []


def test_what_is_gone_is_forgotten(learner):
    line = host_line("the paper of the valley")
    later = [extraction(f"later {d}-{n}", d, lines=()) for d in range(6, 70) for n in range(5)]
    versions = rules_in(taught(learner, [*daily(line), *later]))
    assert versions[0].lines
    assert versions[-1].lines == ()


def test_state_is_bounded(learner):
    articles = [
        extraction(str(n), n // 20, lines=tuple(host_line(f"line {n} {k} " + "x" * 180) for k in range(40)))
        for n in range(400)
    ]
    taught(learner, articles)
    (size,) = learner._db.execute("SELECT max(length(row)) FROM hosts").fetchone()
    assert size < 128 * 1024


def test_which_lines_can_be_learned():
    kept = [(n, sentence(str(n))) for n in range(10)]
    kept[4] = (4, "“We did not know”, he said.")
    kept[5] = (5, "A short line")
    kept[9] = (9, "Eastvale Courier since 1902")
    lines = {line.text: line for line in host_lines(kept)}
    assert "a short line" in lines
    assert lines["eastvale courier since 0000"].place is Place.TAIL
    assert not any(text.startswith("“") for text in lines)
    assert folded(sentence("3")) not in lines
    assert [place_of(n, 4) for n in range(4)] == [Place.HEAD, Place.HEAD, Place.TAIL, Place.TAIL]


def test_never_more_than_half_of_a_text_goes():
    rules = HostRules(
        host="paper.example", body_source="page", valid_from=DAY,
        lines=tuple(LearnedLine(text=f"line {c}", place=Place.TAIL, articles=9, of=20, days=5) for c in "abcd"),
    )  # fmt: skip
    kept = ((0, "Line x"), (1, "Line a"), (2, "Line b"), (3, "Line c"), (4, "Line d"))
    assert drop_learned(kept, rules) == (kept, ())
    left, removed = drop_learned((*kept[:2], (5, sentence("a")), kept[2]), rules)
    assert [r.text for r in removed] == ["Line b"]
    assert drop_learned(left, rules) == (left, ())


def test_the_table_hands_over_the_version_that_is_valid(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    line = LearnedLine(text="x", place=Place.TAIL, articles=9, of=20, days=5)
    for day in (20, 5, 10):
        rules = HostRules(host="paper.example", body_source="page", valid_from=DAY + timedelta(days=day), lines=(line,))
        log.publish([Message(topics.HOSTRULES.name, f"paper.example page {day}", encode(rules))])
    log.publish([Message(topics.HOSTRULES.name, "paper.example page bad", b"junk")])
    table = HostTable()
    junk = Message("articles.raw", "k", b"junk")
    assert table.attached(junk) is junk
    table.refresh(log)
    versions = [rules_of(table.attached(raw_message(raw("a", day)))) for day in (3, 7, 12, 30)]
    assert [v.valid_from.day if v else None for v in versions] == [None, 6, 11, 21]
    assert rules_of(table.attached(raw_message(raw("a", 30, lane="2020-01")))) is None
    assert table.attached(junk) is junk
    log.close()


def health_of(records) -> list[HostHealth]:
    return [r for r in records if isinstance(r, HostHealth)]


CHANGES = [
    ({"rejected": RejectReason.NO_TEXT, "fingerprint": "", "title": None}, "have no body"),
    ({"characters": 300}, "bodies have"),
    ({"route": Route.CAREFUL, "confidence": 0.6}, "of pages are extracted by trafilatura"),
    ({"confidence": 0.2}, "confidence of extraction is"),
    ({"removed": 3000}, "is removed as boilerplate"),
]


@pytest.mark.parametrize(("change", "problem"), CHANGES)
def test_a_changed_layout_is_noticed_with_since_when_and_where(learner, change, problem):
    before = taught(learner, [extraction(str(n), n // 10) for n in range(60)])
    assert not [h for h in health_of(before) if h.problem]
    after = [
        h for h in health_of(taught(learner, [extraction(f"x{n}", 6 + n, **change) for n in range(20)])) if h.problem
    ]
    assert problem in after[0].problem
    assert after[0].since == DAY + timedelta(days=6)
    assert len(after[-1].examples) == 3
    assert all(url.startswith("https://paper.example/x") for url in after[-1].examples)
    healed = health_of(taught(learner, [extraction(f"y{n}", 40) for n in range(30)]))
    assert healed[-1].problem is None


def test_versions_that_no_article_can_need_go_from_topic_and_table(learner, tmp_path):
    articles = []
    for day in range(100):
        line = host_line(f"Edition {day // 10} of the paper, all rights with the valley")
        articles += [extraction(f"{day}-{n}", day, lines=(line,)) for n in range(8)]
    records = taught(learner, articles)
    made, gone = rules_in(records), [r for r in records if isinstance(r, OutdatedRules)]
    assert len(made) > 6
    assert gone
    assert {g.valid_from for g in gone} < {r.valid_from for r in made}
    left = sorted({r.valid_from for r in made} - {g.valid_from for g in gone})
    assert left[1] > made[-1].valid_from - KEPT >= left[0], "the version that was valid then stays"
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    log.publish(
        [message_of(r) for r in (*made, *gone, HostRules(host="x", body_source="page", valid_from=DAY, lines=()))]
    )
    log.publish([Message(topics.HOSTRULES.name, "no key of ours", None)])
    assert len(log.snapshot(topics.HOSTRULES)) == len(left) + 1
    table = HostTable()
    table.refresh(log)
    assert table.valid("paper.example", "page", left[0]).valid_from == left[0]
    assert table.valid("paper.example", "page", left[0] - timedelta(days=1)) is None
    log.close()


def test_a_change_that_stays_becomes_the_usual(learner):
    taught(learner, [extraction(str(n), n // 10) for n in range(60)])
    records = taught(learner, [extraction(f"x{n}", 7, characters=300) for n in range(MOST_PATIENCE + 30)])
    assert any(h.problem for h in health_of(records))
    assert health_of(records)[-1].problem is None


def test_one_bad_page_is_no_problem(learner):
    articles = [
        extraction(str(n), n // 10, **({"rejected": RejectReason.NO_TEXT, "fingerprint": ""} if n % 15 == 7 else {}))
        for n in range(200)
    ]
    assert not [h for h in health_of(taught(learner, articles)) if h.problem]


def test_the_state_is_rebuilt_from_the_extractions(tmp_path):
    settings = Settings(broker=f"sqlite:///{tmp_path / 's.db'}", data_dir=str(tmp_path))
    log = SqliteLog.open(settings.broker, "t")
    log.ensure_topics(topics.TOPICS)
    stage = next(s for s in stages(settings, ()) if s.name == "learn")
    messages = [
        Message(topics.EXTRACTIONS.name, "paper.example page", encode(e)) for e in daily(host_line("the valley"))
    ]
    log.publish(messages)
    partition = messages[0].routed().partition
    read = list(log.read(topics.EXTRACTIONS, partition))
    learner = Learner(sqlite3.connect(":memory:", isolation_level=None))
    expected = [Learn().process(m, learner) for m in read]
    state = PartitionState(stage, partition, "t", tmp_path / "state")
    assert state.catch_up(20, log) == 20
    assert list(state.process(read[20:], 8_000_000)) == expected[20:]
    state.close()
    log.close()


@pytest.mark.parametrize(
    ("fields", "is_taught"),
    [
        ({}, True),
        ({"body_source": "entry"}, True),
        ({"body_source": "summary"}, False),
        ({"lane": "2020-01"}, False),
        ({"url": None}, False),
        ({"body": pack_body(b"")}, True),
    ],
)
def test_which_articles_teach(fields, is_taught):
    outputs = analyse(raw_message(structs.replace(raw("a", 1), **fields)))
    assert [m.topic for m in outputs].count(topics.EXTRACTIONS.name) == is_taught
