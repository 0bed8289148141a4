"""Kafka with SASL/SCRAM and TLS, Elasticsearch with users, roles and TLS, for tests: certificates and passwords of the moment."""

import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.teststack.servers import Server, find_java, start_elasticsearch, start_kafka

ALIAS = "claimwire"


@dataclass(frozen=True)
class Certificate:
    """A key with its certificate for 127.0.0.1 (`keystore`, PKCS12), and the certificate alone (`pem`)."""

    keystore: Path
    pem: Path
    password: str


def certificate(folder: Path, days: int = 2) -> Certificate:
    """A self-signed certificate. `days` under 0: it ended so many days ago."""
    keytool = find_java(17) / "bin" / "keytool"
    password, keystore, pem = secrets.token_hex(16), folder / f"{days}.p12", folder / f"{days}.pem"
    start, valid = ("-2d", days + 2) if days > 0 else (f"{days - 10}d", 10)
    store = ["-keystore", str(keystore), "-storetype", "PKCS12", "-storepass:env", "KEYSTORE_PASSWORD", "-alias", ALIAS]
    name = ["-dname", "CN=claimwire test", "-ext", "SAN=ip:127.0.0.1,dns:localhost"]
    make = ["-genkeypair", "-keyalg", "EC", "-startdate", start, "-validity", str(valid), *name]
    environment = {**os.environ, "KEYSTORE_PASSWORD": password}
    for arguments in ([*make, *store], ["-exportcert", "-rfc", "-file", str(pem), *store]):
        subprocess.run([str(keytool), *arguments], check=True, capture_output=True, env=environment)
    return Certificate(keystore, pem, password)


def start_secure_kafka(found: Certificate, users: dict[str, str]) -> Server:
    """A broker that takes only these users (name: password), over TLS. Raises Missing."""
    inner = secrets.token_hex(16)
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    properties = (
        "sasl.enabled.mechanisms=SCRAM-SHA-512\nsasl.mechanism.inter.broker.protocol=SCRAM-SHA-512\n"
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config="
        f'{login} username="broker" password="{inner}";\n'
        f"ssl.keystore.type=PKCS12\nssl.keystore.location={found.keystore}\nssl.keystore.password={found.password}\n"
        f"ssl.truststore.type=PEM\nssl.truststore.location={found.pem}\n"
    )
    scram = [
        part
        for name, password in {**users, "broker": inner}.items()
        for part in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
    ]
    return start_kafka("SASL_SSL", properties, scram)


def start_secure_elasticsearch(found: Certificate, users: dict[str, tuple[str, str]], roles: str) -> Server:
    """A node that takes only these users (name: password and role), over TLS. `roles` is a roles.yml. Raises Missing."""

    def prepare(home: Path, java: Path) -> None:
        config = home / "config"
        (config / "http.p12").write_bytes(found.keystore.read_bytes())
        (config / "roles.yml").write_text(roles)
        environment = {**os.environ, "ES_JAVA_HOME": str(java)}

        def tool(name: str, *arguments: str, text: str = "") -> None:
            subprocess.run(
                [str(home / "bin" / name), *arguments],
                check=True,
                capture_output=True,
                env=environment,
                input=text,
                text=True,
            )

        tool("elasticsearch-keystore", "create", "-s")
        tool("elasticsearch-keystore", "add", "-x", "-f", "bootstrap.password", text=secrets.token_hex(16))
        key = "xpack.security.http.ssl.keystore.secure_password"
        tool("elasticsearch-keystore", "add", "-x", "-f", key, text=found.password)
        for user, (password, role) in users.items():
            tool("elasticsearch-users", "useradd", user, "-p", password, "-r", role)

    settings = (
        "xpack.security.enabled: true\nxpack.security.http.ssl.enabled: true\n"
        "xpack.security.http.ssl.keystore.path: http.p12\nxpack.security.autoconfiguration.enabled: false\n"
    )
    return start_elasticsearch(settings, prepare)
