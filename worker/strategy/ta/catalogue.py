"""The list of all indicators: how each is called, what it is, and after how many bars it is known."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

from worker.engine.strategy.indicators.kind import ENDLESS
from worker.engine.strategy.plan import known, settled
from worker.strategy import ta
from worker.strategy.ta.indicator import Indicator


class Entry(NamedTuple):
    """One function of `ta`; bars as its defaults give them."""

    call: str
    meaning: str
    parts: tuple[str, ...]  # of a group such as `ta.macd()`; none of a single value
    warm_up: str  # bars until it is known, of each part where they differ
    settled: str  # bars after which an earlier start shows in no more than 1e-9


def catalogue() -> list[Entry]:
    """Return all functions by name."""
    return [_entry(name, getattr(ta, name)) for name in ta.__all__ if name != "Indicator"]


def _entry(name: str, function: Any) -> Entry:
    signature = inspect.signature(function)
    call = f"ta.{name}({', '.join(_parameters(signature))})"
    described = (inspect.getdoc(function) or "").partition("\n\nRaises:")[0]
    meaning = " ".join(described.split()).removeprefix("Return ").removeprefix("the ").rstrip(".")
    if any(each.default is each.empty for each in signature.parameters.values()):
        return Entry(call, meaning, (), "as its sources", "as its sources")
    value = function()
    if isinstance(value, Indicator):
        return Entry(call, meaning, (), *_bars([value]))
    return Entry(call, meaning, value._fields, *_bars(list(value)))


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    """Yield the parameters without their kinds; those that most functions have are explained once."""
    for each in signature.parameters.values():
        if each.name == "timeframe" or (each.name == "source" and each.default == "close"):
            continue
        yield each.name if each.default is each.empty else f"{each.name}={each.default!r}"


def _bars(values: list[Indicator]) -> tuple[str, str]:
    bars = [settled(each.series) for each in values]
    return _listed([str(known(each.series)) for each in values]), _listed(
        ["never" if each == ENDLESS else str(each) for each in bars]
    )


def _listed(each: list[str]) -> str:
    return each[0] if len(set(each)) == 1 else ", ".join(each)
