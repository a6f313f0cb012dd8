"""Entries at the next open, exits, stops and targets of a position that a strategy wants."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.support.decide_drive import action, blocking, instrument, params, reasons
from tests.support.follow_drive import FREE, FollowDesk, follow_params
from worker.engine.asking.intent import CIRCUIT_OPEN, FLAT, LONG, RAISED, SHORT, WARMING_UP
from worker.engine.stages import execution, risk

SIDES = pytest.mark.parametrize("side", [LONG, SHORT])


def held(side: int = LONG, p: Any = None, **said: float) -> FollowDesk:
    """A desk that has entered 100 units at 100."""
    desk = FollowDesk(p)
    desk.say(side=side, qty=100, **said)
    desk.say()
    assert (desk.position["side"], desk.position["qty"], desk.position["entry"]) == (side, 100.0, 100.0)
    return desk


@SIDES
def test_an_entry_fills_at_the_next_open(side: int) -> None:
    desk = FollowDesk()
    row = desk.say(side=side, qty=50)
    assert action(row) == ("open_long" if side > 0 else "open_short")
    assert reasons(row) == {"strategy"}
    assert (row["decision"]["side"], row["decision"]["qty"], row["decision"]["notional"]) == (side, 50.0, 5_000.0)
    assert math.isnan(row["decision"]["stop"])
    assert math.isnan(row["decision"]["target"])
    row = desk.say(open=101.0, close=102.0)
    assert (desk.position["entry"], row["decision"]["position"]["unrealised"]) == (101.0, side * 50.0)
    assert action(row) == "hold"
    assert reasons(row) == set()


@SIDES
def test_a_position_stays_until_the_strategy_leaves_it(side: int) -> None:
    desk = held(side)
    assert [action(desk.say(side=side)) for _ in range(3)] == ["hold"] * 3
    row = desk.say(side=FLAT)
    assert (action(row), row["decision"]["qty"], row["decision"]["side"]) == ("close", 100.0, -side)
    trade = desk.say(open=110.0, close=111.0)["execution"]["trade"]
    assert (trade["closed"], trade["reason"], trade["exit"], trade["pnl"]) == (True, 30, 110.0, side * 1_000.0)


@SIDES
def test_the_rules_of_the_engine_do_not_hold_unless_they_are_named(side: int) -> None:
    desk = held(side)
    rows = [desk.say(final=-side * 0.9, code=5) for _ in range(100)]
    assert {action(row) for row in rows} == {"hold"}


@pytest.mark.parametrize(
    ("rule", "fields", "reason"),
    [
        ("regime_exit", {"code": 5}, "regime_exit"),
        ("hysteresis", {"final": 0.05}, "signal_weak"),
        ("max_holding", {}, "max_holding"),
    ],
)
def test_a_named_rule_closes(rule: str, fields: dict[str, float], reason: str) -> None:
    desk = FollowDesk(follow_params(rules=[rule]))
    desk.say(side=LONG, qty=10, final=0.9)
    rows = [desk.say(final=0.9) for _ in range(95)]
    assert {action(row) for row in rows} == {"hold"}
    row = desk.say(**{"final": 0.9, **fields})
    assert (action(row), reasons(row)) == ("close", {reason} | {"max_holding"} & {rule})


@pytest.mark.parametrize(
    ("rule", "fields", "reason"),
    [("crisis_block", {"code": 5}, "crisis_block"), ("hysteresis", {"final": 0.1}, "signal_weak")],
)
def test_a_named_rule_blocks(rule: str, fields: dict[str, float], reason: str) -> None:
    for rules, wanted in (([], None), ([rule], reason)):
        row = FollowDesk(follow_params(rules=rules)).say(side=LONG, qty=10, **fields)
        assert (action(row), blocking(row)) == ("hold" if wanted else "open_long", wanted)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"level": 1}, "quality_gate"), ({"quarantine": True}, "data_quarantine")],
)
def test_gates_of_the_data_always_hold(fields: dict[str, float], reason: str) -> None:
    row = FollowDesk().say(side=LONG, qty=10, **fields)
    assert (action(row), blocking(row)) == ("hold", reason)
    assert {"strategy", reason} <= reasons(row)


@pytest.mark.parametrize(
    ("control", "reason"),
    [
        ({"kill": True}, "kill_switch"),
        ({"allow_open": False}, "control_block"),
        ({"risk_mult": 0.0}, "control_block"),
        ({"version": 1, "ts": 0}, "control_stale"),
    ],
)
def test_controls_always_hold(control: dict[str, Any], reason: str) -> None:
    row = FollowDesk(follow_params(params(**control))).say(side=LONG, qty=10)
    assert (action(row), blocking(row)) == ("hold", reason)


def test_a_kill_switch_closes() -> None:
    desk = held()
    desk.follow.risk.limits["kill"] = True
    row = desk.say(side=LONG)
    assert (action(row), reasons(row)) == ("close", {"kill_switch"})
    desk.follow.risk.limits["kill"] = False


def test_a_cool_down_holds_after_an_exit() -> None:
    costs = execution.Settings(cool_down_bars=2, half_spread_bps=0, slippage_bps=0, fee_bps=0, participation=0)
    desk = held(p=follow_params(FREE._replace(execution=costs.params())))
    desk.say(side=FLAT)
    rows = [desk.say(side=LONG, qty=10) for _ in range(4)]
    assert [action(row) for row in rows] == ["hold", "hold", "hold", "open_long"]
    assert blocking(rows[0]) == "cool_down"


def test_without_a_cool_down_the_bar_of_the_exit_may_enter() -> None:
    desk = held(stop=95.0)
    row = desk.say(side=SHORT, qty=10, close=94.0, open=96.0)
    assert row["execution"]["trade"]["closed"]
    assert action(row) == "open_short"


@SIDES
def test_stop_and_target_hold_from_the_bar_of_the_entry(side: int) -> None:
    for low, high, level, reason in ((94.0, 106.0, 95.0, 4), (99.0, 106.0, 105.0, 5)):
        desk = FollowDesk()
        desk.say(side=side, qty=10, stop=100.0 - side * 5.0, target=100.0 + side * 5.0)
        low, high = (low, high) if side > 0 else (200.0 - high, 200.0 - low)
        level = level if side > 0 else 200.0 - level
        trade = desk.say(open=100.0, low=low, high=high)["execution"]["trade"]
        assert (trade["closed"], trade["reason"], trade["exit"]) == (True, reason, level)


@SIDES
def test_a_stop_that_is_moved_holds_from_the_next_bar(side: int) -> None:
    desk = held(side, stop=100.0 - side * 5.0)
    near = 100.0 - side * 1.0
    low, high = min(near, 100.0), max(near, 100.0)
    row = desk.say(stop=near, low=low, high=high)
    assert not row["execution"]["trade"]["closed"]
    assert row["decision"]["position"]["stop"] == near
    trade = desk.say(low=low, high=high)["execution"]["trade"]
    assert (trade["closed"], trade["exit"]) == (True, near)


def test_levels_lie_on_the_tick_grid() -> None:
    row = FollowDesk(inst=instrument(tick=0.5)).say(side=LONG, qty=10, stop=95.2, target=104.9)
    assert (row["decision"]["stop"], row["decision"]["target"]) == (95.0, 104.5)


@pytest.mark.parametrize(("gap", "fills"), [("cancel", False), ("fill", True)])
def test_an_open_beyond_the_stop(gap: Any, fills: bool) -> None:
    costs = execution.Settings(half_spread_bps=0, slippage_bps=0, fee_bps=0, participation=0, gap=gap)
    desk = FollowDesk(follow_params(FREE._replace(execution=costs.params())))
    desk.say(side=LONG, qty=10, stop=95.0)
    row = desk.say(open=94.0, close=96.0)
    trade = row["execution"]["trade"]
    assert (trade["closed"], "stale_order" in reasons(row)) == (fills, not fills)
    if fills:
        assert (trade["entry"], trade["exit"]) == (94.0, 94.0)


@pytest.mark.parametrize(
    ("said", "qty"),
    [
        ({"qty": 12.9}, 12.0),
        ({"share": 0.05}, 500.0),
        ({"risk": 0.001, "stop": 95.0}, 200.0),
        ({"stop": 95.0}, 1_000.0 * 0.7),  # 0.5% of the budget at the stop, times the range regime's factor
        ({"stop": 95.0, "strength": 0.5}, 500.0 * 0.7),
    ],
)
def test_sizes(said: dict[str, float], qty: float) -> None:
    assert FollowDesk().say(side=LONG, **said)["decision"]["qty"] == qty


def test_the_control_record_scales_every_size() -> None:
    limits = risk.Settings(budget=1_000_000, position_limit=10, liquidity=0)
    for said in ({"qty": 100}, {"share": 0.01}, {"risk": 0.0005, "stop": 95.0}):
        desk = FollowDesk(follow_params(params(limits=limits, risk_mult=0.25)))
        assert desk.say(side=LONG, **said)["decision"]["qty"] == 25.0


def test_limits_hold_for_every_size() -> None:
    limits = risk.Settings(budget=1_000_000, position_limit=0.2, liquidity=0.00001)
    p = follow_params(FREE._replace(risk=limits.params()))
    row = FollowDesk(p).say(side=LONG, qty=5_000)
    assert (row["decision"]["qty"], reasons(row)) == (100.0, {"strategy", "budget_cap", "liquidity_gate"})
    row = FollowDesk(p, inst=instrument(lot=1.0, min_qty=200)).say(side=LONG, qty=5_000)
    assert (action(row), blocking(row)) == ("hold", "below_min_size")


def test_the_own_size_needs_the_features_of_the_engine() -> None:
    row = FollowDesk().say(side=LONG, atr_14=math.nan)
    assert (action(row), blocking(row)) == ("hold", "warmup")
    assert action(FollowDesk().say(side=LONG, qty=10, atr_14=math.nan)) == "open_long"


def test_a_strategy_that_warms_up_asks_for_nothing() -> None:
    row = FollowDesk().say(status=WARMING_UP)
    assert (action(row), reasons(row), blocking(row)) == ("hold", {"warmup"}, "warmup")


@pytest.mark.parametrize("status", [RAISED, CIRCUIT_OPEN])
@pytest.mark.parametrize(("on_failure", "act"), [("hold", "hold"), ("close", "close")])
def test_a_failure_keeps_the_position_or_leaves_it(status: int, on_failure: str, act: str) -> None:
    desk = held(p=follow_params(on_failure=on_failure), stop=95.0)
    row = desk.say(status=status)
    assert (action(row), reasons(row)) == (act, {"strategy_fallback"})
    assert row["decision"]["position"]["stop"] == 95.0


def test_a_position_is_cut_where_the_control_record_scales_it_down() -> None:
    desk = held()
    desk.follow.risk.limits["risk_mult"] = 0.95
    assert action(desk.say()) == "hold"
    desk.follow.risk.limits["risk_mult"] = 0.5
    row = desk.say()
    assert (action(row), row["decision"]["qty"], reasons(row)) == ("reduce", 50.0, {"budget_cap"})
    assert action(desk.say()) == "hold"
    assert desk.position["qty"] == 50.0
    desk.follow.risk.limits["risk_mult"] = 1.0
