"""The Kubernetes manifests against the schemas of Kubernetes, KEDA's against its documented fields, and kustomize."""

import ipaddress
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from claimwire.config.settings import Settings, load
from claimwire.log import open_log
from claimwire.topics import TOPICS
from console.process import PARTS, STAGES
from deploy.kubernetes import build
from processors.rules import load_rules
from producers.tables.feeds_file import read_feeds
from tests.e2e.harness import Processes, free_port

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
FOLDER = ROOT / "deploy" / "kubernetes"
VALIDATE = [str(Path(sys.executable).parent / "kubernetes-validate"), "--strict", "--no-warn"]
# keda.sh/docs, spec of ScaledObject and of the trigger `kafka`: what we use of them.
SPEC = {
    "scaleTargetRef",
    "minReplicaCount",
    "maxReplicaCount",
    "pollingInterval",
    "cooldownPeriod",
    "triggers",
    "advanced",
}
TRIGGER = {
    "bootstrapServers", "consumerGroup", "topic", "lagThreshold", "activationLagThreshold", "offsetResetPolicy", "allowIdleConsumers",
    "excludePersistentLag",
}  # fmt: skip


def documents(name: str) -> list[dict]:
    return list(YAML(typ="safe").load_all((FOLDER / name).read_text("utf-8")))


@cache
def every() -> list[dict]:
    return [d for path in sorted(FOLDER.glob("*.yaml")) for d in documents(path.name)]


def pods() -> list[dict]:
    return [d["spec"]["template"]["spec"] for d in every() if d["kind"] in ("Deployment", "StatefulSet")]


def test_kubernetes_takes_them():
    files = [str(p) for p in FOLDER.glob("*.yaml") if p.stem not in ("kustomization", "autoscaling")]
    done = subprocess.run([*VALIDATE, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed") >= len(files)


def test_a_misspelt_key_is_refused(tmp_path):
    bad = tmp_path / "page.yaml"
    bad.write_text((FOLDER / "page.yaml").read_text("utf-8").replace("securityContext", "securityContxt"))
    assert subprocess.run([*VALIDATE, str(bad)], capture_output=True, check=False).returncode != 0


def test_every_part_runs_somewhere():
    runs = [c["args"][1] for pod in pods() for c in pod["containers"] if c["args"][0] == "run"]
    assert sorted(runs) == sorted(PARTS)
    assert [c["args"] for pod in pods() for c in pod["containers"] if c["args"][0] != "run"] == []


def test_everything_can_be_applied_again_with_another_image():
    """The API server refuses a changed pod template in a Job; in what else is here it may change."""
    assert {d["kind"] for d in every()} <= {
        "ConfigMap", "Deployment", "StatefulSet", "Service", "NetworkPolicy", "PodDisruptionBudget", "ScaledObject", "Kustomization",
    }  # fmt: skip


def test_a_part_creates_topics_and_templates_when_it_starts(tmp_path):
    """So that no set-up has to come first; and every probe of its container is answered."""
    containers = {c["name"]: c for pod in pods() for c in pod["containers"]}
    ports = {build.METRICS: free_port(), build.PAGE: free_port()}
    ours = {"BROKER": f"sqlite:///{tmp_path / 's.db'}", "STORE": f"sqlite:///{tmp_path / 'f.db'}", "DATA_DIR": str(tmp_path),
            "METRICS_PORT": str(ports[build.METRICS]), "PAGE_PORT": str(ports[build.PAGE])}  # fmt: skip
    processes = Processes(tmp_path, {f"CLAIMWIRE_{k}": v for k, v in ours.items()})
    processes.start_as("all", ["run", "search", "page"])
    processes.wait_until_running("all")
    answers = set()
    for name in ("search", "page"):
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = containers[name][kind]["httpGet"]
            address = f"http://127.0.0.1:{ports[asked['port']]}{asked['path']}"
            answers.add((address, status_of(address)))
    log = open_log(f"sqlite:///{tmp_path / 's.db'}", "claimwire")
    assert log.ensure_topics(TOPICS) == []
    log.close()
    assert processes.stop() == {"all": 0}
    assert {status for _, status in answers} == {200}, answers
    assert len(answers) >= 3


def status_of(url: str) -> int:
    """Return the status of `url`, 0 where there is no answer within a minute."""
    opener, deadline = urllib.request.build_opener(urllib.request.ProxyHandler({})), time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
    return 0


def allowed(component: str, address: str, port: int) -> bool:
    """Return whether the policies let a part's pods open a TCP connection."""
    ip = ipaddress.ip_address(address)
    for policy in (d["spec"] for d in every() if d["kind"] == "NetworkPolicy"):
        chosen = [e["values"] for e in policy["podSelector"].get("matchExpressions", [])]
        for rule in policy.get("egress", []) if all(component in values for values in chosen) else []:
            blocks = [to["ipBlock"] for to in rule.get("to", [])]
            has_address = not blocks or any(
                ip in ipaddress.ip_network(b["cidr"]) and not any(ip in ipaddress.ip_network(n) for n in b["except"])
                for b in blocks
            )
            if has_address and ("ports" not in rule or port in [p["port"] for p in rule["ports"]]):
                return True
    return False


def test_pods_reach_servers_and_two_parts_the_world():
    """Feeds are anywhere, but not in the cluster, and a cloud's metadata (169.254.169.254) is for nobody."""
    for part in (p.name for p in build.PARTS):
        for port in (53, 9092, 9200):
            assert allowed(part, "10.96.0.10", port)
        for private in ("169.254.169.254", "10.0.0.1", "172.20.1.1", "192.168.1.1", "fd00::1", "fe80::1", "::1"):
            assert not allowed(part, private, 80), (part, private)
        for public in ("203.0.113.7", "2001:db8::1"):
            assert allowed(part, public, 443) == (part in ("producers", "notify")), part
    assert sum("Egress" in d["spec"]["policyTypes"] for d in every() if d["kind"] == "NetworkPolicy") == 2


def test_feeds_and_rules_are_files_of_a_config_map():
    named = documents("kustomization.yaml")[0]["configMapGenerator"]
    assert named == [{"name": "claimwire-files", "files": ["feeds.toml", "rules.toml"]}]
    settings = load(environ=next(d for d in every() if d["kind"] == "ConfigMap")["data"]).settings
    for path, check in ((settings.feeds, lambda p: read_feeds(p, NOW)), (settings.rules, load_rules)):
        assert Path(path).parent == Path("/config")
        assert check(str(FOLDER / Path(path).name))
    packaged, checkout = (load_rules(str(folder / "rules.toml")) for folder in (FOLDER, ROOT / "seeds"))
    assert [(r.name, r.on, r.severity, r.line) for r in packaged] == [
        (r.name, r.on, r.severity, r.line) for r in checkout
    ]
    for pod in pods():
        assert {"name": "files", "configMap": {"name": "claimwire-files"}} in pod["volumes"]
        for container in pod["containers"]:
            assert {"name": "files", "mountPath": "/config", "readOnly": True} in container["volumeMounts"]


def kustomized(folder: Path) -> list[dict]:
    """Return what `kubectl apply -k` would send."""
    if shutil.which("kubectl") is None:
        pytest.skip("left out: there is no kubectl")
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(YAML(typ="safe").load_all(done.stdout))


def test_rules_of_ones_own_go_into_an_overlay(tmp_path):
    """As docs/operations.md has it; other files have another name, so that pods start anew with them."""
    shutil.copytree(FOLDER, tmp_path / "base", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = re.search(r"```yaml\n(.*?)```", (ROOT / "docs" / "operations.md").read_text("utf-8"), re.DOTALL)[1]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kustomization.yaml").write_text(text.replace("deploy/kubernetes", "base"))
    shutil.copy(FOLDER / "feeds.toml", tmp_path / "mine")
    (tmp_path / "mine" / "rules.toml").write_text("[[rule]]\nname = 'mine'\nwhen = 'verdict == \"new\"'\n")
    found = {d["metadata"]["name"]: d for d in kustomized(tmp_path / "mine")}
    (name,) = [n for n in found if n.startswith("claimwire-files-")]
    assert "name = 'mine'" in found[name]["data"]["rules.toml"]
    volumes = found["claimwire-alert"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": "files", "configMap": {"name": name}} in volumes
    assert name not in {d["metadata"]["name"] for d in kustomized(FOLDER)}


def test_pods_may_do_little_and_are_watched():
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            if container["args"][0] == "run":
                assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
                ports = {p["containerPort"] for p in container["ports"]}
                assert container["livenessProbe"]["httpGet"]["port"] in ports
            mounts = {m["name"] for m in container["volumeMounts"]}
            assert mounts <= {v["name"] for v in pod["volumes"]} | {"data"}


def test_the_state_of_match_outlives_its_pod():
    (match,) = documents("match.yaml")
    assert match["kind"] == "StatefulSet"
    claim = match["spec"]["volumeClaimTemplates"][0]
    assert claim["metadata"]["name"] == "data"
    assert "data" not in {v["name"] for v in match["spec"]["template"]["spec"]["volumes"]}
    mounts = match["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "data", "mountPath": "/data"} in mounts


def test_settings_that_are_named_exist():
    data = next(d for d in every() if d["kind"] == "ConfigMap")["data"]
    known = {f"CLAIMWIRE_{f.name.upper()}" for f in fields(Settings)}
    assert set(data) <= known
    load(environ=data)


def test_autoscaling_is_as_keda_has_it():
    scaled = documents("autoscaling.yaml")
    assert len(scaled) == len(build.SCALED)
    names = {t.full_name("claimwire"): t.partitions for t in TOPICS}
    targets = {(d["kind"], d["metadata"]["name"]) for d in every() if d["kind"] in ("Deployment", "StatefulSet")}
    for one in scaled:
        spec, trigger = one["spec"], one["spec"]["triggers"][0]
        assert (one["apiVersion"], one["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
        assert set(spec) == SPEC
        assert set(trigger["metadata"]) == TRIGGER
        assert all(isinstance(v, str) for v in trigger["metadata"].values())
        assert (spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"]) in targets
        assert spec["maxReplicaCount"] == names[trigger["metadata"]["topic"]]
        assert spec["cooldownPeriod"] >= 300
        group = trigger["metadata"]["consumerGroup"].removeprefix("claimwire.")
        assert group in (*STAGES, "search")


def test_kustomize_builds_them():
    built = kustomized(FOLDER)
    # The kustomization makes a ConfigMap of files instead of itself.
    assert len(built) == len(every()) - len(build.SCALED)
    assert {d["metadata"]["namespace"] for d in built} == {"claimwire"}
    images = {
        c["image"]
        for d in built
        if "template" in d.get("spec", {})
        for c in d["spec"]["template"]["spec"]["containers"]
    }
    assert images == {"claimwire:0.1.0"}


def test_each_container_is_scraped_and_probed_at_its_own_port():
    """Two processes of one pod share its address: they differ by port, which a pod's annotation could not say."""
    (scrape,) = YAML(typ="safe").load((ROOT / "deploy" / "prometheus" / "kubernetes.yml").read_text("utf-8"))[
        "scrape_configs"
    ]
    names = next(r["regex"] for r in scrape["relabel_configs"] if r["source_labels"][0].endswith("container_port_name"))
    settings = next(d for d in documents("config.yaml") if d["kind"] == "ConfigMap")["data"]
    for pod in pods():
        taken = []
        for container in (c for c in pod["containers"] if c["args"][0] == "run"):
            (port,) = [p["containerPort"] for p in container["ports"] if re.fullmatch(names, p["name"])]
            own = {e["name"]: e.get("value") for e in container.get("env", ())}
            assert str(port) == own.get("CLAIMWIRE_METRICS_PORT", settings["CLAIMWIRE_METRICS_PORT"])
            for probe in ("startupProbe", "livenessProbe"):
                asked = container[probe]["httpGet"]
                assert asked["path"] == "/healthz"
                assert asked["port"] in {p["containerPort"] for p in container["ports"]}
            taken.append(port)
        assert len(set(taken)) == len(taken)
