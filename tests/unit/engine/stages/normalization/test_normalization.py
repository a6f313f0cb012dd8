"""Normalization against scikit-learn, pandas and numpy, on ordinary and on adversarial windows."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from tests.support import lean
from tests.support.drive import Array, Symbol, bits, make_bars
from tests.support.oracle_report import record
from tests.unit.engine.windows.series import adversarial, constant_in_between
from worker.engine.stages.normalization import Settings
from worker.engine.windows.moments import REBUILD_INTERVALS

Method = Literal["zscore", "minmax", "robust"]
METHODS: tuple[Method, ...] = ("zscore", "minmax", "robust")
FIELDS = ("open", "high", "low", "close")
UNCLIPPED = 1e300


def normalized(bars: Array, **settings: Any) -> Array:
    """Normalization's outputs with every bar accepted."""
    return Symbol(normalizer=Settings(**{"clip": UNCLIPPED, **settings}), trust=True).feed(bars)["normalization"]


def scaler(method: Method) -> Any:
    return {"zscore": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}[method]()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("window", "min_points"), [(100, 20), (20, 5), (126, 126)])
def test_prices_share_the_scale_of_the_close_window_as_sklearn_fits_it(
    method: Method, window: int, min_points: int
) -> None:
    bars = lean.quotes("default")
    outs = normalized(bars, method=method, window=window, min_points=min_points)
    worst = 0.0
    for i in [*range(min_points - 1, 140, 7), *range(140, len(bars), 31)]:
        closes = bars["close"][max(0, i + 1 - window) : i + 1]
        fitted = scaler(method).fit(closes.reshape(-1, 1))
        for field in FIELDS:
            expected = fitted.transform([[bars[field][i]]])[0, 0]
            worst = max(worst, abs(outs[field][i] - expected) / max(abs(expected), 1.0))
    record(f"normalization_{method} scikit-learn prices_{window}", worst, 1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("transform", ["none", "log1p"])
def test_volume_has_a_window_of_its_own(method: Method, transform: str) -> None:
    bars = lean.quotes("default")
    outs = normalized(bars, method=method, volume_transform=transform)
    volumes = np.log1p(bars["volume"]) if transform == "log1p" else bars["volume"]
    worst = 0.0
    for i in range(19, len(bars), 23):
        window = volumes[max(0, i - 99) : i + 1].reshape(-1, 1)
        expected = scaler(method).fit_transform(window)[-1, 0]
        worst = max(worst, abs(outs["volume"][i] - expected) / max(abs(expected), 1.0))
    record(f"normalization_{method} scikit-learn volume_{transform}", worst, 1e-12)


@pytest.mark.parametrize("window", [20, 100])
@pytest.mark.parametrize("name", adversarial())
def test_sigma_keeps_nine_digits_where_naive_sums_lose_all(name: str, window: int) -> None:
    values = adversarial()[name]
    bars = make_bars(values)
    bars["high"] = 1e12 * values.max()  # so far from the mean that its output shows sigma alone
    outs = normalized(bars, window=window, min_points=window)[window - 1 :]
    exact = np.lib.stride_tricks.sliding_window_view(values.astype(np.longdouble), window)
    mean, sigma = exact.mean(axis=1), exact.std(axis=1)
    varied = (sigma > 1e-12 * np.abs(mean)) & ~outs["degenerate"]
    assert varied.sum() > 500
    mean, sigma, outs = mean[varied], sigma[varied], outs[varied]
    high = ((bars["high"][window - 1 :][varied] - mean) / sigma).astype(float)
    record(f"normalization_sigma exact {name}_{window}", float(np.abs(outs["high"] / high - 1).max()), 1e-9)
    close = ((values[window - 1 :][varied] - mean) / sigma).astype(float)
    rounding = (2 * np.spacing(mean.astype(float)) / sigma).astype(float)  # of a mean at a high level
    assert (np.abs(outs["close"] - close) <= 1e-9 * (1 + np.abs(close)) + rounding).all()


@pytest.mark.parametrize("name", adversarial())
def test_minmax_is_pandas_rolling_extremes_on_adversarial_series(name: str) -> None:
    values = adversarial()[name]
    outs = normalized(make_bars(values), method="minmax")
    rolling = pd.Series(values).rolling(100, min_periods=20)
    lowest, highest = rolling.min().to_numpy(), rolling.max().to_numpy()
    expected = (values - lowest) / np.where(highest > lowest, highest - lowest, np.nan)
    usable = ~np.isnan(expected) & ~outs["degenerate"]
    assert usable.sum() > 1_000
    worst = np.abs(outs["close"][usable] - expected[usable]) / np.maximum(np.abs(expected[usable]), 1.0)
    record(f"normalization_minmax pandas {name}", float(worst.max()), 1e-12)


@pytest.mark.parametrize("name", sorted(adversarial().keys() - {"sparse"}))  # whose quartiles always meet
def test_robust_is_pandas_rolling_quantiles_on_adversarial_series(name: str) -> None:
    values = adversarial()[name]
    outs = normalized(make_bars(values), method="robust")
    rolling = pd.Series(values).rolling(100, min_periods=20)
    low, middle, high = (rolling.quantile(q).to_numpy() for q in (0.25, 0.5, 0.75))
    spread = high - low
    usable = (np.arange(values.size) >= 19) & (spread > 0) & ~outs["degenerate"]
    assert usable.sum() > 1_000
    expected = (values[usable] - middle[usable]) / spread[usable]
    # the quantiles themselves agree to rounding, which a narrow spread at a high level magnifies
    rounding = 4 * np.spacing(np.abs(values[usable]) + np.abs(middle[usable])) / spread[usable]
    assert (np.abs(outs["close"][usable] - expected) <= rounding * (1 + np.abs(expected)) + 1e-12).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("include_current", [True, False])
def test_the_window_ends_with_the_current_bar_or_just_before_it(method: Method, include_current: bool) -> None:
    bars = lean.quotes("bitcoin")[:400]
    outs = normalized(bars, method=method, include_current=include_current)
    first = 19 if include_current else 20
    assert np.flatnonzero(outs["ready"])[0] == first
    for i in range(first, len(bars), 17):
        end = i + include_current
        window = bars["close"][max(0, end - 100) : end].reshape(-1, 1)
        expected = scaler(method).fit(window).transform([[bars["close"][i]]])[0, 0]
        assert outs["close"][i] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_before_the_least_number_of_points_nothing_is_said() -> None:
    outs = normalized(lean.quotes("default")[:40], min_points=25)
    assert not outs["ready"][:24].any()
    assert outs["ready"][24:].all()
    for field in (*FIELDS, "volume"):
        assert np.isnan(outs[field][:24]).all()
        assert not np.isnan(outs[field][24:]).any()
    assert not outs["degenerate"].any()


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_open_high_low_and_close_survives(method: Method) -> None:
    outs = normalized(lean.quotes("intraday", lean.MINUTE), method=method)[19:]
    assert (outs["low"] <= np.minimum(outs["open"], outs["close"])).all()
    assert (outs["high"] >= np.maximum(outs["open"], outs["close"])).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("level", [0.1, 100.0, 1e-8, 12_345.678_9])
def test_a_constant_window_gives_exactly_zero_and_its_flag(method: Method, level: float) -> None:
    outs = normalized(make_bars(np.full(300, level)), method=method)[19:]
    assert (outs["close"] == 0).all()
    assert (outs["high"] == 0).all()
    assert outs["degenerate"].all()
    assert (outs["volume"] == 0).all()
    assert outs["volume_degenerate"].all()


@pytest.mark.parametrize("method", METHODS)
def test_a_series_that_stands_still_is_flagged_for_just_the_constant_windows(method: Method) -> None:
    values = constant_in_between()
    outs = normalized(make_bars(values), method=method, window=50, volume_transform="log1p")
    windows = np.lib.stride_tricks.sliding_window_view(values, 50)
    constant = windows.max(axis=1) == windows.min(axis=1)
    quartiles = np.quantile(windows, [0.25, 0.75], axis=1)
    fallback = (quartiles[0] == quartiles[1]) & (method == "robust")
    assert constant.sum() == 101 + 251
    assert outs["degenerate"][49:].tolist() == (constant | fallback).tolist()
    assert (outs["close"][49:][constant] == 0).all()
    assert (outs["close"][49:][~constant] != 0).mean() > 0.8


def test_robust_falls_back_on_sigma_where_the_quartiles_meet() -> None:
    values = np.full(100, 100.0)
    values[::10] = 101.0
    out = normalized(make_bars(values), method="robust")[99]
    assert out["degenerate"]
    assert out["close"] == pytest.approx((values[99] - 100.0) / values.std(), abs=1e-12)
    out = normalized(make_bars(np.append(values[1:], 102.0)), method="robust")[99]
    window = np.append(values[1:], 102.0)
    assert out["close"] == pytest.approx((102.0 - 100.0) / window.std(), rel=1e-12)


def test_outputs_are_clipped_at_ten() -> None:
    values = 100 + 1e-3 * np.random.default_rng(1).normal(size=60)
    values[-1] = 5_000.0
    bars = make_bars(values)
    clipped = normalized(bars, include_current=False, clip=10.0)[-1]
    free = normalized(bars, include_current=False)[-1]
    assert clipped["close"] == 10.0
    assert free["close"] > 1e5
    values[-1] = 1.0
    assert normalized(make_bars(values), include_current=False, clip=10.0)[-1]["close"] == -10.0


def test_including_the_current_bar_bounds_its_zscore() -> None:
    values = 100 + 1e-3 * np.random.default_rng(1).normal(size=100)
    values[-1] = 1e9
    assert normalized(make_bars(values))[-1]["close"] == pytest.approx(np.sqrt(99), rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("include_current", [True, False])
@pytest.mark.parametrize("skipped", [1, 64, 301])
def test_symbols_started_apart_agree_to_the_bit_after_one_window_and_one_time_block(
    method: Method, include_current: bool, skipped: int
) -> None:
    rng = np.random.default_rng(4)
    bars = make_bars(100 * np.exp(np.cumsum(1e-3 * rng.normal(size=800))), volume=rng.lognormal(6, 1, 800))
    bars = bars[rng.random(800) > 0.03]
    chosen: dict[str, Any] = {"method": method, "include_current": include_current, "volume_transform": "log1p"}
    whole, later = normalized(bars, **chosen), normalized(bars[skipped:], **chosen)
    settled = 100 + REBUILD_INTERVALS - 1 + (not include_current)
    assert bits(whole[skipped + settled :]) == bits(later[settled:])


@pytest.mark.parametrize("method", METHODS)
def test_neither_batches_nor_snapshots_show_in_outputs_or_state(method: Method) -> None:
    bars = lean.quotes("bitcoin")
    whole = Symbol(normalizer=Settings(method=method), trust=True)
    expected, outs = whole.feed(bars).tobytes(), []
    state = np.zeros_like(whole.state)
    for part in np.split(bars, [1, 19, 20, 99, 100, 101, 500]):
        fresh = Symbol(normalizer=Settings(method=method), trust=True)
        fresh.state = np.frombuffer(bytearray(state.tobytes()), dtype=state.dtype)
        outs.append(fresh.feed(part).tobytes())
        state = fresh.state
    assert b"".join(outs) == expected
    assert state.tobytes() == whole.state.tobytes()


def test_rejected_bars_are_never_seen() -> None:
    bars = lean.quotes("default")
    dirty = np.insert(bars, [200, 300], bars[[200, 300]])
    dirty["close"][200] = dirty["open"][301] = np.nan
    clean, kept = Symbol().feed(bars), Symbol().feed(dirty)
    accepted = kept["validation"]["accepted"]
    assert np.flatnonzero(~accepted).tolist() == [200, 301]
    for field in (*FIELDS, "volume"):
        np.testing.assert_array_equal(kept["normalization"][field][accepted], clean["normalization"][field])


@pytest.mark.parametrize(
    "fields",
    [{"window": 1}, {"window": 127}, {"window": 20, "min_points": 21}, {"clip": 0}, {"method": "rank"}, {"ddof": 1}],
)
def test_settings_that_cannot_work_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**fields)
