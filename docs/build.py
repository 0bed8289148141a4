"""Generates docs/reference.md, docs/schemas.json, docs/scores.md and the files of `deploy/` from the code.

`make docs` writes them; a test compares.
"""

import argparse
import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import Counter, Gauge, Histogram

from claimwire.config.settings import Settings
from claimwire.runtime import metrics
from claimwire.store import FACETS
from claimwire.store.mappings import MAPPINGS
from claimwire.topics import TOPICS
from console.cli.examples import EXAMPLES
from console.cli.main import VERBS, parser
from deploy.grafana.build import dashboard
from deploy.kubernetes import build as kubernetes
from deploy.prometheus.build import alerts, as_yaml, tests
from processors.rules.fields import FIELDS
from sinks.kibana.api import dashboards, rules
from sinks.kibana.objects import ndjson

HERE = Path(__file__).resolve().parent


def schemas() -> str:
    """JSON Schemas of all records on the topics."""
    kinds = [t.record for t in TOPICS if t.record is not None]
    found, components = msgspec.json.schema_components(kinds)
    _undent([found, components])
    table = {t.name: s for t, s in zip([t for t in TOPICS if t.record], found, strict=True)}
    return json.dumps({"topics": table, "$defs": components}, indent=1, sort_keys=True) + "\n"


def _undent(node: Any) -> None:
    """Clean descriptions, so that they are equal on every Python: 3.13 strips the indentation of docstrings."""
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            node["description"] = inspect.cleandoc(node["description"])
        node = list(node.values())
    if isinstance(node, list | tuple):
        for item in node:
            _undent(item)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _verbs() -> str:
    rows = []
    top = parser()
    action = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
    for verb, text in VERBS.items():
        options = []
        for option in action.choices[verb]._actions:
            if option.help is argparse.SUPPRESS or option.dest in ("help", "config", "json"):
                continue
            options.append(f"`{option.option_strings[0] if option.option_strings else option.metavar or option.dest}`")
        rows.append((f"`{verb}`", text, " ".join(options)))
    return _table(("verb", "description", "arguments"), rows)


def _index() -> str:
    """Return the fields of each kind of document."""
    parts = []
    for kind, properties in MAPPINGS.items():
        rows = [(f"`{path}`", spec["type"], "yes" if path in FACETS[kind] else "") for path, spec in _flat(properties)]
        parts.append(f"### {kind}\n\n" + _table(("field", "type", "filter and facet"), rows))
    return "\n".join(parts)


def _flat(properties: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, spec in properties.items():
        if "properties" in spec:
            yield from _flat(spec["properties"], f"{before}{name}.")
        else:
            yield before + name, spec


def _help() -> str:
    """Return each verb with its examples and options."""
    action = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    parts = []
    for verb in VERBS:
        rows = [
            (f"`{' '.join(o.option_strings) or o.metavar or o.dest}`", (o.help or "").replace("%%", "%"))
            for o in action.choices[verb]._actions
            if o.help is not argparse.SUPPRESS and o.dest not in ("help", "config", "json")
        ]
        shown = "\n".join(f"    {example}" for example in EXAMPLES[verb])
        parts.append(
            f"### {verb}\n\n{VERBS[verb]}\n\n{shown}\n"
            + (f"\n{_table(('argument', 'description'), rows)}" if rows else "")
        )
    return "\n".join(parts)


def scores() -> str:
    """docs/scores.md: the score tables that the gate compares."""
    tables = json.loads((HERE.parent / "tests" / "quality" / "scores.json").read_text("utf-8"))
    parts = [
        "# Scores\n\nWritten by `make docs` from `tests/quality/scores.json`, which `make quality` measures and the tests hold.\n"
    ]
    for name, table in tables.items():
        parts.append(
            f"## {name}\n\n" + _table(("score", "value"), [(f"`{k}`", f"{abs(v):.4g}") for k, v in table.items()])
        )
    return "\n".join(parts)


def _metrics() -> str:
    rows = []
    for value in vars(metrics).values():
        if isinstance(value, Counter | Gauge | Histogram):
            kind = type(value).__name__.lower()
            name = value._name + ("_total" if kind == "counter" else "")
            rows.append((f"`{name}`", kind, ", ".join(value._labelnames), value._documentation))
    return _table(("metric", "kind", "labels", "description"), rows)


def reference() -> str:
    """docs/reference.md."""
    settings = [
        (f"`{f.name}`", f"`CLAIMWIRE_{f.name.upper()}`", f"`{f.default}`", f.metadata["help"]) for f in fields(Settings)
    ]
    topics = [
        (f"`{t.name}`", t.record.__name__ if t.record else "bytes", t.key, str(t.partitions),
         "compacted" if t.compacted else f"{t.retention_ms // 86_400_000} days")
        for t in TOPICS
    ]  # fmt: skip
    fields_of_rules = [
        (f"`{f.name}`", on, f.kind, f.help, " ".join(f"`{w}`" for w in f.listed))
        for on, fields_ in FIELDS.items() for f in fields_.values()
    ]  # fmt: skip
    parts = [
        "# Reference\n\nWritten by `make docs` from the code.\n",
        "## Verbs\n\nEvery verb takes `--json`, `--config FILE` and a flag for each of the main settings. Exit status: "
        "0 done, 1 unhealthy or different, 2 usage or settings, 3 a server can't be reached.\n",
        _verbs(),
        "## Verbs, one by one\n",
        _help(),
        "## Settings\n\n`claimwire.toml`, then the environment, then flags. `claimwire config` says where each came from.\n",
        _table(("key", "environment", "default", "description"), settings),
        "## Topics\n\nEach with the namespace as prefix. JSON Schemas of the records: `docs/schemas.json`.\n",
        _table(("topic", "record", "key", "partitions", "kept"), topics),
        "## Fields of the index\n\nElasticsearch index templates `NAMESPACE-KIND`, read under the alias of that name; "
        "`dynamic: strict`. The same fields are in the embedded store.\n",
        _index(),
        "## Metrics\n\nOn `metrics_port` of `metrics_bind`, and on the page.\n",
        _metrics(),
        "## Fields of alert rules\n\nWhere words are listed, a field has no other: `claimwire rules check` refuses a comparison "
        "with one.\n",
        _table(("field", "on", "kind", "description", "words"), fields_of_rules),
    ]
    return "\n".join(parts)


def deployed() -> dict[Path, str]:
    """Return the files of deploy/ that are made from the code, by path."""
    folder = HERE.parent / "deploy"

    def plain(value: object) -> str:
        return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    return {
        folder / "kibana" / "claimwire.ndjson": ndjson(Settings().namespace),
        folder / "kibana" / "dashboards.json": plain(dashboards(Settings().namespace)),
        folder / "kibana" / "rules.json": plain(rules(Settings().namespace)),
        folder / "prometheus" / "alerts.yml": as_yaml(alerts()),
        folder / "prometheus" / "alerts.test.yml": as_yaml(tests()),
        folder / "grafana" / "claimwire.json": dashboard(),
        **{folder / "kubernetes" / name: kubernetes.as_yaml(parts) for name, parts in kubernetes.manifests().items()},
        **{folder / "kubernetes" / name: text for name, text in kubernetes.files().items()},
    }


def main() -> int:
    """Write all files."""
    (HERE / "reference.md").write_text(reference())
    (HERE / "schemas.json").write_text(schemas())
    (HERE / "scores.md").write_text(scores())
    for path, text in deployed().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
