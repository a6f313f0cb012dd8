"""Fills of the pending order at the next open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.decide_drive import Desk, action, instrument, params, reasons
from worker.engine.stages import execution

COST = 3e-4  # half spread 1 bp + slippage 2 bp
FEE = 5e-4


def opened(final: float = 0.6, **fields: Any) -> Desk:
    """A desk whose order was filled at an open of 100 and which holds 60 units."""
    desk = Desk(**fields)
    assert action(desk.bar(final)) in {"open_long", "open_short"}
    return desk


@pytest.mark.parametrize(("final", "side"), [(0.6, 1), (-0.6, -1)])
def test_an_order_fills_at_the_next_open_with_costs_and_fee(final: float, side: int) -> None:
    desk = opened(final)
    assert desk.position["side"] == 0
    qty = float(desk.pending["qty"])
    row = desk.bar(final, open=101.0, close=101.5)
    price = 101.0 * (1 + side * COST)
    assert desk.position["side"] == side
    assert desk.position["qty"] == qty
    assert desk.position["entry"] == pytest.approx(price, rel=1e-15)
    assert desk.position["realised"] == pytest.approx(-qty * price * FEE, rel=1e-12)
    assert desk.position["unrealised"] == pytest.approx(side * qty * (101.5 - price), rel=1e-12)
    assert row["execution"]["traded"] == pytest.approx(qty * price, rel=1e-12)
    assert desk.pending["action"] == 0


def test_the_fill_uses_stop_and_target_of_the_deciding_bar() -> None:
    desk = opened()
    stop, target = float(desk.pending["stop"]), float(desk.pending["target"])
    assert (stop, target) == (95.0, 108.0)
    desk.bar(0.6, open=101.0, close=101.0, atr_14=9.0)
    assert (desk.position["stop"], desk.position["target"], desk.position["atr"]) == (95.0, 108.0, 2.0)


def test_a_closing_order_fills_at_the_next_open_with_costs() -> None:
    desk = opened()
    desk.bar(0.6)
    qty, entry = float(desk.position["qty"]), float(desk.position["entry"])
    assert action(desk.bar(0.0)) == "close"
    row = desk.bar(0.0, open=99.0, close=99.0)
    price = 99.0 * (1 - COST)
    trade = row["execution"]["trade"]
    assert desk.position["side"] == 0
    assert desk.position["unrealised"] == 0.0
    assert trade["closed"]
    assert not trade["suspect"]
    assert trade["exit"] == pytest.approx(price)
    assert trade["pnl"] == pytest.approx(qty * (price - entry) - qty * FEE * (price + entry), rel=1e-12)
    assert trade["pnl"] == pytest.approx(float(desk.position["realised"]), rel=1e-12)


def test_an_order_takes_at_most_a_tenth_of_the_volume() -> None:
    desk = opened()
    row = desk.bar(0.6, volume=119.0)
    assert "partial_fill" in reasons(row)
    assert desk.position["qty"] == 11.0
    assert desk.pending["action"] == 0


def test_a_bar_without_volume_fills_nothing() -> None:
    desk = opened()
    row = desk.bar(0.0, volume=0.0)
    assert "partial_fill" in reasons(row)
    assert desk.position["side"] == 0
    assert desk.position["realised"] == 0.0


def test_a_participation_of_zero_means_no_limit() -> None:
    desk = opened(p=params(costs=execution.Settings(participation=0.0)))
    row = desk.bar(0.6, volume=0.0)
    assert "partial_fill" not in reasons(row)
    assert desk.position["side"] == 1


def test_a_partly_filled_close_keeps_the_rest_open_and_is_decided_again() -> None:
    desk = opened()
    desk.bar(0.6)
    held = float(desk.position["qty"])
    desk.bar(0.0)
    row = desk.bar(0.0, volume=100.0)
    assert desk.position["qty"] == held - 10.0
    assert "partial_fill" in reasons(row)
    assert action(row) == "close"
    row = desk.bar(0.0)
    assert desk.position["side"] == 0
    assert row["execution"]["trade"]["qty"] == held


@pytest.mark.parametrize("event", ["shift", "expired"])
def test_an_order_does_not_survive_a_new_reference(event: str) -> None:
    desk = opened()
    row = desk.bar(0.6, **{event: True})
    assert "stale_order" in reasons(row)
    assert desk.position["side"] == 0
    assert row["execution"]["traded"] == 0.0


@pytest.mark.parametrize("price", [94.0, 95.0, 108.0, 120.0])
def test_an_open_beyond_stop_or_target_cancels_the_order(price: float) -> None:
    desk = opened()
    row = desk.bar(0.0, open=price, close=price)
    assert "stale_order" in reasons(row)
    assert desk.position["side"] == 0


def test_without_a_lot_any_part_is_filled() -> None:
    desk = opened(inst=instrument(lot=0.0))
    desk.bar(0.6, volume=123.45)
    assert desk.position["qty"] == pytest.approx(12.345, rel=1e-15)


def test_the_multiplier_scales_result_and_fee() -> None:
    desk = opened(inst=instrument(multiplier=10.0, lot=0.1))
    desk.bar(0.6)
    qty, entry = float(desk.position["qty"]), float(desk.position["entry"])
    desk.bar(0.6, close=101.0, open=100.0)
    assert desk.position["realised"] == pytest.approx(-10 * qty * entry * FEE, rel=1e-12)
    assert desk.position["unrealised"] == pytest.approx(10 * qty * (101.0 - entry), rel=1e-12)


def test_costs_make_a_negative_price_worse_too() -> None:
    desk = Desk()
    row = desk.bar(0.6, close=-30.0)
    assert action(row) == "open_long"
    desk.bar(0.6, close=-30.0)
    assert desk.position["entry"] == pytest.approx(-30.0 * (1 - COST))
    assert np.isfinite(desk.pnl)
    assert desk.pnl < 0.0
