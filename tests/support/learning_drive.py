"""Drives the learning, calibration, anomaly and forecast stages over bars, behind validation and features."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine import history
from worker.engine.bar import INSTRUMENT
from worker.engine.elementary import tanh
from worker.engine.kernel import kernel
from worker.engine.pipeline import _remember
from worker.engine.stages import anomaly, calibration, execution, features, forecast, learning, validation

SIGNAL = np.dtype([("final", "f8"), ("conf_raw", "f8")], align=True)
# In the order that the engine's record would have: what a level shift clears comes last.
DERIVED = np.dtype(
    [
        ("validation", validation.STATE),
        ("learning", learning.STATE),
        ("calibration", calibration.STATE),
        ("history", history.STATE),
        ("features", features.STATE),
        ("anomaly", anomaly.STATE),
        ("forecast", forecast.STATE),
        ("decided", validation.DECIDED),
    ],
    align=True,
)
ROW = np.dtype(
    [
        ("validation", validation.OUTPUT),
        ("features", features.OUTPUT),
        ("signal", SIGNAL),
        ("learning", learning.OUTPUT),
        ("calibration", calibration.OUTPUT),
        ("anomaly", anomaly.OUTPUT),
        ("forecast", forecast.OUTPUT),
    ],
    align=True,
)
assert DERIVED.fields is not None
MARKET, DECIDED = (int(DERIVED.fields[name][1]) for name in ("history", "decided"))
COSTS = execution.Settings().params()


class Params(NamedTuple):
    """The parameters of all stages that are driven."""

    validation: validation.Params
    features: features.Params
    learning: learning.Params
    calibration: calibration.Params
    anomaly: anomaly.Params
    forecast: forecast.Params


def parameters(
    learn: learning.Settings | None = None,
    calibrate: calibration.Settings | None = None,
    detect: anomaly.Settings | None = None,
    expect: forecast.Settings | None = None,
) -> Params:
    """Parameters with the stages on unless given otherwise."""
    return Params(
        validation.Settings().params(),
        features.Settings().params(),
        (learn or learning.Settings(enabled=True)).params(),
        (calibrate or calibration.Settings(enabled=True)).params(),
        (detect or anomaly.Settings(enabled=True)).params(),
        (expect or forecast.Settings(enabled=True)).params(),
    )


@kernel
def _signal(features: Any, signal: Any) -> None:
    """A signal to calibrate: the trend."""
    signal.final = tanh(features.ema_12_dist)
    signal.conf_raw = abs(signal.final)


@kernel
def _drive(states: Any, raw: Any, symbols: Any, inst: Any, bars: Any, outs: Any, p: Any, costs: Any) -> None:
    for i in range(bars.size):
        state, bar, out = states[symbols[i]], bars[i], outs[i]
        validation.step(state, state, inst, bar, out, p.validation)
        if not out.validation.accepted:
            continue
        if out.validation.shift:
            raw[symbols[i], MARKET:DECIDED] = 0
        _remember(state, bar, out)
        features.step(state, inst, bar, out, p.features)
        anomaly.step(state, inst, bar, out, p.anomaly)
        forecast.step(state, inst, bar, out, p.forecast)
        learning.step(state, inst, bar, out, p.learning, costs)
        _signal(out.features, out.signal)
        calibration.step(state, inst, bar, out, p.calibration, costs)


def drive(
    bars: NDArray[Any],
    states: NDArray[Any] | None = None,
    symbols: NDArray[np.int64] | None = None,
    p: Params | None = None,
) -> NDArray[Any]:
    """Outputs of each bar; `states` (one row a symbol) is advanced in place and starts fresh when not given."""
    states = np.zeros(1, DERIVED) if states is None else states
    symbols = np.zeros(bars.size, np.int64) if symbols is None else symbols
    inst = np.zeros(1, INSTRUMENT)
    inst["calendar"] = -1
    outs = np.zeros(bars.size, ROW)
    raw = states.view(np.uint8).reshape(len(states), DERIVED.itemsize)
    _drive(states, raw, symbols, inst[0], bars, outs, p or parameters(), COSTS)
    return outs
