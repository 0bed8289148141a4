"""The Kubernetes manifests (kustomize), from one table of parts; `python -m docs.build` writes them.

Kafka and Elasticsearch are the cluster's own: their addresses are in the ConfigMap, secrets in the Secret `claimwire`.
There is no Job for the set-up: a Job can't be applied again with another image, and each part creates what it needs.
"""

import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from claimwire.topics import ARTICLES, CLEAN, RAW, Topic

Manifest = dict[str, Any]
IMAGE = "claimwire"
METRICS, PAGE = 9108, 8321
NAME = "claimwire"


@dataclass(frozen=True)
class Part:
    """Processes of one pod: `runs` the parts of `claimwire run`, one container each; `keeps` their files outlive the pod."""

    name: str
    runs: tuple[str, ...]
    cpu: str = "250m"
    memory: str = "512Mi"
    keeps: str = ""


# rss and web keep one file of whose turn it is at which host: they share a pod and its folder.
PARTS = (
    Part("producers", ("rss", "web"), keeps="1Gi"),
    Part("analyse", ("analyse",), "1", "2Gi"),
    # 100,000 articles in the window take about 3 GB in each partition.
    Part("match", ("match",), "500m", "1Gi", keeps="20Gi"),
    Part("alert", ("alert",)),
    Part("learn", ("learn",)),
    Part("search", ("search",)),
    Part("notify", ("notify",), keeps="1Gi"),
    Part("archive", ("archive",), keeps="50Gi"),
    Part("page", ("page",)),
)
SETTINGS = {
    "CLAIMWIRE_BROKER": "kafka://kafka:9092", "CLAIMWIRE_STORE": "elasticsearch://elasticsearch:9200",
    "CLAIMWIRE_DATA_DIR": "/data", "CLAIMWIRE_LOG_FORMAT": "json", "CLAIMWIRE_METRICS_PORT": str(METRICS),
    "CLAIMWIRE_METRICS_BIND": "0.0.0.0", "CLAIMWIRE_REPLICATION": "3", "CLAIMWIRE_STORE_REPLICAS": "1",
    "CLAIMWIRE_ARCHIVE_DIR": "/data/archive",
    "CLAIMWIRE_PAGE_BIND": "0.0.0.0", "CLAIMWIRE_PAGE_TOKEN_FILE": "/secrets/page_token",
    "CLAIMWIRE_FEEDS": "/config/feeds.toml", "CLAIMWIRE_RULES": "/config/rules.toml",
}  # fmt: skip
SEEDS = Path(__file__).resolve().parents[2] / "seeds"
# They fetch feeds and pages, and send alerts.
REACH_OUT = ("producers", "notify")
# Networks that a feed or a webhook has no business with: the cluster's own, and those of clouds' metadata.
NOT_PUBLIC = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/127", "::ffff:0:0/96", "64:ff9b::/96",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip
# Part, topic, group: more workers than partitions would idle.
SCALED: tuple[tuple[str, Topic, int], ...] = (("analyse", RAW, 200), ("match", CLEAN, 1000), ("search", ARTICLES, 2000))


def manifests() -> dict[str, list[Manifest]]:
    """The manifests by file."""
    found: dict[str, list[Manifest]] = {"config.yaml": [_config()]}
    for part in PARTS:
        found[f"{part.name}.yaml"] = [_workload(part)]
    found["page.yaml"] += [_service()]
    found["policies.yaml"] = [*_network_policies(), *(_budget(name) for name in ("analyse", "match"))]
    found["autoscaling.yaml"] = [_scaled(name, topic, lag) for name, topic, lag in SCALED]
    found["kustomization.yaml"] = [{
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": NAME,
        "resources": [name for name in found if name != "autoscaling.yaml"],
        # Its name has a hash of the files: pods start anew when one of them changes.
        "configMapGenerator": [{"name": f"{NAME}-files", "files": sorted(files())}],
        "images": [{"name": IMAGE, "newName": IMAGE, "newTag": "0.1.0"}],
    }]  # fmt: skip
    return found


def files() -> dict[str, str]:
    """Return the feeds and rules that come with the program, by file; what only a checkout has (examples) is left out."""
    rules = re.sub(r"^\[\[example\]\]\n(.+\n)+\n?", "", (SEEDS / "rules.toml").read_text("utf-8"), flags=re.MULTILINE)
    return {"feeds.toml": (SEEDS / "feeds.toml").read_text("utf-8"), "rules.toml": rules}


def as_yaml(documents: list[Manifest]) -> str:
    """Documents as YAML, one below the other."""
    writer, out = YAML(), StringIO()
    writer.default_flow_style = False
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.dump_all(documents, out)
    return "# Written by `make docs` from deploy/kubernetes/build.py.\n" + out.getvalue()


def _meta(name: str) -> Manifest:
    return {"name": f"{NAME}-{name}", "labels": _labels(name)}


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": name}


def _config() -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta("settings"), "data": SETTINGS}


def _container(run: str, part: Part, port: int) -> Manifest:
    env = [] if port == METRICS else [{"name": "CLAIMWIRE_METRICS_PORT", "value": str(port)}]
    probe = {"httpGet": {"path": "/healthz", "port": port}}
    ready = {"httpGet": {"path": "/readyz", "port": PAGE}} if run == "page" else probe
    alive = {"httpGet": {"path": "/healthz", "port": PAGE}} if run == "page" else probe
    ports = [{"name": f"metrics-{run}", "containerPort": port}]
    ports += [{"name": "page", "containerPort": PAGE}] if run == "page" else []
    return {
        "name": run, "image": IMAGE, "args": ["run", run], "ports": ports, **({"env": env} if env else {}),
        "envFrom": [{"configMapRef": {"name": f"{NAME}-settings"}}],
        "startupProbe": {**alive, "periodSeconds": 5, "failureThreshold": 24},
        "livenessProbe": {**alive, "periodSeconds": 20, "timeoutSeconds": 5, "failureThreshold": 6},
        "readinessProbe": {**ready, "periodSeconds": 10, "timeoutSeconds": 5},
        "resources": {"requests": {"cpu": part.cpu, "memory": part.memory}, "limits": {"memory": part.memory}},
        "securityContext": {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"},
                         {"name": "files", "mountPath": "/config", "readOnly": True},
                         {"name": "secrets", "mountPath": "/secrets", "readOnly": True}],
    }  # fmt: skip


def _pod(name: str, containers: list[Manifest], volumes: list[Manifest]) -> Manifest:
    files = {"name": "files", "configMap": {"name": f"{NAME}-files"}}
    secrets = {"name": "secrets", "secret": {"secretName": NAME, "optional": True, "defaultMode": 0o440}}
    return {
        "metadata": {"labels": _labels(name)},
        "spec": {
            "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 30, "containers": containers,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001,
                                "seccompProfile": {"type": "RuntimeDefault"}},
            "volumes": [*volumes, {"name": "tmp", "emptyDir": {}}, files, secrets],
        },
    }  # fmt: skip


def _kind(part: Part) -> str:
    return "StatefulSet" if part.keeps else "Deployment"


def _workload(part: Part) -> Manifest:
    """Return a Deployment, or a StatefulSet with a volume claim where files outlive the pod.

    `match` could rebuild its files from the topics, but would do so at every rollout.
    """
    containers = [_container(run, part, METRICS + n) for n, run in enumerate(part.runs)]
    volumes = [] if part.keeps else [{"name": "data", "emptyDir": {}}]
    spec: Manifest = {
        "replicas": 1, "selector": {"matchLabels": _labels(part.name)}, "template": _pod(part.name, containers, volumes),
    }  # fmt: skip
    if part.keeps:
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": part.keeps}}}
        spec |= {
            "serviceName": f"{NAME}-{part.name}",
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
        }
    return {"apiVersion": "apps/v1", "kind": _kind(part), "metadata": _meta(part.name), "spec": spec}


def _service() -> Manifest:
    ports = [{"name": "page", "port": 80, "targetPort": "page"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta("page"),
        "spec": {"selector": _labels("page"), "ports": ports},
    }


def _policy(name: str, components: tuple[str, ...], rules: Manifest) -> Manifest:
    """Return a policy of the pods of some components, or of all."""
    selector: Manifest = {"matchLabels": {"app.kubernetes.io/name": NAME}}
    if components:
        selector["matchExpressions"] = [
            {"key": "app.kubernetes.io/component", "operator": "In", "values": list(components)}
        ]
    spec = {"podSelector": selector, "policyTypes": [kind.capitalize() for kind in rules], **rules}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": _meta(name), "spec": spec}


def _network_policies() -> list[Manifest]:
    """Into the pods: the page and the metrics. Out of them: names, broker and store; to public addresses for two parts."""
    entries = [{"port": PAGE}, {"port": METRICS, "endPort": METRICS + 1}]
    names = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    servers = [{"port": urlsplit(SETTINGS[key]).port} for key in ("CLAIMWIRE_BROKER", "CLAIMWIRE_STORE")]
    public = [
        {"ipBlock": {"cidr": whole, "except": [net for net in NOT_PUBLIC if (":" in net) == (":" in whole)]}}
        for whole in ("0.0.0.0/0", "::/0")
    ]
    return [
        _policy("ingress", (), {"ingress": [{"ports": entries}]}),
        _policy("egress", (), {"egress": [{"ports": names}, {"ports": servers}]}),
        _policy("egress-public", REACH_OUT, {"egress": [{"to": public}]}),
    ]


def _budget(name: str) -> Manifest:
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": _labels(name)}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": _meta(name), "spec": spec}


def _scaled(name: str, topic: Topic, lag: int) -> Manifest:
    """Scale by the lag of the group (KEDA). The new owner of a partition rebuilds its state, so scaling is slow on purpose."""
    kind = next(_kind(part) for part in PARTS if part.name == name)
    trigger = {
        "type": "kafka",
        "metadata": {
            "bootstrapServers": "kafka:9092", "consumerGroup": f"{NAME}.{name}", "topic": topic.full_name(NAME),
            "lagThreshold": str(lag), "activationLagThreshold": "0", "offsetResetPolicy": "earliest",
            "allowIdleConsumers": "false", "excludePersistentLag": "true",
        },
    }  # fmt: skip
    spec = {
        "scaleTargetRef": {"kind": kind, "name": f"{NAME}-{name}"}, "minReplicaCount": 1, "maxReplicaCount": topic.partitions,
        "pollingInterval": 30, "cooldownPeriod": 300, "triggers": [trigger],
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}}}},
    }  # fmt: skip
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": _meta(name), "spec": spec}
