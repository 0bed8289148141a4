"""Starts, waits for and stops a Kafka broker and an Elasticsearch on free ports of 127.0.0.1.

`python -m deploy.teststack` starts both, prints their addresses and stops them at end of input or Ctrl-C. The Maven
artifacts are kept in `deploy/teststack/.servers`; the servers' data lie in a temporary folder. Started processes die
with their parent. Needs Maven, Java 17 or newer for Kafka and 21 or newer for Elasticsearch.
"""

import os
import pwd
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from claimwire.runtime.process_pool import die_with_parent

HERE = Path(__file__).resolve().parent
KEPT = HERE / ".servers"
ELASTICSEARCH = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:9.2.0:zip"
JAVA_FOLDERS = ("/usr/lib/jvm", "/opt", "/Library/Java/JavaVirtualMachines")
START_SECONDS = 180.0
SERVER_PORTS = range(20_000, 30_000)
UNPRIVILEGED = ("nobody", "daemon")


class Missing(Exception):
    """Something that is not on this machine, in one line."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on.

    Below those that the system gives to clients: a client that retries while a server is away may connect to itself there,
    and the server finds its port taken when it comes back.
    """
    for port in random.SystemRandom().sample(SERVER_PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise Missing("no free port")


def java_version(java: Path) -> int:
    """Major version of a `java`, 0 where it does not run."""
    try:
        text = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(\d+)', text)
    return int(found.group(1)) if found else 0


def find_java(least: int) -> Path:
    """Home of the newest installed JDK of at least `least`. Raises Missing."""
    homes = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    on_path = shutil.which("java")
    homes += [Path(on_path).resolve().parent.parent] if on_path else []
    homes += [home for folder in JAVA_FOLDERS if Path(folder).is_dir() for home in sorted(Path(folder).iterdir())]
    versions = {home: java_version(home / "bin" / "java") for home in dict.fromkeys(h.resolve() for h in homes)}
    fitting = [home for home, version in versions.items() if version >= least]
    if not fitting:
        raise Missing(f"no Java {least} or newer (looked at JAVA_HOME, PATH and {', '.join(JAVA_FOLDERS)})")
    return max(fitting, key=lambda home: versions[home])


def _maven(*arguments: str) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("no Maven (mvn) on PATH")
    # Its markers say "unpacked already" of a folder that is gone.
    shutil.rmtree(HERE / "target", ignore_errors=True)
    done = subprocess.run([maven, "-q", "-B", *arguments], cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"Maven could not fetch the servers: {done.stdout.strip()[-500:]}")


def fetch_kafka() -> Path:
    """Folder of Kafka's jars."""
    folder = KEPT / "kafka"
    if not (folder / "done").exists():
        _maven("dependency:copy-dependencies", f"-DoutputDirectory={folder}")
        (folder / "done").touch()
    return folder


def fetch_elasticsearch() -> Path:
    """Folder of the Elasticsearch distribution."""
    folder = KEPT / "elasticsearch"
    if not (folder / "done").exists():
        _maven("dependency:unpack", f"-Dartifact={ELASTICSEARCH}", f"-DoutputDirectory={folder}")
        (folder / "done").touch()
    return next(p for p in folder.iterdir() if p.is_dir())


def unprivileged_user() -> pwd.struct_passwd | None:
    """Return the user to run Elasticsearch where the caller is root (it refuses to run as root); None where the caller is not."""
    if os.getuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Missing(f"no unprivileged user ({', '.join(UNPRIVILEGED)}) to run Elasticsearch as")


@dataclass
class Server:
    """A started server: `address` is HOST:PORT, `log` its output."""

    address: str
    process: subprocess.Popen[bytes]
    folder: Path
    restart: Callable[[], "subprocess.Popen[bytes]"] = field(repr=False)

    def kill(self) -> None:
        """As a crash would."""
        self.process.kill()
        self.process.wait(30)

    def start_again(self) -> None:
        """With the same data, on the same port."""
        self.process = self.restart()

    def stop(self) -> None:
        """End it and remove its data."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until something listens. Raises Missing with the end of the log where the process ends instead."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise Missing(f"the server did not start: {log.read_text('utf-8', 'replace')[-800:]}")


def start_kafka(protocol: str = "PLAINTEXT", security: str = "", users: Sequence[str] = ()) -> Server:
    """A broker and controller in one (KRaft); with properties of its own, and users for its format. Raises Missing."""
    java, jars = find_java(17) / "bin" / "java", fetch_kafka()
    folder = Path(tempfile.mkdtemp(prefix="claimwire-kafka-"))
    port, controller = free_port(), free_port()
    properties = folder / "server.properties"
    properties.write_text(
        "process.roles=broker,controller\nnode.id=1\n"
        f"controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n"
        f"listeners={protocol}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
        f"advertised.listeners={protocol}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
        f"controller.listener.names=CONTROLLER\ninter.broker.listener.name={protocol}\n"
        f"listener.security.protocol.map={protocol}:{protocol},CONTROLLER:PLAINTEXT\n{security}"
        f"log.dirs={folder / 'data'}\noffsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n"
        "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
        "share.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\n"
        "group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\nlog.cleaner.backoff.ms=500\nmessage.max.bytes=10000000\n"
    )
    tool = [str(java), "-cp", f"{jars}/*", "kafka.tools.StorageTool"]
    uuid = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=True).stdout.split()[-1]
    subprocess.run(
        [*tool, "format", "-t", uuid, "-c", str(properties), "--standalone", *users], capture_output=True, check=True
    )
    log = folder / "kafka.log"

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            process = subprocess.Popen(
                [str(java), "-Xmx512m", "-cp", f"{jars}/*", "kafka.Kafka", str(properties)],
                stdout=out, stderr=out, cwd=folder, preexec_fn=die_with_parent,  # noqa: PLW1509
            )  # fmt: skip
        wait_for_port(port, process, log)
        return process

    return Server(f"127.0.0.1:{port}", start(), folder, start)


def start_elasticsearch(
    security: str = "xpack.security.enabled: false\n", prepare: Callable[[Path, Path], None] | None = None
) -> Server:
    """One node; `prepare` gets its home and the JDK's before it is started. Raises Missing."""
    java, distribution = find_java(21), fetch_elasticsearch()
    folder = Path(tempfile.mkdtemp(prefix="claimwire-elasticsearch-"))
    home = folder / "home"
    shutil.copytree(distribution, home, symlinks=True)
    port, transport = free_port(), free_port()
    (home / "config" / "elasticsearch.yml").write_text(
        f"discovery.type: single-node\n{security}xpack.ml.enabled: false\n"
        f"http.host: 127.0.0.1\nhttp.port: {port}\ntransport.host: 127.0.0.1\ntransport.port: {transport}\n"
        "cluster.routing.allocation.disk.threshold_enabled: false\n"
    )
    (folder / "tmp").mkdir()
    if prepare is not None:
        prepare(home, java)
    user = unprivileged_user()
    if user is not None:
        folder.chmod(0o755)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    log = folder / "elasticsearch.log"
    environment = {
        "PATH": os.environ["PATH"],
        "ES_JAVA_HOME": str(java),
        "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
        "ES_TMPDIR": str(folder / "tmp"),
        "HOME": str(home),
    }

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            process = subprocess.Popen(
                [str(home / "bin" / "elasticsearch")], stdout=out, stderr=out, cwd=home, env=environment,
                user=user.pw_uid if user else None, group=user.pw_gid if user else None,
                extra_groups=[] if user else None, preexec_fn=die_with_parent,  # noqa: PLW1509
            )  # fmt: skip
        wait_for_port(port, process, log)
        if prepare is None:
            _wait_until_healthy(port, process, log)
        return process

    return Server(f"127.0.0.1:{port}", start(), folder, start)


def _wait_until_healthy(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    url = f"http://127.0.0.1:{port}/_cluster/health?wait_for_status=yellow&timeout=5s"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise Missing(f"Elasticsearch did not become healthy: {log.read_text('utf-8', 'replace')[-800:]}")
