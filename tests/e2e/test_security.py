"""Kafka with SASL/SCRAM and TLS, Elasticsearch with users, roles and TLS: who may gets in, who may not reads why in one line."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claimwire.config.credentials import Credentials
from claimwire.errors import DeniedError, SinkError, UnreachableError
from claimwire.ledger import counts, read_ledger
from claimwire.log import open_log
from claimwire.store import Document, bulk
from claimwire.store.drivers import open_store
from deploy.teststack.secure import Certificate, certificate, start_secure_elasticsearch, start_secure_kafka
from deploy.teststack.servers import Missing
from tests.conftest import REQUIRED, Address
from tests.console.command import claimwire
from tests.e2e.harness import Processes, SiteThread, wait_until_done
from tests.e2e.test_distributed import environment, follow_demo

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
ROLES = (Path(__file__).resolve().parents[2] / "deploy" / "elasticsearch" / "roles.yml").read_text("utf-8")
USERS = ("claimwire_setup", "claimwire_sink", "claimwire_reader")


@dataclass(frozen=True)
class Secure:
    """Both servers, the files with the passwords, and a broker whose certificate has expired."""

    kafka: str
    elasticsearch: str
    expired: str
    folder: Path
    certificate: Certificate
    old: Certificate

    def password(self, user: str) -> Path:
        return self.folder / f"{user}.password"

    def who(self, user: str) -> Credentials:
        return Credentials(user, self.password(user).read_text().strip(), ca=str(self.certificate.pem))


@pytest.fixture(scope="module")
def secure(tmp_path_factory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("secure")
    words = {user: secrets.token_hex(12) for user in ("claimwire", *USERS)}
    for user, word in words.items():
        (folder / f"{user}.password").write_text(f"{word}\n")
    try:
        good, old = certificate(folder), certificate(folder, -3)
        users = {user: (words[user], user) for user in USERS}
        servers = [
            start_secure_kafka(good, {"claimwire": words["claimwire"]}),
            start_secure_elasticsearch(good, users, ROLES),
            start_secure_kafka(old, {"claimwire": words["claimwire"]}),
        ]
    except Missing as missing:
        if REQUIRED:
            pytest.fail(f"CLAIMWIRE_REQUIRE_SERVERS=1, and {missing}")
        pytest.skip(f"left out: {missing}")
    yield Secure(*(s.address for s in servers), folder, good, old)
    for server in servers:
        server.stop()


def settings_of(secure: Secure, namespace: str, user: str) -> dict[str, str]:
    return environment(namespace, Address(""), Address("")) | {
        "CLAIMWIRE_BROKER": f"kafka+ssl://{secure.kafka}",
        "CLAIMWIRE_BROKER_USER": "claimwire",
        "CLAIMWIRE_BROKER_PASSWORD_FILE": str(secure.password("claimwire")),
        "CLAIMWIRE_BROKER_CA": str(secure.certificate.pem),
        "CLAIMWIRE_STORE": f"elasticsearch+https://{secure.elasticsearch}",
        "CLAIMWIRE_STORE_USER": user,
        "CLAIMWIRE_STORE_PASSWORD_FILE": str(secure.password(user)),
        "CLAIMWIRE_STORE_CA": str(secure.certificate.pem),
    }


def test_a_whole_run_by_those_who_may_do_only_that(secure, tmp_path):
    """Set up by one, written by another, read by a third; no password in any output, log or argument."""
    namespace = f"claimwire-{secrets.token_hex(6)}"
    by = {user: settings_of(secure, namespace, user) for user in USERS}
    assert f"index template {namespace}-claims" in claimwire("setup", cwd=tmp_path, **by["claimwire_setup"])
    log = open_log(f"kafka+ssl://{secure.kafka}", namespace, secure.who("claimwire"))
    processes = Processes(tmp_path, by["claimwire_sink"] | {"CLAIMWIRE_DATA_DIR": str(tmp_path)})
    with SiteThread() as site:
        follow_demo(log, site)
        processes.start("all")
        try:
            wait_until_done(log, len(site.articles), processes)
            arguments = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        finally:
            processes.stop()
    assert counts(read_ledger(log).values()) == {"indexed": 39, "duplicate": 1}
    log.close()
    refilled = json.loads(claimwire("setup", "--refill", "--json", cwd=tmp_path, **by["claimwire_sink"]))["refilled"]
    assert (refilled["written"]["articles"], refilled["refused"]) == (40, {})
    out = claimwire("search", "third city", cwd=tmp_path, **by["claimwire_reader"])
    assert "articles" in out
    told = out + arguments + processes.logs() + claimwire("config", cwd=tmp_path, **by["claimwire_sink"])
    # Status 1: nothing runs any more.
    told += claimwire("status", cwd=tmp_path, status=1, **by["claimwire_reader"])
    assert [u for u in ("claimwire", *USERS) if secure.password(u).read_text().strip() in told] == []


def test_a_reader_may_not_write_and_a_sink_may_not_set_up(secure, monkeypatch):
    namespace, url = f"claimwire-{secrets.token_hex(6)}", f"elasticsearch+https://{secure.elasticsearch}"
    for user in ("claimwire_reader", "claimwire_sink"):
        store = open_store(url, namespace, secure.who(user))
        with pytest.raises(DeniedError, match="not allowed"):
            store.setup()
        store.close()
    monkeypatch.setattr(bulk, "RETRIES", 2)
    for user, where in (("claimwire_reader", namespace), ("claimwire_sink", "elsewhere")):
        store = open_store(url, where, secure.who(user))
        with pytest.raises((SinkError, DeniedError), match="is unauthorized") as refused:
            store.write([Document("articles", "a", 1, datetime(2026, 11, 20, tzinfo=UTC), {"article_id": "a"})])
        assert isinstance(refused.value, DeniedError) or refused.value.retryable
        store.close()


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (
            lambda s: Credentials("claimwire", "wrong", ca=str(s.certificate.pem)),
            "refuses user 'claimwire' or the password",
        ),
        (lambda s: Credentials("claimwire", "x", ca=str(s.old.pem)), "certificate is not trusted: self-signed"),
        (lambda s: Credentials(ca=str(s.certificate.pem)), "it may require a user"),
    ],
)
def test_a_broker_says_why_not(secure, who, says):
    with pytest.raises(UnreachableError, match=says):
        open_log(f"kafka+ssl://{secure.kafka}", "x", who(secure))


def test_an_expired_certificate_and_a_broker_without_tls(secure):
    with pytest.raises(UnreachableError, match="certificate has expired"):
        open_log(f"kafka+ssl://{secure.expired}", "x", Credentials("claimwire", "x", ca=str(secure.old.pem)))
    with pytest.raises(UnreachableError, match="it may require TLS"):
        open_log(f"kafka://{secure.kafka}", "x")


def test_a_store_says_why_not(secure, tmp_path):
    env = settings_of(secure, "claimwire", "claimwire_reader")
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong\n")
    says = claimwire("search", "x", cwd=tmp_path, status=3, **env | {"CLAIMWIRE_STORE_PASSWORD_FILE": str(wrong)})
    assert says.count("\n") == 1
    assert "it rejects the user or API key" in says
    says = claimwire("search", "x", cwd=tmp_path, status=3, **env | {"CLAIMWIRE_STORE_CA": str(secure.old.pem)})
    assert "its certificate is not trusted: self-signed certificate" in says
    plain = {k: v for k, v in env.items() if k != "CLAIMWIRE_STORE_CA"}
    says = claimwire(
        "search", "x", cwd=tmp_path, status=3, **plain | {"CLAIMWIRE_STORE": f"elasticsearch://{secure.elasticsearch}"}
    )
    assert says.count("\n") == 1
