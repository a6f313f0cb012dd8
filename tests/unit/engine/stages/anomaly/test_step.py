"""The stage describes a bar by the six values of the definition and judges it before it takes it in."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from tests.support import lean
from tests.support.learning_drive import DERIVED, drive, parameters
from tests.support.oracle_report import record
from worker.engine.stages.anomaly import Settings

Rows = NDArray[Any]


@cache
def market(resolution: str) -> tuple[Rows, Rows]:
    """Accepted bars of a real market, and their outputs."""
    bars = lean.equity("spy", resolution)[:1_500]
    outs = drive(bars)
    accepted = outs["validation"]["accepted"]
    assert not outs["validation"]["shift"].any()
    return bars[accepted], outs[accepted]


def values(bars: Rows, outs: Rows) -> NDArray[np.float64]:
    """The six values from the columns of the bars, NaN where one is not known."""
    open_, close = bars["open"], bars["close"]
    high, low = outs["validation"]["high"], outs["validation"]["low"]
    sigma, previous = outs["validation"]["sigma_ref"], np.append(np.nan, close[:-1])
    span = np.log(high / low)
    mean = np.append([np.nan] * 20, np.convolve(span, np.ones(20) / 20, "valid")[:-1])
    before = np.lib.stride_tricks.sliding_window_view(bars["volume"], 20)[:-1]
    volume = np.append([np.nan] * 20, (bars["volume"][20:] - before.mean(axis=1)) / before.std(axis=1))
    clv = np.where(high > low, ((close - low) - (high - close)) / np.where(high > low, high - low, 1.0), 0.0)
    wick = np.maximum(np.log(high / np.maximum(open_, close)), np.log(np.minimum(open_, close) / low))
    columns = (
        np.log(close / previous) / sigma,
        span / mean,
        volume,
        np.log(open_ / previous) / sigma,
        clv,
        wick / sigma,
    )
    return np.column_stack(columns)


@pytest.mark.parametrize("resolution", ["daily", "hour"])
def test_the_distance_is_numpys_of_the_defined_values(resolution: str) -> None:
    bars, outs = market(resolution)
    x = values(bars, outs)
    known = np.flatnonzero(np.isfinite(x).all(axis=1))
    assert known[0] == 21
    x, found = x[known], outs["anomaly"]["distance"][known]
    assert np.isnan(found[:100]).all()
    clipped, mean, covariance, worst = np.clip(x, -8, 8), np.zeros(6), np.zeros((6, 6)), 0.0
    for n in range(len(x)):
        if n >= 100:
            d = x[n] - mean
            expected = d @ np.linalg.inv(covariance + 1e-3 * np.eye(6)) @ d
            worst = max(worst, abs(found[n] / expected - 1))
        share, d = max(1 / (n + 1), 0.01), clipped[n] - mean
        mean = mean + share * d
        covariance = (1 - share) * (covariance + share * np.outer(d, d))
    record(f"anomaly.stage numpy spy_{resolution}", float(worst), 1e-9)


def test_anomalies_are_the_bars_beyond_the_threshold_and_rare() -> None:
    _, outs = market("daily")
    said = outs["anomaly"]
    assert (said["anomaly"] == (said["distance"] > 22.458)).all()
    assert 0.005 < said["anomaly"].mean() < 0.10


def test_a_bar_unlike_all_others_is_found_at_once() -> None:
    bars = market("daily")[0].copy()
    at = int(np.flatnonzero(~market("daily")[1]["anomaly"]["anomaly"][1_000:])[0]) + 1_000
    span = bars["close"][at] - bars["close"][at - 1]
    bars["close"][at] += 0.2 * bars["close"][at] * (1 if span > 0 else -1)
    bars["high"][at], bars["low"][at] = bars["high"][at] * 1.25, bars["low"][at] * 0.75
    assert drive(bars)["anomaly"]["anomaly"][at]


def test_an_off_stage_says_nothing_and_keeps_nothing() -> None:
    states = np.zeros(1, DERIVED)
    said = drive(market("daily")[0][:300], states, p=parameters(detect=Settings()))["anomaly"]
    assert np.isnan(said["distance"]).all()
    assert not said["anomaly"].any()
    assert not any(states["anomaly"].tobytes())


def test_a_flat_market_has_no_anomaly_and_no_nonsense() -> None:
    bars = market("daily")[0][:400].copy()
    for name in ("open", "high", "low", "close"):
        bars[name] = 50.0
    bars["volume"] = 100.0
    said = drive(bars)["anomaly"]
    assert not said["anomaly"].any()
    assert not np.isinf(said["distance"]).any()


@pytest.mark.parametrize("fields", [{"threshold": 0}, {"min_bars": 7}, {"decay": 0.9}])
def test_settings_that_cannot_work_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**fields)
