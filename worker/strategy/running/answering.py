"""Functions of a compiled step that answer as Python's do.

Of equal values, and where NaN is among them, Python's `max` and `min` keep the first, numba's the last: 0.0 and -0.0
would tell a compiled step from an interpreted one. Python's roots and whole numbers raise where there is none.
"""

from __future__ import annotations

import math
import types
from typing import Any

from numba.extending import overload

LARGEST_WHOLE = 2.0**63


def _as_python(name: str) -> Any:
    """Return a function that stands for one of Python's, as what numba compiles instead of it."""

    def function(*given: Any) -> Any:
        raise NotImplementedError  # numba alone calls it

    function.__name__ = name
    return function


greatest, least, nearest = _as_python("max"), _as_python("min"), _as_python("round")
root, floor, ceil, trunc = (_as_python(name) for name in ("sqrt", "floor", "ceil", "trunc"))
OF_MATH = {"sqrt": root, "floor": floor, "ceil": ceil, "trunc": trunc}


def replace(names: dict[str, Any]) -> None:
    """Let a module's functions, which are about to be compiled, call these."""
    names.setdefault("max", greatest)
    names.setdefault("min", least)
    names.setdefault("round", nearest)
    own = types.ModuleType("math")
    vars(own).update(vars(math) | OF_MATH)
    for name, value in list(names.items()):
        if value is math:
            names[name] = own
        for of_math, function in OF_MATH.items():
            if value is getattr(math, of_math):
                names[name] = function


@overload(greatest)
def _greatest(*given):  # type: ignore[no-untyped-def]
    if len(given) == 2:
        return lambda *given: given[1] if given[1] > given[0] else given[0]
    if len(given) > 2:
        return lambda *given: greatest(greatest(given[0], given[1]), *given[2:])
    return lambda *given: max(given[0])


@overload(least)
def _least(*given):  # type: ignore[no-untyped-def]
    if len(given) == 2:
        return lambda *given: given[1] if given[1] < given[0] else given[0]
    if len(given) > 2:
        return lambda *given: least(least(given[0], given[1]), *given[2:])
    return lambda *given: min(given[0])


@overload(root)
def _root(value):  # type: ignore[no-untyped-def]
    def checked(value):  # type: ignore[no-untyped-def]
        if value < 0.0:
            raise ValueError("math domain error")
        return math.sqrt(value)

    return checked


def _whole(function: Any) -> Any:
    def typed(value):  # type: ignore[no-untyped-def]
        def checked(value):  # type: ignore[no-untyped-def]
            if not abs(value) < LARGEST_WHOLE:
                raise ValueError("cannot convert to a whole number")
            return int(function(value))

        return checked

    return typed


for _own, _function in ((floor, math.floor), (ceil, math.ceil), (trunc, math.trunc), (nearest, round)):
    overload(_own)(_whole(_function))
