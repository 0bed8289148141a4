"""The Kubernetes manifests against the schemas of Kubernetes, KEDA's against its documented fields, and kustomize."""

import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from claimwire.settings import Settings, load
from claimwire.topics import TOPICS
from console.runtime import PARTS, STAGES
from deploy.kubernetes import build

ROOT = Path(__file__).resolve().parents[2]
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


def every() -> list[dict]:
    return [d for path in sorted(FOLDER.glob("*.yaml")) for d in documents(path.name)]


def pods() -> list[dict]:
    return [d["spec"]["template"]["spec"] for d in every() if d["kind"] in ("Deployment", "StatefulSet", "Job")]


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
    assert [c["args"] for pod in pods() for c in pod["containers"] if c["args"][0] != "run"] == [["setup"]]


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
    if shutil.which("kubectl") is None:
        pytest.skip("left out: there is no kubectl")
    done = subprocess.run(["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = list(YAML(typ="safe").load_all(done.stdout))
    assert len(built) == len(every()) - 1 - len(build.SCALED)
    assert {d["metadata"]["namespace"] for d in built} == {"claimwire"}
    assert "image: claimwire:0.1.0" in done.stdout
