"""Limit and stop entries, and the orders that change a held position."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.decide_drive import action, blocking, instrument, params, reasons
from tests.support.follow_drive import FREE, FollowDesk, follow_params
from worker.engine.asking.intent import FLAT, LIMIT, LONG, MARKET, SHORT, STOP
from worker.engine.reasons import Reason
from worker.engine.stages import execution

SIDES = pytest.mark.parametrize("side", [LONG, SHORT])


def mirrored(side: int, **prices: float) -> dict[str, float]:
    """The bar as a short position sees it: prices mirrored at 100."""
    if side > 0:
        return prices
    swapped = {"high": "low", "low": "high"}
    return {swapped.get(name, name): 200.0 - value for name, value in prices.items()}


def waiting(side: int, kind: int, price: float, p: Any = None, **said: float) -> FollowDesk:
    desk = FollowDesk(p)
    row = desk.say(side=side, qty=100, entry=kind, price=price, **said)
    assert action(row) == ("open_long" if side > 0 else "open_short")
    assert (desk.said["kind"], desk.said["price"]) == (kind, price)
    return desk


@SIDES
@pytest.mark.parametrize(
    ("bar", "entry"),
    [
        ({"open": 100.0, "low": 98.0, "high": 101.0}, None),  # a touch is no fill
        ({"open": 100.0, "low": 97.99, "high": 101.0}, 98.0),
        ({"open": 97.5, "low": 97.0, "high": 101.0}, 97.5),
        ({"open": 98.0, "low": 98.0, "high": 101.0}, 98.0),
    ],
)
def test_a_limit_is_traded_through_or_opened_beyond(side: int, bar: dict[str, float], entry: float | None) -> None:
    desk = waiting(side, LIMIT, 98.0 if side > 0 else 102.0)
    row = desk.say(**mirrored(side, close=100.0, **bar))
    if entry is None:
        assert desk.position["side"] == 0
        assert reasons(row) == {"stale_order"}
    else:
        assert (desk.position["side"], desk.position["entry"]) == (side, mirrored(side, x=entry)["x"])


@SIDES
@pytest.mark.parametrize(
    ("bar", "entry"),
    [
        ({"open": 100.0, "low": 99.0, "high": 101.99}, None),
        ({"open": 100.0, "low": 99.0, "high": 102.0}, 102.0),
        ({"open": 103.0, "low": 99.0, "high": 104.0}, 103.0),
    ],
)
def test_a_stop_entry_fills_at_a_touch_or_at_the_open_beyond(
    side: int, bar: dict[str, float], entry: float | None
) -> None:
    desk = waiting(side, STOP, 102.0 if side > 0 else 98.0)
    desk.say(**mirrored(side, close=100.0, **bar))
    assert desk.position["side"] == (0 if entry is None else side)
    if entry is not None:
        assert desk.position["entry"] == mirrored(side, x=entry)["x"]


def test_costs_of_entries() -> None:
    costs = execution.Settings(half_spread_bps=50, slippage_bps=100, fee_bps=0, participation=0)
    p = follow_params(FREE._replace(execution=costs.params()))
    for kind, price, low, high, entry in ((LIMIT, 98.0, 97.0, 100.0, 98.0), (STOP, 102.0, 100.0, 103.0, 102.0 * 1.01)):
        desk = waiting(LONG, kind, price, p)
        desk.say(low=low, high=high)
        assert desk.position["entry"] == entry


def test_an_entry_waits_for_its_bars() -> None:
    desk = waiting(LONG, LIMIT, 98.0, bars=3)
    rows = [desk.say() for _ in range(3)]
    assert [action(row) for row in rows] == ["open_long", "open_long", "hold"]
    assert [int(row["decision"]["qty"]) for row in rows] == [100, 100, 0]
    assert reasons(rows[0]) == {"strategy"}
    assert reasons(rows[2]) == {"stale_order"}
    desk.say(low=90.0)
    assert desk.position["side"] == 0


def test_an_entry_that_waits_fills_later() -> None:
    desk = waiting(LONG, STOP, 102.0, bars=5, stop=99.0)
    desk.say()
    desk.say(high=103.0, low=100.0)
    assert (desk.position["entry"], desk.position["stop"]) == (102.0, 99.0)
    assert desk.standing["kind"] == MARKET


def test_an_entry_that_waits_can_be_cancelled_moved_or_replaced() -> None:
    desk = waiting(LONG, LIMIT, 98.0, bars=9)
    assert action(desk.say(side=FLAT)) == "hold"
    desk.say(low=90.0)
    assert desk.position["side"] == 0
    desk = waiting(LONG, LIMIT, 98.0, bars=9)
    row = desk.say(stop=95.0, target=104.0)
    assert (action(row), row["decision"]["stop"], row["decision"]["target"]) == ("open_long", 95.0, 104.0)
    row = desk.say(side=SHORT, qty=7)
    assert (action(row), row["decision"]["qty"], desk.standing["kind"]) == ("open_short", 7.0, MARKET)


@pytest.mark.parametrize(
    ("fields", "reason"), [({"level": 1}, "quality_gate"), ({"quarantine": True}, "data_quarantine")]
)
def test_gates_hold_for_an_entry_that_waits(fields: dict[str, Any], reason: str) -> None:
    desk = waiting(LONG, LIMIT, 98.0, bars=9)
    row = desk.say(**fields)
    assert (action(row), blocking(row)) == ("hold", reason)
    desk.say(low=90.0)
    assert desk.position["side"] == 0


def test_the_control_record_scales_an_entry_that_waits() -> None:
    desk = waiting(LONG, LIMIT, 98.0, follow_params(FREE._replace(risk=params().risk)), bars=9)
    desk.follow.risk.limits["risk_mult"] = 0.5
    assert [desk.say()["decision"]["qty"] for _ in range(2)] == [50.0, 50.0]


@SIDES
def test_the_stop_may_hit_in_the_bar_of_a_limit_entry_and_the_target_not(side: int) -> None:
    prices = mirrored(side, stop=97.0, target=101.0)
    desk = waiting(side, LIMIT, 98.0 if side > 0 else 102.0, **prices)
    row = desk.say(**mirrored(side, open=100.0, low=97.5, high=103.0, close=100.0))
    assert not row["execution"]["trade"]["closed"]
    # Nor where the bar opens beyond the limit: one rule for all limit entries, on the safe side.
    desk = waiting(side, LIMIT, 98.0 if side > 0 else 102.0, **prices)
    row = desk.say(**mirrored(side, open=97.6, low=97.5, high=103.0, close=100.0))
    assert (desk.position["side"], row["execution"]["trade"]["closed"]) == (side, False)
    desk = waiting(side, LIMIT, 98.0 if side > 0 else 102.0, **prices)
    trade = desk.say(**mirrored(side, open=100.0, low=96.0, high=103.0, close=100.0))["execution"]["trade"]
    assert (trade["reason"], trade["entry"], trade["exit"]) == (
        Reason.stop_loss,
        *mirrored(side, a=98.0, b=97.0).values(),
    )


@SIDES
def test_stop_and_target_may_hit_in_the_bar_of_a_stop_entry(side: int) -> None:
    prices = mirrored(side, stop=101.0, target=104.0)
    for low, exit_, reason in ((101.5, 104.0, Reason.take_profit), (99.0, 101.0, Reason.stop_loss)):
        desk = waiting(side, STOP, 102.0 if side > 0 else 98.0, **prices)
        bar = mirrored(side, open=min(low, 100.0), low=min(low, 100.0) if low < 100 else 100.0, high=105.0, close=103.0)
        if reason == Reason.take_profit:
            bar = mirrored(side, open=101.6, low=low, high=105.0, close=103.0)
        trade = desk.say(**bar)["execution"]["trade"]
        assert (trade["reason"], trade["exit"]) == (reason, mirrored(side, x=exit_)["x"])


def held(side: int = LONG, p: Any = None, **said: float) -> FollowDesk:
    desk = FollowDesk(p)
    desk.say(side=side, qty=100, **said)
    desk.say()
    assert desk.position["side"] == side
    return desk


@SIDES
def test_a_reversal_changes_sides_at_one_open(side: int) -> None:
    desk = held(side)
    row = desk.say(side=-side, qty=40, stop=100.0 + side * 9.0)
    assert (action(row), row["decision"]["side"], row["decision"]["qty"]) == ("reverse", -side, 140.0)
    assert row["decision"]["stop"] == 100.0 + side * 9.0
    row = desk.say(open=102.0, close=101.0)
    trade = row["execution"]["trade"]
    assert (trade["closed"], trade["side"], trade["exit"], trade["pnl"]) == (True, side, 102.0, side * 200.0)
    assert (desk.position["side"], desk.position["qty"], desk.position["entry"]) == (-side, 40.0, 102.0)
    assert not desk.said["earlier"]["closed"]


def test_both_trades_of_a_bar_are_told() -> None:
    desk = held()
    desk.say(side=SHORT, qty=40, stop=103.0)
    row = desk.say(open=101.0, high=104.0, low=100.0)
    first, second = desk.said["earlier"], row["execution"]["trade"]
    assert (first["closed"], first["side"], first["qty"], first["exit"]) == (True, LONG, 100.0, 101.0)
    assert (second["closed"], second["side"], second["qty"], second["exit"]) == (True, SHORT, 40.0, 103.0)


def test_a_reversal_into_a_gap_closes_only() -> None:
    desk = held()
    desk.say(side=SHORT, qty=40, stop=103.0)
    row = desk.say(open=104.0, close=104.0)
    assert (row["execution"]["trade"]["exit"], desk.position["side"]) == (104.0, 0)
    assert reasons(row) == {"stale_order"}


def test_a_reversal_that_a_gate_forbids_closes_only() -> None:
    desk = held()
    row = desk.say(side=SHORT, qty=40, level=1)
    assert (action(row), blocking(row), row["decision"]["qty"]) == ("close", "quality_gate", 100.0)


def test_a_cool_down_forbids_a_reversal() -> None:
    costs = execution.Settings(cool_down_bars=3, half_spread_bps=0, slippage_bps=0, fee_bps=0, participation=0)
    desk = held(p=follow_params(FREE._replace(execution=costs.params())))
    row = desk.say(side=SHORT, qty=40)
    assert (action(row), blocking(row)) == ("close", "cool_down")


def test_a_reversal_larger_than_the_volume_closes_first() -> None:
    costs = execution.Settings(participation=0.1, half_spread_bps=0, slippage_bps=0, fee_bps=0, cool_down_bars=0)
    p = follow_params(FREE._replace(execution=costs.params()))
    for volume, side, qty in ((1_200.0, SHORT, 20.0), (1_000.0, 0, 0.0), (500.0, LONG, 50.0)):
        desk = held(p=p)
        desk.say(side=SHORT, qty=40)
        row = desk.say(volume=volume)
        assert (desk.position["side"], desk.position["qty"]) == (side, qty)
        assert "partial_fill" in reasons(row)


def test_an_increase_enters_at_the_mean_price() -> None:
    desk = held()
    row = desk.say(side=LONG, qty=150, resize=1)
    assert (action(row), row["decision"]["side"], row["decision"]["qty"]) == ("increase", LONG, 50.0)
    desk.say(open=103.0, close=103.0)
    assert (desk.position["qty"], desk.position["entry"], desk.position["opened"]) == (150.0, 101.0, 150.0)
    desk.say(side=FLAT)
    trade = desk.say(open=104.0)["execution"]["trade"]
    assert (trade["qty"], trade["entry"], trade["pnl"]) == (150.0, 101.0, 450.0)


@SIDES
def test_a_reduction_keeps_the_entry(side: int) -> None:
    desk = held(side)
    row = desk.say(side=side, qty=30, resize=1)
    assert (action(row), row["decision"]["side"], row["decision"]["qty"]) == ("reduce", -side, 70.0)
    desk.say(open=103.0, close=103.0)
    assert (desk.position["qty"], desk.position["entry"]) == (30.0, 100.0)
    assert desk.position["realised"] == side * 70.0 * 3.0


def test_a_position_keeps_its_size_unless_told_otherwise() -> None:
    desk = held()
    assert action(desk.say(side=LONG, qty=500)) == "hold"
    assert action(desk.say(side=LONG, qty=100.4, resize=1)) == "hold"
    assert action(desk.say(side=LONG, qty=0, resize=1)) == "close"


def test_gates_forbid_an_increase_and_no_reduction() -> None:
    desk = held()
    row = desk.say(side=LONG, qty=150, resize=1, level=1)
    assert (action(row), blocking(row)) == ("hold", "quality_gate")
    assert action(desk.say(side=LONG, qty=50, resize=1, level=1)) == "reduce"
    desk = FollowDesk(inst=instrument(min_qty=20))
    desk.say(side=LONG, qty=100)
    desk.say()
    row = desk.say(side=LONG, qty=110, resize=1)
    assert (action(row), blocking(row)) == ("hold", "below_min_size")


def test_an_increase_by_risk_counts_to_the_stop_in_force() -> None:
    desk = held(stop=95.0)
    row = desk.say(side=LONG, risk=0.001, resize=1)  # 1,000 of a million at 5 a unit
    assert (action(row), row["decision"]["qty"]) == ("increase", 100.0)
    row = desk.say(side=LONG, risk=0.001, resize=1, stop=99.0)
    assert (action(row), row["decision"]["qty"]) == ("increase", 800.0)


def test_a_level_shift_cancels_what_waits() -> None:
    desk = waiting(LONG, LIMIT, 98.0, bars=9)
    row = desk.say(close=50.0, shift=True, quarantine=True)
    assert {"stale_order", "level_shift"} <= reasons(row)
    assert desk.standing["kind"] == MARKET
    assert desk.pending["action"] == 0
