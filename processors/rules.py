"""Alert rules: a TOML file to rules, a sighting to alerts. Pure; no eval: `when` is parsed to a checked tree."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import re2

from claimwire.errors import ConfigError
from claimwire.ids import digest
from claimwire.records import Alert, Sighting, Verdict
from claimwire.settings import line_of_key, read_toml

FIELDS: Mapping[str, str] = {
    "event_type": "text", "verdict": "text", "claimant": "texts", "actor": "texts", "target": "texts",
    "places": "texts", "source": "text", "language": "text", "lane": "text", "modality": "text", "cue": "text",
    "title": "text", "sentence": "text", "story_id": "text", "cluster_id": "text", "article_id": "text",
    "score": "number", "quantity.value": "numbers", "quantity.role": "texts", "quantity.unit": "texts",
    "change.value": "numbers", "change.role": "texts", "change.field": "texts",
}  # fmt: skip
KEYS = {"name", "on", "when", "match", "group_by", "severity", "notify"}
GROUPS = ("story_id", "cluster_id", "source", "event_type", "article_id")
SEVERITIES = ("low", "normal", "high")
CHANNELS = ("console",)
COMPARE: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
Test = Callable[[Sighting], bool]


@dataclass(frozen=True)
class Rule:
    """A rule of the file; `when` and `words` are its compiled tests."""

    name: str
    when: Test
    words: Test
    group_by: tuple[str, ...]
    severity: str
    notify: tuple[str, ...]


def load_rules(path: str) -> tuple[Rule, ...]:
    """The rules of a TOML file. Raises ConfigError, `file:line: key: what is wrong`."""
    text, table = read_toml(Path(path))
    unknown = [k for k in table if k != "rule"]
    if unknown:
        raise ConfigError(f"{path}:{line_of_key(text, unknown[0])}: {unknown[0]}: no such key (only [[rule]])")
    rows = table.get("rule", [])
    if not isinstance(rows, list):
        raise ConfigError(f"{path}:{line_of_key(text, 'rule')}: rule: write [[rule]]")
    rules = [_rule(path, text, row, n) for n, row in enumerate(rows)]
    names = [r.name for r in rules]
    for n, name in enumerate(names):
        if name in names[:n]:
            raise ConfigError(f"{path}:{line_of_key(text, 'name', n)}: name: {name!r} is there twice")
    return tuple(rules)


def _rule(path: str, text: str, row: Mapping[str, Any], number: int) -> Rule:
    starts = [m.start() for m in re.finditer(r"^\s*\[\[\s*rule\s*\]\]", text, re.MULTILINE)]
    offset = text[: starts[number]].count("\n") if number < len(starts) else 0
    section = text[starts[number] :] if number < len(starts) else text

    def fail(key: str, problem: str) -> ConfigError:
        return ConfigError(f"{path}:{offset + line_of_key(section, key)}: {key}: {problem}")

    for key in row:
        if key not in KEYS:
            near = get_close_matches(key, KEYS, 1)
            raise fail(key, "no such key" + (f" (did you mean {near[0]}?)" if near else ""))
    name, on, severity = row.get("name"), row.get("on", "claim"), row.get("severity", "normal")
    if not isinstance(name, str) or not name:
        raise fail("name", "a rule needs a name")
    if on != "claim":
        raise fail("on", f"{on!r} is not claim")
    if severity not in SEVERITIES:
        raise fail("severity", f"{severity!r} is not one of {', '.join(SEVERITIES)}")
    notify, group_by = row.get("notify", ["console"]), row.get("group_by", ["cluster_id"])
    _check_list(notify, CHANNELS, lambda p: fail("notify", p))
    _check_list(group_by, GROUPS, lambda p: fail("group_by", p))
    try:
        when = compile_when(row.get("when", "true"))
    except ValueError as error:
        raise fail("when", str(error)) from None
    try:
        words = _compile_match(row.get("match", {}))
    except ValueError as error:
        raise fail("match", str(error)) from None
    return Rule(name, when, words, tuple(group_by), severity, tuple(notify))


def _check_list(value: Any, allowed: tuple[str, ...], fail: Callable[[str], ConfigError]) -> None:
    wrong = [v for v in value if v not in allowed] if isinstance(value, list) else [value]
    if wrong:
        raise fail(f"{wrong[0]!r} is not one of {', '.join(allowed)} (in a list)")


def _compile_match(spec: Any) -> Test:
    if not isinstance(spec, dict) or set(spec) - {"any", "regex"}:
        raise ValueError('expected { any = ["word*"], regex = "..." }')
    patterns = []
    for word in spec.get("any", []):
        body = r"\w*".join(re2.escape(part) for part in str(word).split("*"))
        patterns.append(rf"(?i)\b{body}\b")
    if "regex" in spec:
        patterns.append(f"(?i){spec['regex']}")
    try:
        compiled = [re2.compile(p) for p in patterns]
    except re2.error as error:
        raise ValueError(f"regex: {error}") from None
    return lambda s: not compiled or any(p.search(f"{s.title or ''}\n{s.sentence}") for p in compiled)


def compile_when(expression: str) -> Test:
    """A test from an expression over FIELDS: and, or, not, comparisons, in. Raises ValueError with what is wrong."""
    if expression.strip() == "true":
        return lambda _: True
    # TOML users write place.country and the like; Python's own grammar reads the whole language of `when`.
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ValueError(f"cannot be read: {getattr(error, 'msg', error)}") from None
    return _test(tree.body)


def _test(node: ast.expr) -> Test:
    if isinstance(node, ast.BoolOp):
        parts = [_test(v) for v in node.values]
        if isinstance(node.op, ast.And):
            return lambda s: all(p(s) for p in parts)
        return lambda s: any(p(s) for p in parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _test(node.operand)
        return lambda s: not inner(s)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _comparison(node)
    raise ValueError(f"expected a comparison, found {ast.unparse(node)!r}")


def _comparison(node: ast.Compare) -> Test:
    left, right, op = node.left, node.comparators[0], node.ops[0]
    if isinstance(op, ast.In | ast.NotIn):
        is_listed = not isinstance(right, ast.List | ast.Tuple)
        name = _field(right if is_listed else left)
        wanted = [_constant(left)] if is_listed else [_constant(e) for e in right.elts]  # type: ignore[attr-defined]
        for value in wanted:
            _check_type(name, value)
        negate = isinstance(op, ast.NotIn)
        return lambda s: any(v in wanted for v in _values(s, name)) != negate
    compare = COMPARE.get(type(op))
    if compare is None:
        raise ValueError(f"operator in {ast.unparse(node)!r} is not one of == != < <= > >= in, not in")
    name, value = _field(left), _constant(right)
    _check_type(name, value)
    if isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and not FIELDS[name].startswith("number"):
        raise ValueError(f"{name} is a text: compare it with ==, != or in")
    if isinstance(op, ast.NotEq):
        return lambda s: all(v != value for v in _values(s, name))
    return lambda s: any(compare(v, value) for v in _values(s, name))


def _field(node: ast.expr) -> str:
    name = ast.unparse(node)
    if name not in FIELDS:
        near = get_close_matches(name, FIELDS, 1)
        raise ValueError(f"no such field {name!r}" + (f" (did you mean {near[0]}?)" if near else ""))
    return name


def _constant(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value  # type: ignore[operator]
    raise ValueError(f"expected a text or a number, found {ast.unparse(node)!r}")


def _check_type(name: str, value: Any) -> None:
    if FIELDS[name].startswith("number") != isinstance(value, int | float):
        raise ValueError(f"{name} is a {FIELDS[name].rstrip('s')}, {value!r} is not")
    if name == "verdict" and value not in set(Verdict):
        raise ValueError(f"verdict {value!r} is not one of {', '.join(Verdict)}")


def _values(sighting: Sighting, name: str) -> tuple[Any, ...]:
    head, _, tail = name.partition(".")
    if head == "quantity":
        return tuple(getattr(q, tail) for q in sighting.claim.quantities)
    if head == "change":
        return tuple(v for c in sighting.changes if (v := getattr(c, tail)) is not None)
    owner: Any = sighting if hasattr(sighting, name) else sighting.claim
    value = getattr(owner, name)
    return value if isinstance(value, tuple) else () if value is None else (value,)


def alerts_of(rules: tuple[Rule, ...], sighting: Sighting) -> list[Alert]:
    """The alerts that a sighting raises; none for a back-fill or a claim that an edit took out."""
    if sighting.backfill or sighting.withdrawn_in:
        return []
    return [_alert(r, sighting) for r in rules if r.when(sighting) and r.words(sighting)]


def _alert(rule: Rule, sighting: Sighting) -> Alert:
    owners = {"event_type": sighting.claim.event_type}
    group = "/".join(owners.get(g) or str(getattr(sighting, g)) for g in rule.group_by)
    changed = ";".join(f"{c.field}:{c.role}:{c.unit}:{c.old}>{c.new}" for c in sighting.changes)
    what = f"{sighting.verdict}:{changed}"
    return Alert(
        alert_id=digest("alert", rule.name, group, sighting.cluster_id, what), rule=rule.name, severity=rule.severity,
        notify=rule.notify, group=group, story_id=sighting.story_id, cluster_id=sighting.cluster_id,
        claim_id=sighting.claim_id, article_id=sighting.article_id, url=sighting.url, source=sighting.source,
        claimant=sighting.claim.claimant, cue=sighting.claim.cue, title=sighting.title, sentence=sighting.sentence,
        evidence=sighting.evidence, event_type=sighting.claim.event_type, verdict=sighting.verdict,
        changes=sighting.changes, why=sighting.why, fetched_at=sighting.fetched_at,
        first_seen_at=sighting.first_seen_at,
    )  # fmt: skip
