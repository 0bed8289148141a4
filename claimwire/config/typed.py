"""Values of settings and of TOML files as typed fields: msgspec checks them, and errors say in words what is expected."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from claimwire.records.vocabulary import did_you_mean

T = TypeVar("T")
WORDS = {
    bool: "true or false", int: "a whole number", float: "a number", str: "a text", date: "a date",
    list[str]: "a list of texts",
}  # fmt: skip


class Mistake(ValueError):
    """A key with a value that its type does not allow."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key, self.problem = key, problem


@cache
def types_of(kind: Any) -> Mapping[str, Any]:
    """Return the types of a dataclass's fields by name, with their limits."""
    return get_type_hints(kind, include_extras=True)


def row_of(kind: type[T], row: Mapping[str, Any]) -> T:
    """Return a TOML table as an instance of a dataclass. Raises Mistake for the first key that does not fit."""
    types = types_of(cast("Any", kind))
    for key in row:
        if key not in types:
            raise Mistake(key, f"no such key{did_you_mean(key, sorted(types))}")
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in row and field.default is MISSING and field.default_factory is MISSING:
            raise Mistake(field.name, f"is missing; {_expected(types[field.name])}")
    return kind(**{key: value_of(types[key], key, value) for key, value in row.items()})


def value_of(kind: Any, key: str, value: Any, *, is_text: bool = False) -> Any:
    """Return a value as `kind`; `is_text` reads numbers and truths from texts. Raises Mistake."""
    choices = _choices(kind)
    if choices and value not in choices:
        near = did_you_mean(value, choices) if isinstance(value, str) else ""
        raise Mistake(key, f"{_expected(kind)}, got {value!r}{near}")
    try:
        return msgspec.convert(value, kind, strict=not is_text)
    except msgspec.ValidationError as error:
        raise Mistake(key, f"{_expected(kind, str(error))}, got {value!r}") from None


def _parts(kind: Any) -> tuple[Any, Meta]:
    return get_args(kind)[:2] if get_origin(kind) is Annotated else (kind, Meta())


def _choices(kind: Any) -> tuple[str, ...]:
    base, _ = _parts(kind)
    if get_origin(base) is Literal:
        return get_args(base)
    return tuple(base) if isinstance(base, type) and issubclass(base, StrEnum) else ()


def _expected(kind: Any, problem: str = "") -> str:
    base, meta = _parts(kind)
    if meta.description:
        return f"expected {meta.description}"
    if meta.ge is not None and "got" not in problem:
        return f"expected a number from {meta.ge} to {meta.le}"
    return f"expected one of {', '.join(_choices(kind))}" if _choices(kind) else f"expected {WORDS[base]}"
