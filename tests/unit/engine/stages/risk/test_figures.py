"""Volatility, value at risk, traded value and the factors of g."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support.decide_drive import Desk, instrument
from worker.engine.stages import risk
from worker.engine.stages.risk import volatility

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("inst", "bars"),
    [({}, 252.0), ({"bars_per_year": 365.0}, 365.0), ({"bars_per_year": 1638.0, "calendar": 0}, 1638.0)],
)
def test_volatility_is_annualised_by_the_bars_of_a_year(inst: dict[str, float], bars: float) -> None:
    row = Desk(inst=instrument(**inst)).bar(vol_yz_20=0.013)
    assert row["risk"]["sigma_ann"] == pytest.approx(0.013 * math.sqrt(bars), rel=1e-15)


@pytest.mark.parametrize(
    ("days", "hours", "interval", "bars"),
    [
        (365.0, 24.0, 60_000, 525_600.0),
        (365.0, 24.0, DAY_MS, 365.0),
        (365.0, 24.0, 7 * DAY_MS, 365.0 / 7),
        (252.0, 6.5, HOUR_MS, 1_764.0),
        (252.0, 6.5, 5 * 60_000, 252.0 * 78),
        (252.0, 6.5, 60_000, 252.0 * 390),
        (252.0, 6.5, DAY_MS, 252.0),
        (252.0, 6.5, 7 * DAY_MS, 365.0 / 7),
        (260.0, 24.0, 4 * HOUR_MS, 1_560.0),
    ],
)
def test_bars_of_a_year_come_from_days_and_hours(days: float, hours: float, interval: int, bars: float) -> None:
    row = risk.Settings(year_days=days, day_hours=hours).params().rows[0]
    assert volatility.bars_per_year(instrument()[0], interval, row) == pytest.approx(bars, rel=1e-15)


@pytest.mark.parametrize(
    ("inst", "bars", "days"),
    [
        ({}, 252.0, 252.0),
        ({"bars_per_year": 52.0}, 52.0, 52.0),
        ({"bars_per_year": 1638.0, "calendar": 0}, 1638.0, 252.0),
    ],
)
def test_one_day_loss_figures_of_the_position(inst: dict[str, float], bars: float, days: float) -> None:
    desk = Desk(inst=instrument(**inst))
    flat = desk.bar(0.6)
    assert (flat["risk"]["var99"], flat["risk"]["es99"]) == (0.0, 0.0)
    row = desk.bar(0.6)
    exposure = float(desk.position["qty"]) * 100.0 / 100_000.0
    day = 0.01 * math.sqrt(bars / days) * exposure
    z = 2.3263478740408408
    assert row["risk"]["var99"] == pytest.approx(z * day, rel=1e-14)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    assert row["risk"]["es99"] == pytest.approx(density / 0.01 * day, rel=1e-14)


def test_the_constant_of_the_expected_shortfall_is_the_normal_one() -> None:
    z = volatility.Z_99
    assert math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / 0.01 == pytest.approx(volatility.ES_99, rel=1e-15)
    assert 0.5 * math.erfc(z / math.sqrt(2)) == pytest.approx(0.01, rel=1e-13)


def test_loss_figures_of_a_held_position_are_unknown_without_volatility() -> None:
    desk = Desk()
    desk.bar(0.6)
    assert math.isnan(desk.bar(0.6, vol_yz_20=math.nan)["risk"]["var99"])


@pytest.mark.parametrize(("code", "g"), [(0, 0.5), (1, 1.0), (2, 1.0), (3, 0.7), (4, 0.5), (5, 0.0)])
def test_the_regime_scales_the_size(code: int, g: float) -> None:
    row = Desk().bar(0.6, code=code)
    assert row["risk"]["g_regime"] == g
    assert row["risk"]["g"] == g


@pytest.mark.parametrize(("level", "g"), [(1, 0.0), (2, 0.5), (3, 1.0), (4, 1.0)])
def test_quality_scales_new_positions_only(level: int, g: float) -> None:
    row = Desk().bar(0.6, level=level)
    assert row["risk"]["g_quality"] == g
    assert row["risk"]["g"] == pytest.approx(0.7 * g)
    assert row["risk"]["g_held"] == 0.7


def test_the_liquidity_cap_is_a_hundredth_of_the_mean_traded_value_of_20_bars() -> None:
    desk = Desk(warm=False, inst=instrument(multiplier=2.0))
    values = []
    rng = np.random.default_rng(5)
    for n in range(50):
        close, volume = float(rng.uniform(50, 150)), float(rng.uniform(1e3, 1e5))
        values.append(close * volume * 2.0)
        cap = desk.bar(0.0, close=close, volume=volume)["risk"]["liquidity_cap"]
        if n < 19:
            assert math.isnan(cap)
        else:
            assert cap == pytest.approx(0.01 * math.fsum(values[-20:]) / 20, rel=1e-14)
