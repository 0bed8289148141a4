"""docker-compose.yml against the Compose schema, and what the schema does not say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from console.cli.main import VERBS
from console.runtime import PARTS

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
    commands = [s["command"] for s in compose["services"].values() if s.get("image") == "claimwire:local"]
    assert {c[1] for c in commands if c[0] == "run"} == set(PARTS)
    assert ["setup", "--kibana", "http://kibana:5601"] in commands
    assert {c[0] for c in commands} <= set(VERBS)


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
    from dataclasses import fields

    from claimwire.settings import Settings, load

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
    """Prometheus asks every part, and Grafana has the files that it is told of."""
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
