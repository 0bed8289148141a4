"""A table follows its topic, keeps its own writes, and drops what moves away."""

from claimwire import topics
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.log.table import Table
from claimwire.records.base import encode
from claimwire.records.feeds import Page
from tests.records import NOW


def page(name: str, attempt: int = 0) -> Page:
    return Page(article_id=name, revision_id="r", url=f"https://{name}.example/", source="s", lane="live",
                first_seen_at=NOW, next_due=NOW, attempt=attempt)  # fmt: skip


def row(page: Page) -> Message:
    return Message(topics.PAGES.name, page.article_id, encode(page))


def follow(log: SqliteLog) -> Table[Page]:
    table = Table(log, topics.PAGES, "web", Page)
    while not table.is_ready:
        table.refresh(0.01)
    return table


def test_rows_changes_and_deletions(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    log.publish([row(page("a")), row(page("b")), row(page("a", 2))])
    table = follow(log)
    assert {k: p.attempt for k, p in table.rows.items()} == {"a": 2, "b": 0}
    log.publish([Message(topics.PAGES.name, "b", None), row(page("c"))])
    table.refresh(0.1)
    table.refresh(0.1)
    assert set(table.rows) == {"a", "c"}


def test_an_echo_of_an_older_write_does_not_win(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    table = follow(log)
    for attempt in (1, 2):
        table.written("a", page("a", attempt))
        log.publish([row(page("a", attempt))])
    for _ in range(3):
        table.refresh(0.05)
        assert table.rows["a"].attempt == 2
    log.publish([row(page("a", 9))])
    table.refresh(0.2)
    assert table.rows["a"].attempt == 9


def test_unreadable_rows_are_set_aside(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    log.publish([Message(topics.PAGES.name, "x", b"{broken"), row(page("a"))])
    table = follow(log)
    assert set(table.rows) == {"a"}
    letters = list(log.read(topics.DEADLETTERS, 0))
    assert [(m.key, m.value, m.headers["stage"]) for m in letters] == [("x", b"{broken", "web")]
    assert set(log.snapshot(topics.PAGES)) == {"a"}


def test_a_new_owner_reads_the_whole_table(tmp_path):
    url = f"sqlite:///{tmp_path / 's.db'}"
    log = SqliteLog.open(url, "t")
    log.ensure_topics(topics.TOPICS)
    log.publish([row(page(f"p{n}")) for n in range(40)])
    first = follow(log)
    assert len(first.rows) == 40
    first.close()
    second = follow(SqliteLog.open(url, "t"))
    assert len(second.rows) == 40


def test_a_write_that_failed_is_taken_back(tmp_path):
    log = SqliteLog.open(f"sqlite:///{tmp_path / 's.db'}", "t")
    log.ensure_topics(topics.TOPICS)
    log.publish([row(page("a", 1))])
    table = follow(log)
    table.written("a", page("a", 2))
    table.take_back("a", page("a", 1))
    assert table.rows["a"].attempt == 1
    log.publish([row(page("a", 5))])
    table.refresh(0.2)
    assert table.rows["a"].attempt == 5
