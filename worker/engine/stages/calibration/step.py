"""The stage's step: label the signal of twelve bars ago, fit when due, calibrate this bar's signal (domain §7.3)."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.scoring.labels import HORIZON, outcome, round_trip
from worker.engine.stages.calibration import outcomes, platt

# A signal without an outcome yet.
SIGNAL = np.dtype([("close", "f8"), ("strength", "f4"), ("side", "i1")], align=True)
STATE = np.dtype(
    [
        ("bars", "i8"),
        ("signals", SIGNAL, (HORIZON,)),
        ("outcomes", outcomes.STATE),
        ("platt", platt.STATE),
    ],
    align=True,
)
OUTPUT = np.dtype(
    [
        ("confidence", "f8"),  # P(direction right | |r| > cost); the raw confidence unless calibrated
        ("base_rate", "f8"),  # share of right directions in the ring, NaN unless calibrated
        ("labels", "i8"),
        ("calibrated", "?"),
    ],
    align=True,
)


@embedded
def _label(own: Any, signal: Any, close: float, cost: float, p: Any) -> None:
    """Store the outcome of a signal, and fit again when the number of labels says so."""
    if signal.side == 0:
        return
    side = outcome(signal.close, close, cost)
    if side == 0:
        return
    outcomes.store(own.outcomes, signal.strength, side == signal.side)
    later = own.outcomes.labels - p.min_labels
    if later >= 0 and later % p.refit_labels == 0:
        platt.fit(own.platt, own.outcomes)


@embedded
def _take(signal: Any, final: float, close: float) -> None:
    signal.strength = abs(final)
    signal.close = close
    # Sign by the stored strength: one too small to be stored has no sign.
    signal.side = 0 if not signal.strength > 0.0 else (1 if final > 0.0 else -1)


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any, costs: Any) -> None:
    """Calibrate one accepted bar's signal: write `state.calibration` and `out.calibration`, read `out.signal`.

    `costs` are execution's parameters. A window with a level shift or an expired reference gives no label.
    """
    own, result, signal = state.calibration, out.calibration, out.signal
    result.confidence = signal.conf_raw
    result.base_rate = math.nan
    result.labels = 0
    result.calibrated = False
    if not p.enabled:
        return
    if out.validation.shift or out.validation.expired:
        for i in range(HORIZON):
            own.signals[i].side = 0
    due = own.signals[own.bars % HORIZON]
    _label(own, due, bar.close, round_trip(costs.rows[inst.class_row]), p)
    _take(due, signal.final, bar.close)
    own.bars += 1
    result.labels = own.outcomes.labels
    result.calibrated = own.outcomes.labels >= p.min_labels and due.side != 0
    if result.calibrated:
        result.confidence = platt.probability(own.platt, due.strength)
        result.base_rate = outcomes.base_rate(own.outcomes)
