"""The first difference between two ways to play the same rows, byte for byte."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.asking.intent import Status
from worker.strategy.checking.playing.market import Market
from worker.strategy.checking.playing.play import Played

STATUS = "said.intent.status"


class Difference(NamedTuple):
    """A value that is not the same: the row, the name of the value, what it is here and there."""

    row: int
    name: str
    one: str
    other: str


def first_difference(one: NDArray[Any], other: NDArray[Any]) -> Difference | None:
    """Return the earliest of the rows' differences, what the strategy says before what follows from it."""
    best: tuple[int, str] | None = None
    mine, others = dict(_leaves(one)), dict(_leaves(other))
    for name, values in sorted(mine.items(), key=lambda leaf: leaf[0] != STATUS):
        differs = _bits(values) != _bits(others[name])
        if differs.any():
            row = int(np.flatnonzero(differs.any(axis=1))[0])
            if best is None or row < best[0]:
                best = row, name
    if best is None:
        return None
    row, name = best
    return Difference(row, _told(name), *(_shown(name, each[name][row]) for each in (mine, others)))


def sentence(market: Market, one: Played, other: Played, here: str, there: str) -> str | None:
    """Return the first difference in words; the second may hold fewer rows, whose symbols' states are not compared."""
    rows = min(len(one.rows), len(other.rows))
    found = first_difference(one.rows[:rows], other.rows[:rows])
    if found is not None:
        return f"{market.bar(found.row)}: {found.name} is {found.one} {here}, and {found.other} {there}"
    if len(one.rows) != len(other.rows):
        return None
    for symbol, state in one.states.items():
        differs = first_difference(state, other.states[symbol]) if symbol in other.states else None
        if differs is not None:
            name = f"after the last bar of {symbol.decode(errors='replace')} the state's {differs.name}"
            return f"{name} is {differs.one} {here}, and {differs.other} {there}"
    return None


def _leaves(rows: NDArray[Any], name: str = "") -> list[tuple[str, NDArray[Any]]]:
    """Return every plain field by its dotted name; padding is left out."""
    if rows.dtype.names is None:
        return [(name, rows)]
    return [leaf for part in rows.dtype.names for leaf in _leaves(rows[part], f"{name}.{part}" if name else part)]


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as they are written: -0.0 is not 0.0; NaN is one, though C has many."""
    if values.dtype.kind == "V":
        values = np.frombuffer(values.tobytes(), np.uint8)
    rows = np.ascontiguousarray(values).reshape(len(values), -1)
    if rows.dtype.kind != "f":
        return rows
    bits = rows.view(np.uint64).copy()
    bits[np.isnan(rows)] = 0x7FF8 << 48
    return bits


def _told(name: str) -> str:
    if name.startswith("said.intent."):
        return f"order.{name.rpartition('.')[2]}" if name != STATUS else "the answer"
    return f"the decision's {name.removeprefix('decision.')}" if name.startswith("decision.") else name


def _shown(name: str, value: Any) -> str:
    if name == STATUS:
        return Status(int(value)).name
    return repr(value.tolist())
