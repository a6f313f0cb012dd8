"""Quantity, stop and target against the formulas, and their rounding."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.decide_drive import Desk, action, blocking, instrument, params, reasons
from worker.engine.stages import risk, sizing

SOLO: dict[str, Any] = {"limits": risk.Settings(position_limit=10.0, max_notional=1e12)}


def wanted(final: float, close: float, atr: float, sigma: float, stop: float) -> float:
    fixed = 0.005 * 100_000 / abs(close - stop)
    level = 100_000 * 0.15 / (sigma * math.sqrt(252)) / close
    return min(fixed, level) * min(abs(final) / 0.70, 1.0) * 0.7


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.36, 0.95),
    st.sampled_from([1, -1]),
    st.floats(1.0, 5_000.0),
    st.floats(0.005, 0.05),
    st.floats(0.003, 0.03),
)
def test_quantity_is_the_smaller_method_scaled(size: float, side: int, close: float, range_: float, vol: float) -> None:
    desk = Desk(params(**SOLO), instrument(tick=0.0, lot=0.0))
    final, atr = side * size, close * range_
    row = desk.bar(final, close=close, atr_14=atr, vol_yz_20=vol)
    stop = close - side * 2.5 * atr
    assert row["sizing"]["stop"] == pytest.approx(stop, rel=1e-12)
    assert row["sizing"]["target"] == pytest.approx(close + side * 4 * atr, rel=1e-12)
    assert row["sizing"]["qty"] == pytest.approx(wanted(final, close, atr, vol, stop), rel=1e-9)


@pytest.mark.parametrize(("final", "stop", "target"), [(0.6, 95.0, 108.0), (-0.6, 105.25, 92.25)])
def test_stop_rounds_away_from_the_entry_and_target_toward_it(final: float, stop: float, target: float) -> None:
    desk = Desk(inst=instrument(tick=0.25))
    row = desk.bar(final, close=100.1, atr_14=2.0)
    assert (row["sizing"]["stop"], row["sizing"]["target"]) == (stop, target)


def test_quantity_is_floored_to_the_lot() -> None:
    free = Desk(inst=instrument(lot=0.0)).bar(0.6)["sizing"]["qty"]
    lots = Desk(inst=instrument(lot=7.0)).bar(0.6)["sizing"]["qty"]
    assert lots == math.floor(free / 7.0) * 7.0 < free


@pytest.mark.parametrize("limit", [{"min_qty": 100.0}, {"min_notional": 50_000.0}, {"lot": 1_000.0}])
def test_below_the_smallest_order_nothing_is_opened(limit: dict[str, float]) -> None:
    row = Desk(inst=instrument(**limit)).bar(0.6)
    assert action(row) == "hold"
    assert blocking(row) == "below_min_size"
    assert reasons(row) == {"signal_long", "below_min_size"}


def test_fair_quality_halves_a_new_position() -> None:
    good = Desk(inst=instrument(lot=0.0)).bar(0.6)["sizing"]["qty"]
    fair = Desk(inst=instrument(lot=0.0)).bar(0.6, level=2)["sizing"]["qty"]
    assert fair == pytest.approx(good / 2, rel=1e-12)


def test_the_budget_share_caps_the_notional() -> None:
    row = Desk(params(limits=risk.Settings(position_limit=0.02))).bar(0.6)
    assert row["sizing"]["qty"] == 20.0
    assert "budget_cap" in reasons(row)


def test_the_traded_value_caps_the_notional() -> None:
    desk = Desk()
    desk.carry["risk"]["traded"]["values"] = 100_000.0
    row = desk.bar(0.6, volume=1_000.0)
    assert row["sizing"]["qty"] == 10.0
    assert reasons(row) == {"signal_long", "liquidity_gate"}
    assert action(row) == "open_long"


@pytest.mark.parametrize("desk", [Desk(warm=False)])
def test_unknown_traded_value_blocks(desk: Desk) -> None:
    row = desk.bar(0.6)
    assert action(row) == "hold"
    assert blocking(row) == "liquidity_gate"


@pytest.mark.parametrize("fields", [{"atr_14": 0.0}, {"vol_yz_20": 0.0}, {"close": 0.0}])
def test_a_degenerate_market_has_no_size(fields: dict[str, float]) -> None:
    row = Desk(inst=instrument(allow_non_positive_price=True)).bar(0.6, **fields)
    assert row["sizing"]["qty"] == 0.0
    assert blocking(row) == "below_min_size"


def test_full_size_is_reached_at_the_full_score() -> None:
    def factor(final: float) -> float:
        return float(Desk().bar(final)["sizing"]["factor"])

    assert factor(0.35) == pytest.approx(0.5)
    assert factor(-0.7) == pytest.approx(1.0)
    assert factor(0.9) == 1.0
    assert float(Desk(params(size=sizing.Settings(full_score=0.9))).bar(0.45)["sizing"]["factor"]) == pytest.approx(0.5)
