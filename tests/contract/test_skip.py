"""`claimwire skip` on both logs: the group goes on behind the record, which is a dead letter; all else is refused in one line."""

import contextlib

import pytest
from kafka import KafkaProducer

from claimwire import topics
from claimwire.errors import ConfigError, UnreachableError
from claimwire.ledger import counts, read_ledger
from claimwire.log import Message, open_log
from claimwire.log.wire import key_text
from console.cli.main import main
from tests.records import raw_article, raw_message

BAD = Message(topics.RAW.name, key_text(b"\xff"), b"\xff", {"a": "b"}, partition=3)


@pytest.fixture
def full(broker, namespace):
    log = open_log(broker, namespace)
    log.ensure_topics((topics.RAW, topics.OUTCOMES, topics.DEADLETTERS, topics.CLEAN))
    log.publish([BAD, BAD, raw_message(raw_article())])
    yield log
    log.close()


def skip(broker: str, namespace: str, *words: str) -> int:
    return main(["skip", *words, "--broker", broker, "--namespace", namespace])


def test_a_group_goes_on_behind_the_record(full, broker, namespace, capsys):
    assert skip(broker, namespace, "analyse", "articles.raw/3@0") == 0
    assert capsys.readouterr().out == (
        "analyse continues at articles.raw/3@1; the record at 0 is a dead letter (skipped by operator): claimwire deadletters list\n"
    )
    assert full.committed("analyse", topics.RAW)[3] == 1
    letter = next(iter(full.read(topics.DEADLETTERS, 0)))
    assert (letter.key, letter.value) == (BAD.key, BAD.value)
    assert letter.headers["error"] == "skipped by operator"
    assert letter.headers["stage"] == "analyse"
    assert counts(read_ledger(full).values()) == {"dead_lettered": 1}
    assert skip(broker, namespace, "archive", "articles.raw/3@0", "--json") == 0
    assert counts(read_ledger(full).values()) == {"dead_lettered": 1}
    assert len(list(full.read(topics.DEADLETTERS, 0))) == 2

    refused = {
        ("analyse", "articles.raw/3@0"): "analyse reads articles.raw/3@1 next; only that one can be skipped",
        ("analyse", "articles.raw/3@2"): "analyse reads articles.raw/3@1 next; only that one can be skipped",
        ("analyse", "articles.raw/99@0"): "articles.raw has partitions 0 to 11, not 99",
        ("analyse", "articles.clean/0@0"): "analyse does not read articles.clean; it reads articles.raw",
        ("match", "articles.clean/0@0"): "match has read all of articles.clean/0; nothing is skipped",
        ("analyse", "articles.raw"): "'articles.raw' is not TOPIC/PARTITION@OFFSET, like articles.raw/3@1207",
    }
    for words, line in refused.items():
        assert skip(broker, namespace, *words) == 2
        assert capsys.readouterr().err == f"claimwire: skip: {line}\n"
    assert len(list(full.read(topics.DEADLETTERS, 0))) == 2


def test_a_group_that_runs_is_not_moved(full, broker, namespace, capsys):
    consumer = full.consumer("analyse", (topics.RAW,))
    while not consumer.assignment():
        consumer.poll(1, 0.5)
    assert skip(broker, namespace, "analyse", "articles.raw/3@0") == 2
    line = capsys.readouterr().err
    assert line.startswith("claimwire: skip: 1 of analyse run; stop them")
    assert line.count("\n") == 1
    with pytest.raises(ConfigError, match="group analyse"):
        full.move("analyse", topics.RAW, 3, 1)
    assert full.committed("analyse", topics.RAW)[3] == 0
    assert full.ends(topics.DEADLETTERS)[0] == 0
    consumer.close()
    assert skip(broker, namespace, "analyse", "articles.raw/3@0") == 0


def test_an_unknown_group_is_refused(broker, namespace, capsys):
    with pytest.raises(SystemExit) as ended:
        skip(broker, namespace, "nobody", "articles.raw/3@0")
    assert ended.value.code == 2
    assert "invalid choice: 'nobody'" in capsys.readouterr().err


class Binary(str):
    """The name of a header that is sent as bytes of no text, as other clients can."""

    def encode(self, *_: str) -> bytes:
        return b"\xff\xfe"


@pytest.mark.servers
def test_a_record_that_the_client_cannot_read_is_skipped(kafka, namespace, capsys):
    broker = f"kafka://{kafka.host_port}"
    log = open_log(broker, namespace)
    log.ensure_topics((topics.RAW, topics.OUTCOMES, topics.DEADLETTERS))
    with contextlib.closing(KafkaProducer(bootstrap_servers=kafka.host_port)) as producer:
        name = topics.RAW.full_name(namespace)
        producer.send(name, key=b"k", value=b"v", headers=[(Binary("x"), b"1")], partition=3).get(10)
    with pytest.raises(UnreachableError, match="UnicodeDecodeError"):
        list(log.read(topics.RAW, 3))
    assert skip(broker, namespace, "analyse", "articles.raw/3@0") == 0
    assert "the dead letter has no bytes of the record" in capsys.readouterr().err
    assert log.committed("analyse", topics.RAW)[3] == 1
    letter = next(iter(log.read(topics.DEADLETTERS, 0)))
    assert (letter.value, letter.headers["offset"]) == (None, "0")
    log.close()
