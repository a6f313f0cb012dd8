"""Drives features, patterns and regime over the bars of a series, without validation and normalization."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine import history
from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.elementary import log
from worker.engine.kernel import kernel
from worker.engine.stages import features, patterns, regime

DERIVED = np.dtype(
    [
        ("history", history.STATE),
        ("features", features.STATE),
        ("patterns", patterns.STATE),
        ("regime", regime.STATE),
    ],
    align=True,
)
INSTRUMENTS = np.zeros(1, INSTRUMENT)
ROW = np.dtype([("features", features.OUTPUT), ("patterns", patterns.OUTPUT), ("regime", regime.OUTPUT)], align=True)

_at = history.at
_push = history.push
_features = features.step
_patterns = patterns.step
_regime = regime.step


@kernel
def _log_return(state: Any, close: float) -> float:
    if state.history.count == 0:
        return np.nan
    previous = _at(state.history, 0).close
    return log(close / previous) if min(close, previous) > 0.0 else np.nan


@kernel
def _drive(states: Any, symbols: Any, inst: Any, bars: Any, out: Any, pf: Any, pp: Any, pr: Any) -> None:
    for i in range(bars.size):
        bar, state, row = bars[i], states[symbols[i]], out[i]
        logret = _log_return(state, bar.close)
        _push(state.history, bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume, logret)
        _features(state, inst, bar, row, pf)
        _patterns(state, inst, bar, row, pp)
        _regime(state, inst, bar, row, pr)


def make_bars(open_: Any, high: Any, low: Any, close: Any, volume: Any, interval_ms: int = 86_400_000) -> NDArray[Any]:
    """A series as BAR rows, one interval apart from the epoch on."""
    bars = np.zeros(len(close), BAR)
    bars["ts"] = np.arange(len(close)) * interval_ms
    bars["interval_ms"] = interval_ms
    bars["ingest_ts"] = bars["ts"] + interval_ms
    for name, values in (("open", open_), ("high", high), ("low", low), ("close", close), ("volume", volume)):
        bars[name] = values
    return bars


def drive(
    bars: NDArray[Any],
    states: NDArray[Any] | None = None,
    symbols: NDArray[np.int64] | None = None,
    settings: regime.Settings | None = None,
    session_offset_ms: int = 0,
) -> NDArray[Any]:
    """Outputs of each bar; `states` (one row a symbol) is advanced in place and starts fresh when not given."""
    if states is None:
        states = np.zeros(1, DERIVED)
    if symbols is None:
        symbols = np.zeros(bars.size, np.int64)
    out = np.zeros(bars.size, ROW)
    parameters = features.Settings().params(), patterns.Settings().params(), (settings or regime.Settings()).params()
    instruments = INSTRUMENTS.copy()
    instruments["session_offset_ms"] = session_offset_ms
    _drive(states, symbols, instruments[0], bars, out, *parameters)
    return out
