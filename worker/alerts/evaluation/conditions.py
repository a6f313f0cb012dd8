"""Predicates of rules, made ready to be asked of records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from worker.alerts.configuration.rules import Predicate
from worker.alerts.evaluation.fields import Field, Kind, field

Condition = Callable[[Any, Any], bool]  # of a record and of the element that is looked at
_ORDER = ("above", "below", "at_least", "at_most")
_ALLOWED: dict[Kind, tuple[str, ...]] = {
    "number": ("is", "is_not", *_ORDER),
    "text": ("is", "is_not", "one_of", "starts_with"),
    "truth": ("is", "is_not"),
    "texts": ("contains",),
}
_MEANT: dict[Kind, tuple[type, ...]] = {"number": (int, float), "text": (str,), "truth": (bool,)}


class Unfit(ValueError):
    """A condition that a field's kind does not have."""


class _Test(NamedTuple):
    name: str
    value: Any


def condition(source: str, each: str | None, predicate: Predicate) -> Condition:
    """Return a predicate's condition; a null field fulfils `is_not` only.

    Raises:
        UnknownField: there is no such field.
        Unfit: the condition does not fit what the field holds.
    """
    found = field(source, predicate.field, each)
    ((name, value),) = predicate.conditions.items()
    name = "is" if name == "is_" else name
    _check(predicate.field, found, name, value)
    get, test = found.get, _TESTS[name]
    if name == "is_not":
        return lambda record, element: get(record, element) != value

    def holds(record: Any, element: Any) -> bool:
        had = get(record, element)
        return had is not None and test(had, value)

    return holds


def every(conditions: Sequence[Condition]) -> Condition:
    """Return the condition that all of them hold."""
    if len(conditions) == 1:
        return conditions[0]
    return lambda record, element: all(one(record, element) for one in conditions)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda had, value: bool(had == value),
    "is_not": lambda had, value: bool(had != value),
    "one_of": lambda had, value: had in value,
    "contains": lambda had, value: value in had,
    "starts_with": lambda had, value: had.startswith(value),
    "above": lambda had, value: had > value,
    "below": lambda had, value: had < value,
    "at_least": lambda had, value: had >= value,
    "at_most": lambda had, value: had <= value,
}


def _check(name: str, found: Field, test: str, value: Any) -> None:
    allowed = _ALLOWED.get(found.kind, ())
    if test not in allowed:
        held = {"texts": "a list of texts", "truth": "true or false"}.get(found.kind, f"a {found.kind}")
        raise Unfit(f"{name!r} holds {held}: use {' or '.join(allowed)}, not {test}")
    if test in ("is", "is_not"):
        meant = _MEANT[found.kind]
        if not isinstance(value, meant) or (found.kind == "number" and isinstance(value, bool)):
            raise Unfit(f"{name!r} holds a {found.kind}, which {value!r} is not")
