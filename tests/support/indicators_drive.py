"""Drives the indicators of a strategy over the bars of one symbol, without the engine around."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import INSTRUMENT
from worker.engine.pipeline import OUTPUT
from worker.engine.strategy.observe import observe
from worker.engine.strategy.plan import Plan, plan
from worker.strategy.ta import Indicator


class Run(NamedTuple):
    """Values at each bar and at the one before, (bars, names), and the memory at the end."""

    values: NDArray[np.float64]
    was: NDArray[np.float64]
    memory: NDArray[np.float64]


def planned(declared: Mapping[str, Indicator]) -> Plan:
    return plan({name: indicator.series for name, indicator in declared.items()})


def judged(bars: NDArray[Any]) -> NDArray[Any]:
    """Output rows of bars that are all accepted as they are."""
    outs = np.zeros(len(bars), OUTPUT)
    found = outs["validation"]
    found["accepted"], found["high"], found["low"] = True, bars["high"], bars["low"]
    return outs


def drive(
    rows: Plan,
    bars: NDArray[Any],
    outs: NDArray[Any] | None = None,
    *,
    memory: NDArray[np.float64] | None = None,
    cuts: Iterable[int] = (),
    offset: int = 0,
) -> Run:
    """Run over `bars` in batches that end at `cuts`; `memory` is that of an earlier run, not changed."""
    outs = judged(bars) if outs is None else outs
    memory = np.zeros((1, rows.words)) if memory is None else memory.copy()
    instruments = np.zeros(1, INSTRUMENT)
    instruments["session_offset_ms"] = offset
    values, was = np.zeros((2, len(bars), len(rows.outputs)))
    begin = 0
    for end in [*cuts, len(bars)]:
        part, size = slice(begin, end), end - begin
        observe(
            *(np.arange(size), np.zeros(size, np.int64), instruments, bars[part], outs[part], memory),
            *(rows.words, rows.nodes, rows.timeframes, rows.outputs, values[part], was[part]),
        )
        begin = end
    return Run(values, was, memory)
