"""The archive: what was fetched can be read back as it was, also after kill -9 in the middle of a record."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from claimwire import topics
from claimwire.ledger import read_ledger
from claimwire.log import Message
from claimwire.log.sqlite import SqliteLog
from claimwire.text.bodies import unpack_body
from console.cli.main import main
from producers.archives.warc import archived_articles
from producers.articles import opened
from sinks.archive import OPEN, ArchiveSink, mended, whole_records
from tests.records import raw_article, raw_message

# The archive writer leaves its spools to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def archived(folder: Path) -> list:
    return [a for path in sorted(folder.glob("*.warc.gz")) for a in archived_articles(path, None, Counter())]


def taken(sink: ArchiveSink) -> None:
    while sink.step(0.0):
        pass


def test_what_was_fetched_comes_back_as_it_was(log, tmp_path):
    raws = [
        raw_article("a", title="Flood in São João — 12 dead", summary="ü" * 5_000, authors=("Ana",)),
        raw_article("b", "<p>x</p>", media_type="text/html", charset="iso-8859-1"),
        raw_article("c", url=None, article_id="c" * 32, body_source="entry"),
        raw_article("d", body=""),
    ]
    log.publish([*map(raw_message, raws), Message(topics.RAW.name, "bad", b"no record")])
    sink = ArchiveSink(log, tmp_path / "warc", 10**9, 50)
    taken(sink)
    assert [p.name.endswith(OPEN) for p in (tmp_path / "warc").iterdir()] == [True]
    sink.close()
    found = {a.article_id: a for a in archived(tmp_path / "warc")}
    for raw in raws:
        back = found.pop(raw.article_id)
        assert unpack_body(back.body) == unpack_body(raw.body)
        assert msgspec.structs.replace(back, body=raw.body, lane="live", backfill=False) == raw
        assert (back.lane, back.backfill) == ("2026-11", True)
    assert not found
    assert log.ends(topics.DEADLETTERS)[0] == 1


def test_files_are_rotated_by_size(log, tmp_path):
    log.publish([raw_message(raw_article(str(n))) for n in range(30)])
    sink = ArchiveSink(log, tmp_path, 1_500, 5)
    taken(sink)
    sink.close()
    files = list(tmp_path.glob("*.warc.gz"))
    assert len(files) > 3
    assert {f.stat().st_mode & 0o777 for f in files} == {0o600}
    assert max(f.stat().st_size for f in files) < 3_000
    assert len(archived(tmp_path)) == 30


def test_a_file_is_cut_after_its_last_whole_record(log, tmp_path):
    log.publish([raw_message(raw_article(str(n))) for n in range(5)])
    sink = ArchiveSink(log, tmp_path / "a", 10**9, 50)
    taken(sink)
    sink.close()
    data = next((tmp_path / "a").glob("*.gz")).read_bytes()
    ends = [end for end in range(len(data) + 1) if end in (0, len(data)) or data[end : end + 3] == b"\x1f\x8b\x08"]
    for cut in random.Random(3).sample(range(len(data)), 40):
        path = tmp_path / f"x{cut}.warc.gz{OPEN}"
        path.write_bytes(data[:cut])
        with path.open("rb") as file:
            assert whole_records(file) == max(end for end in ends if end <= cut)
    mended(tmp_path)
    assert not list(tmp_path.glob(f"*{OPEN}"))


CHILD = """
import sys
from claimwire.log.sqlite import SqliteLog
from pathlib import Path
from sinks.archive import ArchiveSink
sink = ArchiveSink(SqliteLog.open(sys.argv[1], "t"), Path(sys.argv[2]), 4000, 3)
print("ready", flush=True)
while True:
    sink.step(0.05)
"""


def test_it_is_complete_after_kill_9(log, tmp_path):
    url = f"sqlite:///{tmp_path / 's.db'}"
    source, published = random.Random(5), set()
    for turn in range(12):
        raws = [raw_article(f"{turn}-{n}", "word " * source.randint(1, 3000)) for n in range(25)]
        published |= {r.revision_id for r in raws}
        log.publish(list(map(raw_message, raws)))
        child = subprocess.Popen([sys.executable, "-c", CHILD, url, str(tmp_path / "w")], stdout=subprocess.PIPE)
        child.stdout.readline()
        time.sleep(source.random() * 0.15)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        log.connection.execute("DELETE FROM members")
        log.connection.execute("DELETE FROM owners")
    sink = ArchiveSink(log, tmp_path / "w", 10**9, 50)
    taken(sink)
    sink.close()
    found = [a.revision_id for a in archived(tmp_path / "w")]
    assert set(found) == published
    assert not list((tmp_path / "w").glob(f"*{OPEN}"))


def test_our_own_archive_is_replayed(log, tmp_path, capsys):
    raw = raw_article("a")
    log.publish([opened(raw, "rss"), raw_message(raw)])
    sink = ArchiveSink(log, tmp_path / "w", 10**9, 50)
    taken(sink)
    sink.close()
    (file,) = (tmp_path / "w").glob("*.warc.gz")
    other = f"sqlite:///{tmp_path / 'other.db'}"
    assert main(["replay", str(file), "--broker", other]) == 0
    assert "articles  1" in capsys.readouterr().out
    again = SqliteLog.open(other, "claimwire")
    assert set(read_ledger(again)) == set(read_ledger(log))
    again.close()


def test_a_folder_that_is_not_set_or_cannot_be_written_is_said(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("x")
    broker = f"sqlite:///{tmp_path / 's.db'}"
    assert main(["run", "archive", "--broker", broker, "--no-import"]) == 2
    assert "archive_dir is not set" in capsys.readouterr().err
    monkeypatch.setenv("CLAIMWIRE_ARCHIVE_DIR", str(tmp_path / "file"))
    assert main(["run", "archive", "--broker", broker, "--no-import"]) == 2
    assert "archive_dir: " in capsys.readouterr().err
