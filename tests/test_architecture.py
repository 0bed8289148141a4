"""The direction of imports and the limits of size (STYLE): no arrow runs sideways or back up."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "claimwire": set(),
    "producers": {"claimwire"},
    "processors": {"claimwire"},
    "sinks": {"claimwire"},
    "console": {"claimwire", "producers", "processors", "sinks"},
}
PURE = ("processors/clean", "processors/claims", "processors/match", "processors/learn", "processors/rules")
RUNNERS = {
    "processors.runners.embedded",
    "processors.runners.distributed",
    "processors.runners.partition_state",
    "processors.flow",
}
# The packages of `processors.claims`, each above those that it may import.
LAYERS = ("propositions", "attribution", "events", "mentions", "syntax")
MAX_MODULE, MAX_FUNCTION = 400, 40


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, package
    return found


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("package", ALLOWED)
def test_packages_import_only_what_is_below_them(package):
    ours = set(ALLOWED) - ALLOWED[package] - {package}
    for path in modules(package):
        wrong = {n for n in imports(path) if n.split(".")[0] in ours}
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def module_names(path: Path) -> set[str]:
    """The modules of ours that a file names in strings: what it would start by `python -m`."""
    texts = {n.value for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant)}
    names = {t for t in texts if isinstance(t, str) and re.fullmatch(r"[a-z]+(?:\.[a-z_]+)+", t)}
    return {n for n in names if (ROOT / f"{n.replace('.', '/')}.py").exists()}


@pytest.mark.parametrize("package", ALLOWED)
def test_packages_start_only_what_is_below_them(package):
    for path in modules(package):
        wrong = {n for n in module_names(path) if n.split(".")[0] not in ALLOWED[package] | {package}}
        assert not wrong, f"{path.relative_to(ROOT)} names {sorted(wrong)}"


def test_a_module_named_in_a_string_is_seen():
    assert module_names(ROOT / "console/supervisor.py") == {"console.cli.main"}


@pytest.mark.parametrize("layer", LAYERS)
def test_claims_are_read_in_one_direction(layer):
    above = LAYERS[: LAYERS.index(layer)]
    for path in modules(f"processors/claims/{layer}"):
        wrong = {n for n in imports(path) if n.startswith(tuple(f"processors.claims.{a}" for a in above))}
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


# Messages that stand for no record of ours: what a log has read, dead letters, and rows that are copied or ended as they are.
OTHER_MESSAGES = {
    "claimwire/letters.py",
    "claimwire/log/kafka_consumers.py",
    "claimwire/log/sqlite.py",
    "claimwire/log/table.py",
    "console/cli/forget.py",
    "console/cli/setup.py",
    "console/cli/skip.py",
    "processors/runners/partition_state.py",
}


def test_one_module_knows_keys_and_headers():
    paths = [p for package in ALLOWED for p in modules(package)]
    making = {str(p.relative_to(ROOT)) for p in paths if re.search(r"(?<![\w.])Message\(", p.read_text("utf-8"))}
    assert making == OTHER_MESSAGES | {"claimwire/messages.py"}


def test_one_module_has_the_sql_of_the_matcher():
    asking = {
        p.name for p in modules("processors/match") if re.search(r"\.execute|\bmatch_[a-z]+\b", p.read_text("utf-8"))
    }
    assert asking == {"state.py"}


def test_sinks_have_one_loop():
    reading = {p for p in modules("sinks") if re.search(r"WatchedConsumer|\.consumer\(", p.read_text("utf-8"))}
    assert reading == {ROOT / "sinks/base.py"}


def test_only_one_file_knows_faust():
    paths = [p for package in ALLOWED for p in modules(package)]
    knowing = {str(p.relative_to(ROOT)) for p in paths if {"faust", "mode"} & {n.split(".")[0] for n in imports(p)}}
    assert knowing == {"processors/runners/distributed.py"}


def test_pure_parts_know_no_runner():
    for part in PURE:
        paths = [ROOT / part] if part.endswith(".py") else modules(part)
        for path in paths:
            assert not imports(path) & RUNNERS, path


@pytest.mark.parametrize("package", ALLOWED)
def test_sizes(package):
    for path in modules(package):
        text = path.read_text("utf-8")
        assert text.count("\n") <= MAX_MODULE, f"{path.relative_to(ROOT)}: over {MAX_MODULE} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                assert size <= MAX_FUNCTION, f"{path.relative_to(ROOT)}: {node.name} has {size} lines"


@pytest.mark.parametrize("package", ALLOWED)
def test_no_f_strings_in_log_calls(package):
    for path in modules(package):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                is_log = isinstance(node.func.value, ast.Name) and node.func.value.id == "logger"
                assert not (is_log and isinstance(node.args[0], ast.JoinedStr)), f"{path}:{node.lineno}"


def test_no_machine_paths_and_no_index_urls():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    paths = re.compile("/" + "(work|farm|root|home/[a-z]+)/")
    for name in filter(None, files):
        path = ROOT / name
        if path.suffix in (".py", ".toml", ".yml", ".yaml", ".md", ".txt", ".lock", "") and path.is_file():
            found = paths.search(path.read_text("utf-8", "replace"))
            assert not found, f"{name}: {found.group() if found else ''}"
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "--hash=sha256:" in lock
    assert "index-url" not in lock
    assert "://" not in lock
