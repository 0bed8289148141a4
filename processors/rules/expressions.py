"""The expression language of `when`: parsed into a checked tree over the fields of a claim or an article. No eval."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from claimwire.records.vocabulary import did_you_mean
from processors.rules.fields import FIELDS, Field, Subject

Test = Callable[[Subject], bool]
TRUTHS = {"true": True, "false": False}
COMPARE: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


def compile_when(expression: str, on: str = "claim") -> Test:
    """Compile an expression over the FIELDS of a `claim` or an `article`: and, or, not, comparisons, in.

    Raises ValueError with the problem.
    """
    # TOML users write place.country and the like; Python's own grammar reads the whole language of `when`.
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ValueError(f"cannot be parsed: {getattr(error, 'msg', error)}") from None
    return _test(tree.body, FIELDS[on])


def _test(node: ast.expr, fields: Mapping[str, Field]) -> Test:
    if isinstance(node, ast.BoolOp):
        parts = [_test(v, fields) for v in node.values]
        if isinstance(node.op, ast.And):
            return lambda s: all(p(s) for p in parts)
        return lambda s: any(p(s) for p in parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _test(node.operand, fields)
        return lambda s: not inner(s)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _comparison(node, fields)
    if isinstance(node, ast.Name) and node.id in TRUTHS:
        truth = TRUTHS[node.id]
        return lambda _: truth
    if isinstance(node, ast.Name | ast.Attribute):
        field = _field(node, fields)
        if field.kind == "truth":
            return lambda s: any(field.values(s))
    raise ValueError(f"expected a comparison, found {ast.unparse(node)!r}")


def _comparison(node: ast.Compare, fields: Mapping[str, Field]) -> Test:
    left, right, op = node.left, node.comparators[0], node.ops[0]
    if isinstance(op, ast.In | ast.NotIn):
        is_listed = not isinstance(right, ast.List | ast.Tuple)
        field = _field(right if is_listed else left, fields)
        wanted = [_constant(left)] if is_listed else [_constant(e) for e in right.elts]  # type: ignore[attr-defined]
        for value in wanted:
            _check_type(field, value)
        negate = isinstance(op, ast.NotIn)
        return lambda s: any(v in wanted for v in field.values(s)) != negate
    compare = COMPARE.get(type(op))
    if compare is None:
        raise ValueError(f"operator in {ast.unparse(node)!r} is not one of == != < <= > >= in, not in")
    field, value = _field(left, fields), _constant(right)
    _check_type(field, value)
    if isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and not field.kind.startswith("number"):
        raise ValueError(f"{field.name} is a {field.kind.rstrip('s')}: compare it with ==, != or in")
    if isinstance(op, ast.NotEq):
        return lambda s: all(v != value for v in field.values(s))
    return lambda s: any(compare(v, value) for v in field.values(s))


def _field(node: ast.expr, fields: Mapping[str, Field]) -> Field:
    name = ast.unparse(node)
    if name not in fields:
        other = next((on for on, others in FIELDS.items() if name in others), None)
        hint = did_you_mean(name, fields) or (f' (rules with on = "{other}" have it)' if other else "")
        raise ValueError(f"no such field {name!r}{hint}")
    return fields[name]


def _constant(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
        return node.value
    if isinstance(node, ast.Name) and node.id in TRUTHS:
        return TRUTHS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        if isinstance(value, int | float):
            return -value
    raise ValueError(f"expected a text or a number, found {ast.unparse(node)!r}")


def _check_type(field: Field, value: Any) -> None:
    kind = "truth" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"
    if field.kind.rstrip("s") != kind:
        raise ValueError(f"{field.name} is a {field.kind.rstrip('s')}, {value!r} is not")
    if problem := field.problem(value):
        raise ValueError(f"{field.name} {value!r} is not {problem}")
