"""Drives the engine's two kernels over bars, without decoding and building records."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.hooking import NOBODY
from worker.engine.pipeline import OUTPUT, decide, observe, params
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoder
from worker.engine.state.layout import STATE
from worker.engine.state.parts import whole
from worker.engine.state.symbols import Symbols
from worker.sources.simulation.simulator import Simulation, simulated_records

DEFAULTS = EngineSettings()
Array = NDArray[Any]


class Bars(NamedTuple):
    """Bars in arrival order, and the slot of each bar's symbol."""

    rows: Array
    slots: NDArray[np.int64]

    def part(self, which: Any) -> Bars:
        """The bars that an index picks."""
        return Bars(self.rows[which], self.slots[which])


def simulated(simulation: Simulation) -> Bars:
    """The readable bars of a simulated market."""
    records = list(simulated_records(simulation))
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    rows = Decoder(DEFAULTS.ingestion, {}).decode(batch).bars
    slots, _ = Symbols(DEFAULTS).slots(batch.keys, [True] * len(records))
    return Bars(rows, slots).part(rows["mask"] == 0)


def new_states(symbols: int) -> Array:
    """States of symbols of which nothing is known."""
    return np.zeros(symbols, STATE)


def run(
    bars: Bars, states: Array | None = None, cuts: Sequence[int] = (), settings: EngineSettings = DEFAULTS
) -> Array:
    """The outputs of each bar, in batches that end at `cuts`; `states` (a row a slot) is advanced in place."""
    states = new_states(int(bars.slots.max()) + 1) if states is None else states
    parts = [_batch(bars.part(slice(a, b)), states, settings) for a, b in pairwise([0, *cuts, len(bars.rows)])]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _batch(bars: Bars, states: Array, settings: EngineSettings) -> Array:
    outs = np.zeros(len(bars.rows), OUTPUT)
    instruments = Symbols(settings).instruments[:1].repeat(len(states))
    instruments["multiplier"], instruments["calendar"] = 1.0, -1
    order = np.argsort(bars.slots, kind="stable")
    parts, p = whole(states, instruments, len(order)), params(settings)
    observe(parts, bars.slots, order, bars.rows, outs, p)
    decide(parts, bars.slots, order, bars.rows, outs, p, NOBODY)
    return outs


def leaves(rows: Array) -> dict[str, Array]:
    """Every plain field of a structured array by its dotted name; padding is left out."""
    if rows.dtype.names is None:
        return {"": rows}
    raw = np.ascontiguousarray(rows).view(np.uint8).reshape(*rows.shape, rows.dtype.itemsize)
    return {
        name: raw[..., begin : begin + kind.itemsize].view(kind.base).reshape(*rows.shape, *kind.shape)
        for name, begin, kind in _places(rows.dtype)
    }


@cache
def _places(kind: np.dtype[Any], name: str = "", begin: int = 0) -> list[tuple[str, int, np.dtype[Any]]]:
    if kind.fields is None:
        return [(name, begin, kind)]
    return [
        place
        for part, (inner, offset, *_) in kind.fields.items()
        for place in _places(inner, f"{name}.{part}" if name else part, begin + offset)
    ]


def first_difference(a: Array, b: Array) -> str | None:
    """Name and row of a field in which two arrays of one dtype differ in a bit; None when they are equal.

    NaN is NaN, whatever its bits: Python knows one form, C more.
    """
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    if a.tobytes() == b.tobytes():
        return None
    others = leaves(b)
    for name, values in leaves(a).items():
        differ = _bits(values) != _bits(others[name])
        if values.dtype.kind == "f":
            differ &= ~(np.isnan(values) & np.isnan(others[name]))
        if differ.any():
            return f"{name} at row {int(np.argwhere(differ)[0][0])}"
    return None


def _bits(values: Array) -> Array:
    return values.view(f"u{values.itemsize}")
