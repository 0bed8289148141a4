"""Parser for the subset of Kibana's query language (KQL) that we use, and conversion to the Query DSL.

Grammar: or, and, not, parentheses; `field: value`, `field: (a or b)`, `field: "a phrase"`, `field: *`, `field > 3`.
https://www.elastic.co/docs/explore-analyze/query-filter/languages/kql
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(>=|<=|[():<>])|([^\s():<>"]+))')
RANGES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


@dataclass(frozen=True)
class Node:
    """Node of an expression: and, or, not (over `parts`), or match, phrase, exists, gt, gte, lt, lte of `field`."""

    kind: str
    parts: tuple["Node", ...] = ()
    field: str = ""
    value: str = ""


def parse_kql(text: str) -> Node | None:
    """Parse an expression into a tree; None if it is empty. Raises ValueError with the problem."""
    tokens = list(_tokens(text))
    if not tokens:
        return None
    node, rest = _any_of(tokens)
    if rest:
        raise ValueError(f"KQL {text!r}: {rest[0]!r} is unexpected")
    return node


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"KQL {text!r}: cannot be parsed at {text[at:]!r}")
        yield next(part for part in found.groups() if part is not None)
        at = found.end()


def _is_word(tokens: list[str], word: str) -> bool:
    return bool(tokens) and tokens[0].lower() == word


def _joined(kind: str, parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Node(kind, tuple(parts))


def _any_of(tokens: list[str], field: str = "") -> tuple[Node, list[str]]:
    node, tokens = _all_of(tokens, field)
    parts = [node]
    while _is_word(tokens, "or"):
        node, tokens = _all_of(tokens[1:], field)
        parts.append(node)
    return _joined("or", parts), tokens


def _all_of(tokens: list[str], field: str) -> tuple[Node, list[str]]:
    node, tokens = _one(tokens, field)
    parts = [node]
    while _is_word(tokens, "and"):
        node, tokens = _one(tokens[1:], field)
        parts.append(node)
    return _joined("and", parts), tokens


def _one(tokens: list[str], field: str) -> tuple[Node, list[str]]:
    if not tokens:
        raise ValueError("KQL: the expression ends where a test is expected")
    if _is_word(tokens, "not"):
        node, rest = _one(tokens[1:], field)
        return Node("not", (node,)), rest
    if tokens[0] == "(":
        node, rest = _any_of(tokens[1:], field)
        if not rest or rest[0] != ")":
            raise ValueError("KQL: a parenthesis is not closed")
        return node, rest[1:]
    if field:
        return _value(field, tokens[0]), tokens[1:]
    if len(tokens) < 3:
        raise ValueError(f"KQL: expected field: value, found {' '.join(tokens)!r}")
    name, sign, rest = tokens[0], tokens[1], tokens[2:]
    if sign == ":":
        return _one(rest, name) if rest[0] == "(" else (_value(name, rest[0]), rest[1:])
    if sign in RANGES:
        return Node(RANGES[sign], field=name, value=rest[0]), rest[1:]
    raise ValueError(f"KQL: expected : or a comparison after {name!r}, found {sign!r}")


def _value(field: str, token: str) -> Node:
    if token in "():<>" or token.lower() in ("and", "or", "not"):
        raise ValueError(f"KQL: expected a value of {field}, found {token!r}")
    if token == "*":
        return Node("exists", field=field)
    return (
        Node("phrase", field=field, value=token[1:-1])
        if token.startswith('"')
        else Node("match", field=field, value=token)
    )


def fields_of(node: Node | None) -> set[tuple[str, str]]:
    """Yield (field, kind of test) of an expression."""
    if node is None:
        return set()
    return {(node.field, node.kind)} if node.field else {pair for part in node.parts for pair in fields_of(part)}


def to_dsl(node: Node | None) -> dict[str, Any]:
    """Return the equivalent Query DSL."""
    if node is None:
        return {"match_all": {}}
    match node.kind:
        case "and":
            return {"bool": {"filter": [to_dsl(part) for part in node.parts]}}
        case "or":
            return {"bool": {"should": [to_dsl(part) for part in node.parts], "minimum_should_match": 1}}
        case "not":
            return {"bool": {"must_not": [to_dsl(node.parts[0])]}}
        case "exists":
            return {"exists": {"field": node.field}}
        case "match" | "phrase":
            return {f"match{'_phrase' if node.kind == 'phrase' else ''}": {node.field: node.value}}
    return {"range": {node.field: {node.kind: node.value}}}
