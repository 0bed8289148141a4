"""A file that several processes make at once: none finds it locked."""

import multiprocessing

from claimwire.runtime.sqlite_file import connect


def opened(path: str, start, told) -> None:
    start.wait(30)
    try:
        db = connect(path)
        db.execute("CREATE TABLE IF NOT EXISTS t(x)")
        db.execute("INSERT INTO t VALUES(1)")
        told.put(db.execute("PRAGMA journal_mode").fetchone()[0])
        db.close()
    except Exception as error:
        told.put(repr(error))


def test_made_by_many_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    for number in range(5):
        start = context.Barrier(6)
        path = str(tmp_path / f"{number}.db")
        processes = [context.Process(target=opened, args=(path, start, told)) for _ in range(6)]
        for process in processes:
            process.start()
        assert [told.get(timeout=60) for _ in processes] == ["wal"] * len(processes)
        for process in processes:
            process.join(30)
        db = connect(path)
        assert db.execute("SELECT count(*) FROM t").fetchone() == (6,)
        db.close()
