"""Annotations to records: a strategy's state and parameters as the compiled step reads them."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal

import msgspec
import numpy as np

from worker.strategy.errors import StrategyRefused

KINDS: dict[type, str] = {bool: "?", int: "i8", float: "f8"}
MOST_ITEMS = 4_096  # of an array: the state is copied at every bar
MOST_BYTES = 65_536  # of a packed state
NOTHING = np.dtype([("nothing", "i8")])  # a record without fields has no address
FIX = "Use int, float, bool, or arrays: Ints[n], Floats[n]"


class Array(typing.NamedTuple):
    """An array of fixed length in a state; all zero at first."""

    kind: type
    length: int


class _Arrays:
    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __getitem__(self, length: int) -> Any:
        if isinstance(length, bool) or not isinstance(length, int) or not 1 <= length <= MOST_ITEMS:
            raise StrategyRefused(f"an array of a state has 1 to {MOST_ITEMS:,} items, not {length!r}", FIX)
        return typing.Annotated[object, Array(self._kind, length)]


Ints, Floats = _Arrays(int), _Arrays(float)


def _array(hint: Any) -> Array | None:
    return next((each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Array)), None)


def packed(state: type) -> bool:
    """Return whether a state holds what a record can't, as a struct of msgspec: it runs in Python only."""
    return issubclass(state, msgspec.Struct)


def packed_record(name: str, size: Any) -> np.dtype[Any]:
    """Return the record of a packed state of at most `size` bytes.

    Raises:
        StrategyRefused: that is no size.
    """
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MOST_BYTES:
        raise StrategyRefused(f"{name}: state_bytes is a whole number from 1 to {MOST_BYTES:,}, not {size!r}", FIX)
    return np.dtype([("size", "i8"), ("data", f"V{-(-size // 8) * 8}")], align=True)


def state_record(name: str, state: type, module: types.ModuleType) -> np.dtype[Any]:
    """Return the record of a state declared by annotations.

    Raises:
        StrategyRefused: an annotation is of another kind, or a field has a value: all begin at zero.
    """
    hints = typing.get_type_hints(state, vars(module), vars(state), include_extras=True)
    given = [field for field in hints if hasattr(state, field)]
    loose = [field for field in vars(state) if not field.startswith("__") and field not in hints]
    if given or loose:
        field = (given + loose)[0]
        raise StrategyRefused(
            f"{name}: the state's {field} has a value, and all begin at zero", f"Write `{field}: int`"
        )
    fields: list[tuple[Any, ...]] = []
    for field, hint in hints.items():
        array = _array(hint)
        if array is not None:
            fields.append((field, KINDS[array.kind], (array.length,)))
        elif hint in KINDS:
            fields.append((field, KINDS[hint], ()))
        else:
            raise StrategyRefused(f"{name}: the state's {field} is of no kind that a record holds", FIX)
    return np.dtype(fields, align=True) if fields else NOTHING


def _number(hint: Any) -> type | None:
    """Return the kind of a parameter; str for names, which the step can't read; None for anything else."""
    if hint in KINDS or hint is str:
        return typing.cast(type, hint)
    if typing.get_origin(hint) is Literal:
        kinds = {type(value) for value in typing.get_args(hint)}
        if kinds == {int, float}:
            return float
        if len(kinds) == 1 and (kind := kinds.pop()) in (*KINDS, str):
            return typing.cast(type, kind)
    return None


def parameter_record(name: str, model: Any) -> np.dtype[Any]:
    """Return the record of a model of parameters; text is left out, since a step can't read it.

    Raises:
        StrategyRefused: a field is of another kind.
    """
    fields: list[tuple[Any, ...]] = []
    for field, info in model.model_fields.items():
        kind = _number(info.annotation)
        if kind is None:
            raise StrategyRefused(
                f"{name}: the parameter {field} is neither int, float, bool, str nor a Literal of one of them",
                "Divide it into several parameters",
            )
        if kind is not str:
            fields.append((field, KINDS[kind]))
    return np.dtype(fields, align=True) if fields else NOTHING
