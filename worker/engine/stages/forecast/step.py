"""The stage's step: advance the chosen model by the bar, and forecast the sum of the next returns."""

import math
from typing import Any

import numpy as np

from worker.engine.elementary import log, tanh
from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.scoring.labels import HORIZON
from worker.engine.stages.forecast import autoregression, holt
from worker.engine.stages.forecast.settings import HOLT
from worker.engine.windows.fading import share

ERROR_DECAY = 0.99

STATE = np.dtype(
    [
        ("errors", "i8"),  # judged forecasts of one bar
        ("variance", "f8"),  # fading mean of their squared errors
        ("holt", holt.STATE),
        ("autoregression", autoregression.STATE),
    ],
    align=True,
)
OUTPUT = np.dtype(
    [
        ("forecast_h", "f8"),  # expected log return over HORIZON bars, NaN = unknown
        ("forecast_sd", "f8"),  # standard deviation of its error
        ("component", "f8"),  # tanh(forecast_h/forecast_sd), [-1, 1]
    ],
    align=True,
)


@embedded
def _judge(own: Any, error: float) -> None:
    if math.isnan(error):
        return
    own.errors += 1
    own.variance += share(own.errors, ERROR_DECAY) * (error * error - own.variance)


@embedded
def _by_holt(own: Any, row: Any, p: Any) -> tuple[float, float]:
    """Return (expected log return, variance of its error) by Holt; NaN where the price is not positive."""
    if not row.close > 0.0:
        return math.nan, math.nan
    x = log(row.close)
    _judge(own, holt.advance(own.holt, x, p))
    return holt.ahead(own.holt, HORIZON, p) - x, own.variance * holt.inflation(HORIZON, p)


@embedded
def _by_autoregression(own: Any, row: Any, sigma: float) -> tuple[float, float]:
    """Return the same from returns in units of sigma_ref; NaN without one, or while the fitted model is explosive."""
    u = row.logret / sigma
    if not abs(u) < math.inf:
        return math.nan, math.nan
    model = own.autoregression
    _judge(own, autoregression.advance(model, u))
    if not autoregression.stationary(model):
        return math.nan, math.nan
    variance = own.variance * autoregression.inflation(model, HORIZON)
    return sigma * autoregression.total_ahead(model, HORIZON), sigma * sigma * variance


@embedded
def _begin_anew(own: Any) -> None:
    """Restart both models at the next value, but keep the size of their errors."""
    own.holt.count = 0
    own.holt.trend = 0.0
    own.autoregression.count = 0
    own.autoregression.p12 = 0.0


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any) -> None:
    """Forecast at one accepted bar: write `state.forecast` and `out.forecast`, read `out.validation`.

    The step across an expired reference is not a return, and the level before it is unrelated to the new one.
    """
    result = out.forecast
    result.forecast_h = math.nan
    result.forecast_sd = math.nan
    result.component = math.nan
    if not p.enabled:
        return
    own, row = state.forecast, at(state.history, 0)
    sigma = out.validation.sigma_ref
    if out.validation.expired:
        _begin_anew(own)
        sigma = math.nan
    if p.method == HOLT:
        expected, variance = _by_holt(own, row, p)
    else:
        expected, variance = _by_autoregression(own, row, sigma)
    if own.errors < p.min_bars or math.isnan(expected):
        return
    sd = math.sqrt(variance)
    result.forecast_h = expected
    result.forecast_sd = sd
    # A market without movement since the first bar has no direction.
    result.component = tanh(expected / sd) if sd > 0.0 else 0.0
