"""Drives the timeframes of one symbol over its bars, without the stages before it, and records every closed bucket."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine import history
from worker.engine.bar import INSTRUMENT
from worker.engine.calendar import CalendarSettings, compile_calendars
from worker.engine.kernel import kernel
from worker.engine.stages import regime, timeframes
from worker.engine.stages.timeframes.bucket import BUCKET
from worker.engine.stages.timeframes.indicators import VALUES

COUNT = len(timeframes.TIMEFRAMES)
STATE = np.dtype([("history", history.STATE), ("timeframes", timeframes.STATE)], align=True)
FEATURES = np.dtype([(name, "f8") for name in ("ema_12", "ema_26", "atr_14", "adx_14")], align=True)
ROW = np.dtype([("features", FEATURES), ("timeframes", timeframes.OUTPUT)], align=True)
CLOSED = np.dtype(
    [
        ("closed", BUCKET),
        ("values", VALUES),
        ("direction", "f8"),
        ("partial", "?"),
        ("regime", "i8"),
        ("times", "i8"),  # buckets closed so far
    ],
    align=True,
)

_push = history.push
_step = timeframes.step


@kernel
def _record(into: Any, frame: Any) -> None:
    # Buckets closed so far, and the last of them.
    into.times = frame.indicators.history.count
    bucket, kept = frame.closed, into.closed
    kept.start, kept.bars, kept.volume = bucket.start, bucket.bars, bucket.volume
    kept.open, kept.high, kept.low, kept.close = bucket.open, bucket.high, bucket.low, bucket.close
    values, found = into.values, frame.values
    values.ema_12, values.ema_26, values.ema_50 = found.ema_12, found.ema_26, found.ema_50
    values.rsi_14, values.atr_14, values.adx_14 = found.rsi_14, found.atr_14, found.adx_14
    values.plus_di, values.minus_di, values.er_20 = found.plus_di, found.minus_di, found.er_20
    values.don_pos_20 = found.don_pos_20
    into.direction, into.partial, into.regime = frame.direction, frame.partial, frame.regime.code


@kernel
def _drive(states: Any, insts: Any, bars: Any, out: Any, closed: Any, calendars: Any, p: Any, q: Any) -> None:
    state = states[0]
    for i in range(bars.size):
        bar = bars[i]
        _push(state.history, bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume, 0.0)
        _step(state, insts[0], bar, out[i], p, q, calendars)
        if closed.shape[0] > 0:
            for k in range(COUNT):
                _record(closed[i, k], state.timeframes.frames[k])


class Run(NamedTuple):
    """What the stage said at each bar, and each timeframe's last closed bucket then: (bars, timeframes)."""

    out: NDArray[Any]
    closed: NDArray[Any]


def drive(
    bars: NDArray[Any],
    *,
    states: NDArray[Any] | None = None,
    settings: timeframes.Settings | None = None,
    calendar: CalendarSettings | None = None,
    offset: int = 0,
    features: dict[str, NDArray[Any]] | None = None,
) -> Run:
    """Run over `bars`; `states` is advanced in place. The bars' own features are NaN unless given."""
    insts = np.zeros(1, INSTRUMENT)
    insts["session_offset_ms"], insts["calendar"] = offset, -1 if calendar is None else 0
    out, closed = np.zeros(bars.size, ROW), np.zeros((bars.size, COUNT), CLOSED)
    for name in FEATURES.names or ():
        out["features"][name] = np.nan if features is None else features[name]
    table = compile_calendars([calendar] if calendar else [])
    parameters = (settings or timeframes.Settings()).params(), regime.Settings().params()
    states = np.zeros(1, STATE) if states is None else states
    _drive(states, insts, bars, out, closed, table, *parameters)
    return Run(out["timeframes"], closed)


def buckets(run: Run, name: str) -> NDArray[Any]:
    """The last closed bucket of a timeframe at each bar that closed one; it is bucket number `times` - 1.

    A bar that closes two (the old one, then its own) shows the second.
    """
    column = run.closed[:, timeframes.TIMEFRAMES.index(name)]
    rows = np.flatnonzero(np.diff(column["times"], prepend=0))
    return column[rows]
