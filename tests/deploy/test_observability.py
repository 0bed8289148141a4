"""Prometheus rules by promtool, the dashboard's expressions, and our own /metrics."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram

from claimwire.runtime import metrics
from deploy.grafana import build as grafana
from deploy.prometheus import build as prometheus
from tests.conftest import REQUIRED
from tests.page.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
LABELS = {"job", "instance", "le", "partition"}


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        if REQUIRED:
            pytest.fail("CLAIMWIRE_REQUIRE_SERVERS=1, and there is no promtool (Debian: prometheus)")
        pytest.skip("left out: there is no promtool")
    return found


def told(command: list[str], **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_the_rules_are_right_and_each_fires_and_is_silent_as_it_should(promtool):
    done = told([promtool, "check", "rules", "alerts.yml"], cwd=FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr
    done = told([promtool, "test", "rules", "alerts.test.yml"], cwd=FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr
    done = told([promtool, "check", "config", "--syntax-only", "prometheus.yml"], cwd=FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr
    tested = json.loads((FOLDER / "alerts.test.yml").read_text("utf-8"))["tests"]
    outcomes = {(t["alert_rule_test"][0]["alertname"], bool(t["alert_rule_test"][0]["exp_alerts"])) for t in tested}
    assert outcomes == {(r.name, fires) for r in prometheus.RULES for fires in (True, False)}


def test_a_rule_that_never_fires_is_found(promtool, tmp_path):
    rules = (FOLDER / "alerts.yml").read_text("utf-8")
    broken = rules.replace("claimwire_lag_records[15m])) > 100", "claimwire_lag[15m])) > 100")
    assert broken != rules
    (tmp_path / "alerts.yml").write_text(broken)
    suite = json.loads((FOLDER / "alerts.test.yml").read_text("utf-8"))
    suite["tests"] = [t for t in suite["tests"] if t["alert_rule_test"][0]["alertname"] == "ConsumerLagGrowing"]
    (tmp_path / "alerts.test.yml").write_text(json.dumps(suite))
    assert told([promtool, "test", "rules", "alerts.test.yml"], cwd=tmp_path).returncode != 0


def test_every_alert_has_its_page_of_the_runbook():
    headings = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text("utf-8"), re.MULTILINE)
    assert headings == [r.name for r in prometheus.RULES]
    for rule in prometheus.alerts()["groups"][0]["rules"]:
        file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert (ROOT / file).exists()
        assert anchor in {h.lower() for h in headings}


def declared() -> dict[str, set[str]]:
    """Every series of ours, with its labels."""
    found: dict[str, set[str]] = {"up": set()}
    for value in vars(metrics).values():
        if isinstance(value, Counter | Gauge | Histogram):
            for suffix in {"counter": ("_total",), "gauge": ("",)}.get(value._type, ("_bucket", "_count", "_sum")):
                found[value._name + suffix] = set(value._labelnames)
    return found


@pytest.mark.parametrize("expression", [*grafana.expressions(), *(r.expr for r in prometheus.RULES)])
def test_expressions_use_what_there_is(expression):
    known = declared()
    names = set(re.findall(r"\b(?:claimwire_\w+|up)\b", expression))
    assert names
    assert names <= set(known), names - set(known)
    labels = LABELS | {label for name in names for label in known[name]}
    used = set(re.findall(r"(\w+)(?:=~|!~|!=|=)['\"]", expression))
    used |= {n.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for n in group.split(",")}
    assert used <= labels, used - labels


def test_every_metric_is_on_the_dashboard_or_in_a_rule():
    everything = " ".join([*grafana.expressions(), *(r.expr for r in prometheus.RULES)])
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in declared()}
    assert {f for f in families if f not in everything} == set()


def test_the_dashboard_is_of_panels_that_do_not_overlap():
    board = json.loads(grafana.dashboard())
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    shown = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    assert sorted(shown) == sorted(grafana.expressions())


def test_our_metrics_are_as_prometheus_wants_them(promtool, tmp_path):
    """Of a process that runs everything; its names, help texts and units."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "run", "--no-import", "--metrics-port", str(port), "--page-port", "0"],
        cwd=tmp_path, stderr=subprocess.DEVNULL,
        env={k: v for k, v in os.environ.items() if not k.startswith("CLAIMWIRE_")},
    )  # fmt: skip
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        deadline = time.monotonic() + 60
        text = b""
        while b"claimwire_lag_records{" not in text and time.monotonic() < deadline:
            with suppress(OSError):
                text = opener.open(f"http://127.0.0.1:{port}/metrics", timeout=5).read()
            time.sleep(0.2)
    finally:
        process.terminate()
        assert process.wait(40) == 0
    assert b"claimwire_clock_seconds" in text
    done = told([promtool, "check", "metrics"], input=text.decode())
    assert done.returncode == 0, done.stdout + done.stderr
