"""The stage forecasts the sum of the next 12 returns, with its own error, once it has been judged often enough."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from statsmodels.tsa.api import Holt

from tests.support import lean
from tests.support.learning_drive import DERIVED, drive, parameters
from tests.support.oracle_report import record
from worker.engine.stages.forecast import Settings

Rows = NDArray[Any]


@cache
def bars() -> Rows:
    found: Rows = lean.equity("spy", "daily")[:1_200]
    return found


def forecast(rows: Rows, **settings: Any) -> Rows:
    outs = drive(rows, p=parameters(expect=Settings(enabled=True, **settings)))
    assert outs["validation"]["accepted"].all()
    said: Rows = outs["forecast"]
    return said


def fading(squares: NDArray[np.float64]) -> float:
    mean = 0.0
    for n, square in enumerate(squares, start=1):
        share = max(1 / n, 0.01)
        mean = (1 - share) * mean + share * square
    return float(mean)


def test_holts_forecast_and_its_deviation_are_statsmodels() -> None:
    said, x, worst = forecast(bars()), np.log(bars()["close"]), 0.0
    # Hyndman et al. (2008): the weights of past errors in the error 12 bars ahead
    damped = np.cumsum(0.95 ** np.arange(1, 12))
    inflation = 1 + np.sum((0.2 + 0.2 * 0.05 * damped) ** 2)
    for n in (102, 500, 1_200):
        model = Holt(x[1:n], damped_trend=True, initialization_method="known", initial_level=x[0], initial_trend=0.0)
        fit = model.fit(smoothing_level=0.2, smoothing_trend=0.05, damping_trend=0.95, optimized=False)
        expected, sd = fit.forecast(12)[-1] - x[n - 1], np.sqrt(fading(fit.resid**2) * inflation)
        out = said[n - 1]
        worst = max(worst, abs(out["forecast_h"] - expected), abs(out["forecast_sd"] / sd - 1))
        worst = max(worst, abs(out["component"] - np.tanh(expected / sd)))
    record("forecast.stage_holt statsmodels spy", float(worst), 1e-9)


def test_the_autoregression_forecasts_in_units_of_sigma_ref() -> None:
    outs = drive(bars(), p=parameters(expect=Settings(enabled=True, method="ar2")))
    sigma, x, worst = outs["validation"]["sigma_ref"], np.log(bars()["close"]), 0.0
    u = (np.diff(x) / sigma[1:])[np.isfinite(sigma[1:])]
    first = len(x) - len(u)
    design = np.column_stack([u[1:-1], u[:-2]])
    for n in (300, 700, len(u)):
        weights = 0.995 ** np.arange(n - 3, -1, -1)
        normal = design[: n - 2].T @ (design[: n - 2] * weights[:, None]) + 0.995 ** (n - 2) * np.eye(2) / 100
        phi = np.linalg.solve(normal, design[: n - 2].T @ (weights * u[2:n]))
        last, second, total = u[n - 1], u[n - 2], 0.0
        for _ in range(12):
            last, second = phi[0] * last + phi[1] * second, last
            total += last
        out = outs["forecast"][first + n - 1]
        worst = max(worst, abs(out["forecast_h"] - total * sigma[first + n - 1]))
        assert 0.3 < out["forecast_sd"] / (np.sqrt(12) * sigma[first + n - 1]) < 3.0
    record("forecast.stage_ar2 numpy spy", float(worst), 1e-9)


@pytest.mark.parametrize("method", ["holt", "ar2"])
def test_nothing_is_said_before_enough_errors(method: str) -> None:
    said = forecast(bars(), method=method)
    known = np.isfinite(said["forecast_h"])
    first = int(np.flatnonzero(known)[0])
    # sigma_ref is defined from bar 21 on; the autoregression needs two returns in it before its first error
    assert first == {"holt": 100, "ar2": 122}[method]
    for name in ("forecast_sd", "component"):
        assert (np.isfinite(said[name]) == known).all()
    assert (np.abs(said["component"][known]) <= 1.0).all()


def test_a_steady_rise_is_forecast_and_a_fall_mirrors_it() -> None:
    rise = bars()[:400].copy()
    steps = np.exp(0.004 * np.arange(400) + 0.001 * np.random.default_rng(1).normal(size=400))
    for name in ("open", "high", "low", "close"):
        rise[name] = 100.0 * steps
    fall = rise.copy()
    for name in ("open", "high", "low", "close"):
        fall[name] = 100.0 / steps
    up, down = forecast(rise)[-1], forecast(fall)[-1]
    assert up["forecast_h"] > 0.005
    assert up["component"] > 0.5
    assert down["forecast_h"] == pytest.approx(-up["forecast_h"], rel=1e-9)


@pytest.mark.parametrize("method", ["holt", "ar2"])
def test_a_market_that_stands_still_has_no_direction(method: str) -> None:
    flat = bars()[:400].copy()
    for name in ("open", "high", "low", "close"):
        flat[name] = 50.0
    said = forecast(flat, method=method)[-1]
    assert (said["forecast_h"], said["forecast_sd"], said["component"]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("method", ["holt", "ar2"])
def test_an_expired_reference_is_no_return(method: str) -> None:
    """A year's pause and another price level: what is expected afterwards is that of a market that begins there."""
    apart = bars()[:900].copy()
    apart["ts"][600:] += 365 * 86_400_000
    apart["ingest_ts"][600:] += 365 * 86_400_000
    for name in ("open", "high", "low", "close"):
        apart[name][600:] *= 1.3
    outs = drive(apart, p=parameters(expect=Settings(enabled=True, method=method)))
    assert outs["validation"]["expired"][600]
    assert not outs["validation"]["shift"].any()
    said = outs["forecast"]
    assert np.isnan(said["forecast_h"][600]) == (method == "ar2")
    assert np.isfinite(said["forecast_h"][601:]).all()
    if method == "holt":
        fresh = drive(apart[600:], p=parameters(expect=Settings(enabled=True)))["forecast"]
        np.testing.assert_array_equal(said["forecast_h"][700:], fresh["forecast_h"][100:])
    for name in ("forecast_h", "forecast_sd"):
        assert np.nanmax(np.abs(said[name][600:])) < 2 * np.nanmax(np.abs(said[name][:600]))


def test_an_off_stage_says_nothing_and_keeps_nothing() -> None:
    states = np.zeros(1, DERIVED)
    said = drive(bars()[:300], states, p=parameters(expect=Settings()))["forecast"]
    assert np.isnan(said["forecast_h"]).all()
    assert np.isnan(said["component"]).all()
    assert not any(states["forecast"].tobytes())


@pytest.mark.parametrize("fields", [{"phi": 1.0}, {"alpha": 0}, {"method": "arima"}, {"min_bars": 2}])
def test_settings_that_cannot_work_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**fields)
