"""docker-compose.yml against the Compose schema, and what the schema does not say."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from claimwire.config.settings import Settings, load
from console.cli.main import VERBS
from console.process import PARTS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict:
    return YAML(typ="safe").load(COMPOSE.read_text("utf-8"))


def check_schema(path: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_schema_takes_it():
    done = check_schema(COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_refuses_a_misspelt_condition(tmp_path):
    bad = tmp_path / "docker-compose.yml"
    bad.write_text(COMPOSE.read_text("utf-8").replace("service_healthy", "service_helthy"))
    assert check_schema(bad).returncode != 0


def test_every_part_has_a_service_and_every_command_is_ours(compose):
    ours = [s for s in compose["services"].values() if s.get("image") == "claimwire:local"]
    commands = [s["command"] for s in ours if "entrypoint" not in s]
    assert {c[1] for c in commands if c[0] == "run"} == set(PARTS)
    assert ["setup"] in commands
    assert {c[0] for c in commands} <= set(VERBS)


def test_nothing_waits_for_kibana(compose):
    waiting = {name for name, s in compose["services"].items() if "kibana" in " ".join(s.get("depends_on", {}))}
    assert waiting == set()


def test_what_ends_is_waited_for(compose):
    """`up --wait` fails where a container ends that no other one waits for (docker/compose issue 10596)."""
    services = compose["services"]
    once = {name for name, s in services.items() if s.get("restart", "no") == "no"}
    for name in once:
        conditions = [s.get("depends_on", {}).get(name, {}).get("condition") for s in services.values()]
        assert "service_completed_successfully" in conditions, name
    assert once == {"setup"}


def script(service: dict, **replaced: str) -> str:
    """Return the shell script of a service as its container gets it, with other paths."""
    (text,) = service["command"]
    text = text.replace("$$", "$")
    for old, new in replaced.values():
        assert old in text
        text = text.replace(old, new)
    return text


def test_kibana_has_a_key_that_is_made_once_and_is_not_in_the_repository(compose, tmp_path):
    service = compose["services"]["kibana"]
    assert "ENCRYPTIONKEY" not in " ".join(service["environment"])
    assert "kibana:/usr/share/kibana/data" in service["volumes"]
    text = script(
        service, data=("/usr/share/kibana/data", str(tmp_path)), end=("/usr/local/bin/kibana-docker", "/usr/bin/env")
    )
    shell = service["entrypoint"][2:]
    runs = [subprocess.run([*shell, text], capture_output=True, text=True, check=True).stdout for _ in range(2)]
    keys = [re.findall(r"^XPACK_ENCRYPTEDSAVEDOBJECTS_ENCRYPTIONKEY=(.*)$", out, re.MULTILINE) for out in runs]
    assert keys[0] == keys[1]
    assert len(keys[0][0]) >= 32
    assert (tmp_path / "encryption.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "encryption.key").unlink()
    assert keys[0][0] not in subprocess.run([*shell, text], capture_output=True, text=True, check=True).stdout


def test_kibana_is_set_up_as_soon_as_it_answers(compose, tmp_path):
    """The first try fails, the second does not; then the container is healthy and stays."""
    service = compose["services"]["kibana-setup"]
    (tmp_path / "claimwire").write_text('#!/bin/sh\necho "$@" >> calls\ntest "$(wc -l < calls)" = 2\n')
    (tmp_path / "claimwire").chmod(0o755)
    text = script(
        service, wait=("sleep 10", "sleep 0"), done=("/tmp/done", "done"), stay=("sleep infinity", "echo stays")
    )
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [*service["entrypoint"], text], cwd=tmp_path, env=path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "stays\n"
    assert (tmp_path / "calls").read_text() == "setup --kibana http://kibana:5601\n" * 2
    assert (tmp_path / "done").exists()
    assert service["healthcheck"]["test"] == ["CMD", "test", "-e", "/tmp/done"]


def test_feeds_and_rules_have_a_place(compose):
    """A folder of the host, by default the one that comes with the program."""
    for part in PARTS:
        service = compose["services"][part]
        source, target, mode = re.fullmatch(r"\$\{CONFIG_DIR:-(.*)\}:(.*):(ro)", service["volumes"][0]).groups()
        ours = {k: v for k, v in service["environment"].items() if k.startswith("CLAIMWIRE_")}
        settings = load(environ=ours).settings
        for name in (settings.feeds, settings.rules):
            assert (ROOT / source / Path(name).relative_to(target)).exists()
        assert mode == "ro"


def test_ports_are_on_loopback_and_images_are_pinned(compose):
    for service in compose["services"].values():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
        assert re.search(r":(local|v?\d+\.\d+\.\d+)$", service["image"])


def test_every_service_is_healthy_or_done(compose):
    for name, service in compose["services"].items():
        check = service["healthcheck"]
        assert check.get("test") or (name == "setup" and check["disable"])
        for other, wanted in service.get("depends_on", {}).items():
            assert other in compose["services"]
            assert (wanted["condition"] == "service_completed_successfully") == (other == "setup")


def test_settings_named_there_exist(compose):
    known = {f"CLAIMWIRE_{f.name.upper()}" for f in fields(Settings)}
    for service in compose["services"].values():
        ours = {k: v for k, v in service.get("environment", {}).items() if k.startswith("CLAIMWIRE_")}
        assert set(ours) <= known
        load(environ=ours)


def test_the_image_is_built_from_what_is_there():
    ignored = (ROOT / ".dockerignore").read_text("utf-8")
    for line in (ROOT / "deploy" / "Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (ROOT / name).exists(), name
                assert f"!{name}" in ignored, name


def test_parts_that_keep_files_have_a_place_for_them(compose):
    """The root file system is read-only: without a volume these parts would end when they start."""
    for part in ("rss", "web", "match", "learn", "notify", "archive", "page", "demo"):
        assert any(v.endswith(":/data") for v in compose["services"][part]["volumes"]), part
    assert compose["services"]["rss"]["volumes"] == compose["services"]["web"]["volumes"]


def test_the_image_is_linted_and_built_from_the_lock_of_what_runs():
    dockerfile = ROOT / "deploy" / "Dockerfile"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "hadolint"), str(dockerfile)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    text = dockerfile.read_text("utf-8")
    assert "--require-hashes -r deploy/requirements.lock" in text
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert text.count("FROM ") == 2


def test_what_is_watched_is_what_runs(compose):
    """Prometheus asks every part, and Grafana has the files that its configuration names."""
    config = YAML(typ="safe").load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8"))
    targets = {t.split(":")[0] for job in config["scrape_configs"] for s in job["static_configs"] for t in s["targets"]}
    assert targets == set(PARTS)
    for service in ("prometheus", "grafana"):
        for volume in compose["services"][service]["volumes"]:
            if volume.startswith("./"):
                assert (ROOT / volume.split(":")[0]).exists(), volume


def test_without_a_profile_only_the_core_starts(compose):
    profiles = {name: s.get("profiles", []) for name, s in compose["services"].items()}
    assert {name: p for name, p in profiles.items() if p} == {
        "demo": ["demo"], "prometheus": ["observe"], "grafana": ["observe"],
    }  # fmt: skip
