"""The torture's check of received alerts: it must be able to fail."""

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request

import pytest

from claimwire import topics
from claimwire.log import Message
from claimwire.records.base import encode
from tests.e2e.receiver import REFUSED, SECRET, UNANSWERED, Receiver, check_received
from tests.sinks.test_notify import alert

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def receiver(tmp_path):
    found = Receiver(tmp_path)
    yield found
    found.close()


def post(receiver: Receiver, key: str, *ids: str, secret: str = SECRET) -> int:
    body = json.dumps({"alerts": [{"alert_id": ident} for ident in ids]}).encode()
    mac = base64.b64encode(hmac.new(secret.encode(), f"{key}.1.".encode() + body, hashlib.sha256).digest()).decode()
    url = f"http://127.0.0.1:{receiver._server.server_port}/"
    names = {"Idempotency-Key": key, "webhook-id": key, "webhook-timestamp": "1", "webhook-signature": f"v1,{mac}"}
    request = urllib.request.Request(url, body, names)
    try:
        with OPENER.open(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.fixture
def two_alerts(log):
    one, other = alert("one"), alert("other")
    log.publish([Message(topics.ALERTS.name, a.alert_id, encode(a)) for a in (one, other)])
    return log, one.alert_id, other.alert_id


def test_each_once_and_a_repeated_notice_is_right(receiver, two_alerts):
    log, one, other = two_alerts
    for key, ids in (("k1", [one]), ("k1", [one]), ("k2", [other])):
        assert post(receiver, key, *ids) == 200
    check_received(log, receiver)


@pytest.mark.parametrize(
    ("notices", "says"),
    [
        ([("k1", "one")], "missing"),
        ([("k1", "one"), ("k2", "other"), ("k3", "third")], "not raised"),
        ([("k1", "one"), ("k2", "other"), ("k3", "one")], "under several keys"),
        ([("k1", "one"), ("k1", "other")], "one key, other alerts"),
    ],
)
def test_what_is_wrong_is_found(receiver, two_alerts, notices, says):
    log, one, other = two_alerts
    ids = {"one": one, "other": other, "third": "third"}
    for key, name in notices:
        assert post(receiver, key, ids[name]) == 200
    with pytest.raises(AssertionError, match=says):
        check_received(log, receiver)


def test_it_refuses_does_not_answer_and_checks_signatures(receiver):
    assert post(receiver, "k", "a", secret="wrong" * 8) == 401
    answers = [post(receiver, f"k{n}", f"a{n}") for n in range(2, UNANSWERED + 1)]
    assert {n: a for n, a in enumerate(answers, 2) if a != 200} == {REFUSED: 503, UNANSWERED: 0}
    assert [key for key, _ in receiver.notices][-1] == f"k{UNANSWERED}"
    assert receiver.unsigned == 1
