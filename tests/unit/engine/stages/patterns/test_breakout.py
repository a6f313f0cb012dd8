"""Donchian breakouts use the previous 20 bars, decay with age and turn round when they fail within three bars."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.features_drive import drive, make_bars
from tests.support.features_series import Series, market_series
from tests.support.oracle_report import record
from tests.unit.engine.stages.patterns.reference import event_column
from tests.unit.engine.stages.patterns.series import outputs
from worker.engine.stages.patterns import EVENTS

NAMES = tuple(event.name for event in EVENTS)


def _path(*closes: float) -> NDArray[np.float64]:
    """25 quiet bars between 99 and 101, then these closes (each bar spans close ± 0.5)."""
    close = np.concatenate([np.full(25, 100.0), np.array(closes)])
    spread = np.concatenate([np.ones(25), np.full(len(closes), 0.5)])
    bars = make_bars(close, close + spread, close - spread, close, np.ones(close.size))
    values: NDArray[np.float64] = drive(bars)["patterns"]["breakout"]
    return values[25:]


def _decay(*ages: int) -> list[float]:
    return [0.5 ** (age / 5) for age in ages]


def test_no_breakout_inside_the_channel() -> None:
    assert _path(100.9, 99.1, 101.0, 99.0).tolist() == [0.0] * 4


def test_a_breakout_decays_from_one() -> None:
    assert _path(103.0, 103.1, 103.2, 103.0) == pytest.approx(_decay(0, 1, 2, 3), abs=1e-15)


def test_a_higher_close_beyond_the_new_channel_renews_it() -> None:
    assert _path(103.0, 103.2, 104.0) == pytest.approx(_decay(0, 1, 0), abs=1e-15)


def test_a_return_within_three_bars_is_the_opposite_event() -> None:
    assert _path(103.0, 102.0, 102.0, 100.5, 100.4) == pytest.approx([*_decay(0, 1, 2), -1.0, -_decay(1)[0]], abs=1e-15)


def test_a_return_after_more_than_three_bars_is_none() -> None:
    assert _path(103.0, 102.0, 102.0, 102.0, 100.5) == pytest.approx(_decay(0, 1, 2, 3, 4), abs=1e-15)


def test_a_failure_does_not_fail_itself() -> None:
    assert _path(103.0, 100.5, 102.0) == pytest.approx([1.0, -1.0, -_decay(1)[0]], abs=1e-15)


def test_downward_breakouts_mirror_upward_ones() -> None:
    closes = (103.0, 102.0, 100.5, 97.0, 96.0)
    mirrored = tuple(200.0 - close for close in closes)
    assert _path(*mirrored).tolist() == [-value for value in _path(*closes)]


def test_an_old_breakout_ends_at_zero() -> None:
    values = _path(103.0, *([102.0] * 110))
    assert values[100] == pytest.approx(0.5**20)
    assert (values[101:] == 0.0).all()


class Expected(NamedTuple):
    """The signal and the strengths of the events of each bar."""

    signal: list[float]
    breakout: list[int]
    volume: list[int]
    failed: list[int]


def _strength(distance: float, atr: float) -> int:
    return min(max(round(100 * distance / atr), 1), 10_000)


def _expected(s: Series, atr: NDArray[np.float64]) -> Expected:
    """The definition, bar by bar over plain lists."""
    n = s.close.size
    result = Expected([float("nan")] * n, [0] * n, [0] * n, [0] * n)
    direction, since, broken, level = 0, 0, 0, 0.0
    for t in range(20, n):
        upper, lower, close = max(s.high[t - 20 : t]), min(s.low[t - 20 : t]), s.close[t]
        since += 1
        if close > upper or close < lower:
            direction, since, broken = (1, 0, 1) if close > upper else (-1, 0, -1)
            level = upper if broken > 0 else lower
            result.breakout[t] = broken * _strength(abs(close - level), atr[t])
            mean = np.mean(s.volume[t - 20 : t])
            result.volume[t] = 100 * broken if mean > 0 and s.volume[t] / mean >= 1.5 else 0
        elif broken and since <= 3 and (close - level) * broken <= 0:
            direction, since, broken = -broken, 0, 0
            result.failed[t] = 100 * direction
        result.signal[t] = direction * 0.5 ** (since / 5) if since <= 100 else 0.0
    return result


@pytest.mark.parametrize("name", ["sp500", "ticks", "stretched", "spiked"])
def test_breakouts_equal_the_definition_on_whole_series(name: str) -> None:
    rows, series = outputs(name), market_series()[name]
    expected = _expected(series, rows["features"]["atr_14"])
    found = rows["patterns"]
    np.testing.assert_array_equal(np.isnan(found["breakout"]), np.isnan(expected.signal))
    record(f"breakout signal {name}", float(np.nanmax(np.abs(found["breakout"] - expected.signal))), 1e-14)
    for event, strengths in zip(("breakout", "breakout_volume", "breakout_failed"), expected[1:], strict=True):
        np.testing.assert_array_equal(event_column(found, NAMES, event), strengths)
        assert any(strengths)
