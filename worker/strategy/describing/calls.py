"""How a strategy's methods are called, and how it calls `ta`."""

from __future__ import annotations

import inspect
import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from worker.strategy import ta
from worker.strategy.declaring.declared import Strategy
from worker.strategy.errors import FIX, StrategyRefused

LISTED = "docs/reference/indicators.md lists them"
METHODS = {"indicators": "p", "observe": "c", "step": "c", "split": "state, k"}
FUNCTIONS = 64  # whose arguments are remembered: a sweep asks for them once a set of parameters


def callable_methods(name: str, strategy: Any) -> None:
    """Check that a strategy has a step, and that each method takes its arguments.

    Raises:
        StrategyRefused: it has none, or one takes another number of them.
    """
    if strategy.step is Strategy.step or not callable(strategy.step):
        raise StrategyRefused(f"{name} has no step", FIX)
    for method, given in METHODS.items():
        function = getattr(strategy, method, None)
        # What a strategy may do without is no attribute.
        if function is not None and not _takes(function, len(given.split(", "))):
            code = getattr(function, "__code__", None)
            line = "" if code is None else f"line {code.co_firstlineno}: "
            fix = f"Write def {method}({given}), without self"
            raise StrategyRefused(f"{name}: {line}{method} takes {given} alone", fix)


@lru_cache(FUNCTIONS)
def _takes(function: Any, count: int) -> bool:
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    return True


def meant(error: Exception) -> str:
    """Return what to write where `ta` was called by another name, or with other arguments."""
    if isinstance(error, AttributeError) and error.obj is ta:
        near = get_close_matches(str(error.name), ta.__all__, 1)
        return (f"Did you mean ta.{near[0]}? " if near else "") + LISTED
    called = re.match(r"(\w+)\(\) ", str(error)) if isinstance(error, TypeError) else None
    function = getattr(ta, called[1], None) if called else None
    if function is None:
        return FIX
    given = (each.replace(annotation=each.empty) for each in inspect.signature(function).parameters.values())
    return f"It is ta.{function.__name__}{inspect.Signature(list(given))}; {LISTED}"
