"""`claimwire forget URL` on the demo's run: nothing of the article is left, and nothing else is gone."""

import json
import sqlite3
from collections import Counter

from claimwire import topics
from claimwire.ids import article_id
from claimwire.ledger import read_ledger
from claimwire.log.sqlite import SqliteLog
from claimwire.records.vocabulary import OutcomeState
from claimwire.store.drivers import open_store
from producers.archives.warc import archived_articles
from producers.articles import opened
from tests.console.command import claimwire
from tests.records import raw_article, raw_message


def documents(folder, kind: str) -> dict[str, dict]:
    store = open_store(f"sqlite:///{folder}/data/search.db", "claimwire")
    found = {ident: dict(body) for ident, _, body in store.dump(kind)}
    store.close()
    return found


def of_a_big_story(folder) -> dict:
    """An article of the demo's largest story that others repeat, and that raised an alert."""
    story = max(documents(folder, "stories").values(), key=lambda s: s["articles"])
    alerts = {a["article_id"] for a in documents(folder, "alerts").values()}
    found = [a for a in documents(folder, "articles").values() if a["story_id"] == story["story_id"]]
    return min((a for a in found if a["article_id"] in alerts), key=lambda a: a["first_seen_at"])


def own_lines(folder, article: dict) -> list[bytes]:
    """Lines of an article that no other has."""
    others = "\n".join(
        a["text"] for ident, a in documents(folder, "articles").items() if ident != article["article_id"]
    )
    return [line.encode() for line in article["text"].splitlines() if len(line) > 60 and line not in others]


def test_nothing_of_the_article_is_left_and_nothing_else_is_gone(copy):
    article = of_a_big_story(copy)
    ident, lines = article["article_id"], own_lines(copy, article)
    before = {kind: documents(copy, kind) for kind in ("articles", "claims", "alerts", "stories")}
    claims = [i for i, c in before["claims"].items() if c["article_id"] == ident]
    out = json.loads(claimwire("forget", article["url"], "--json", cwd=copy))
    assert out["done"]
    assert (out["removed"]["articles"], out["removed"]["claims"]) == (1, len(claims))
    assert out["removed"]["alerts"] > 0
    for path in (copy / "data").iterdir():
        data = path.read_bytes()
        assert [line for line in lines if line in data] == [], path
    for kind in ("articles", "claims", "alerts"):
        left = {i: d for i, d in before[kind].items() if d["article_id"] != ident}
        assert documents(copy, kind) == left, kind
    story = documents(copy, "stories")[article["story_id"]]
    old = before["stories"][article["story_id"]]
    assert (story["articles"], story["forgotten"]) == (old["articles"] - 1, 1)
    made = Counter(c["cluster_id"] for c in documents(copy, "claims").values())
    assert {i: c["sightings"] for i, c in documents(copy, "clusters").items()} == {
        i: n for i, n in made.items() if n > 1
    }
    for cluster in documents(copy, "clusters").values():
        assert not {v["claim_id"] for v in cluster["values"]} & set(claims)
        assert cluster["evidence"]
    assert lines
    assert "forgotten" in claimwire("trace", article["url"], cwd=copy)
    assert claimwire("status", "--ledger", cwd=copy).endswith("the sums agree\n")
    assert article["url"] not in {o.url for o in ledger(copy).values()}


def ledger(folder):
    log = SqliteLog.open(f"sqlite:///{folder}/data/stream.db", "claimwire")
    found = read_ledger(log)
    log.close()
    return found


def test_a_story_without_articles_is_gone_with_its_clusters(copy):
    stories = documents(copy, "stories")
    smallest = min(stories.values(), key=lambda s: s["articles"])["story_id"]
    for article in [a for a in documents(copy, "articles").values() if a["story_id"] == smallest]:
        claimwire("forget", article["article_id"], cwd=copy)
    assert stories.keys() - documents(copy, "stories").keys() == {smallest}
    assert smallest not in {c["story_id"] for c in documents(copy, "clusters").values()}
    state = sqlite3.connect(copy / "data" / "stream.db")
    for table in ("match_stories", "match_clusters", "match_sketches"):
        query = f"SELECT count(*) FROM {table} WHERE story_id = ?"
        assert state.execute(query, (smallest,)).fetchone() == (0,), table
    state.close()


def test_what_comes_again_is_rejected_and_the_archive_is_without_it(copy):
    folder = copy / "warc"
    env = {"CLAIMWIRE_ARCHIVE_DIR": str(folder)}
    secret, other = (raw_article(name, f"{name} is told here.\n" * 20) for name in ("secret", "other"))
    log = SqliteLog.open(f"sqlite:///{copy}/data/stream.db", "claimwire")
    log.publish([opened(secret, "test"), raw_message(secret), opened(other, "test"), raw_message(other)])
    # The first run writes the archive: of the demo there is none.
    claimwire("forget", other.url, cwd=copy, **env)
    assert archived_urls(folder) >= {secret.url}
    out = json.loads(claimwire("forget", secret.url, "--json", cwd=copy, **env))
    assert out["removed"]["records in the archive"] == 1
    assert secret.url not in archived_urls(folder)
    later = raw_article("secret", "Another text is told here.\n" * 20, revision_id="r2")
    log.publish([opened(later, "test"), raw_message(later)])
    claimwire("forget", of_a_big_story(copy)["url"], cwd=copy, **env)
    line = ledger(copy)[secret.article_id, "r2"]
    assert (line.state, line.reason, line.url) == (OutcomeState.REJECTED, "forgotten", None)
    assert secret.url not in archived_urls(folder)
    assert sum(log.ends(topics.DEADLETTERS).values()) == 0
    log.close()


def archived_urls(folder) -> set[str]:
    return {a.url for path in sorted(folder.glob("*.warc.gz")) for a in archived_articles(path, None, Counter())}


def test_first_it_can_be_said_only(copy):
    article = of_a_big_story(copy)
    assert "to be removed" in claimwire("forget", article["url"], "--dry-run", cwd=copy)
    assert article["article_id"] in documents(copy, "articles")


def test_an_article_that_was_never_seen(copy):
    url = "https://paper.example/never"
    assert claimwire("forget", url, cwd=copy, status=1) == f"article {article_id(url, '')}: never seen here\n"
