"""Hysteresis, exits and reductions of a held position."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.support.decide_drive import Desk, action, blocking, instrument, params, reasons
from worker.engine.stages import decision, risk, sizing

FAR = sizing.Settings(stop_atr=20.0, target_atr=40.0)


def holding(final: float = 0.6, **kwargs: Any) -> Desk:
    """A desk that entered at an open of 100 with an ATR of 2; stop and target are far away."""
    desk = Desk(params(size=FAR, **kwargs), instrument(lot=0.01))
    desk.bar(final)
    desk.bar(final)
    assert desk.position["side"] == (1 if final > 0 else -1)
    return desk


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("signed", "act", "reason"),
    [
        (0.60, "hold", "signal"),
        (0.30, "hold", "signal"),
        (0.28, "hold", "hysteresis_hold"),
        (0.101, "hold", "hysteresis_hold"),
        (0.099, "close", "signal_weak"),
        (0.0, "close", "signal_weak"),
        (-0.28, "close", "signal_weak"),
        (-0.30, "close", "signal_flip"),
    ],
)
def test_a_position_stays_until_the_signal_has_left(side: int, signed: float, act: str, reason: str) -> None:
    row = holding(side * 0.6).bar(side * signed)
    name = ("signal_long" if side > 0 else "signal_short") if reason == "signal" else reason
    assert action(row) == act
    assert reasons(row) == {name}
    assert row["decision"]["side"] == (-side if act == "close" else 0)


def test_a_flip_closes_first_and_opens_after_the_cool_down() -> None:
    desk = holding(0.6)
    actions = [action(desk.bar(-0.6)) for _ in range(8)]
    assert actions == ["close", "hold", "hold", "hold", "hold", "open_short", "hold", "hold"]
    assert desk.position["side"] == -1


def test_a_signal_that_is_not_ready_closes_nothing() -> None:
    row = holding().bar(0.0, rsi_14=math.nan, macd_hist=math.nan, ema_12=math.nan, bb_pctb_20=math.nan)
    assert action(row) == "hold"
    assert reasons(row) == {"warmup"}


def test_a_position_is_closed_after_its_longest_time() -> None:
    desk = holding(rules=decision.Settings(max_holding_bars=5))
    rows = [desk.bar(0.6) for _ in range(4)]
    assert [action(row) for row in rows] == ["hold", "hold", "hold", "close"]
    assert reasons(rows[-1]) == {"max_holding"}
    assert rows[-1]["decision"]["position"]["bars_held"] == 5


def test_a_crisis_closes() -> None:
    row = holding().bar(0.6, code=5)
    assert action(row) == "close"
    assert {"regime_exit"} <= reasons(row)


def test_a_poor_bar_may_close_but_leaves_a_held_position_alone() -> None:
    assert action(holding().bar(0.6, level=1)) == "hold"
    assert action(holding().bar(0.0, level=1)) == "close"
    assert action(holding().bar(0.6, level=1, atr_14=8.0)) == "reduce"


def test_a_quarantine_bar_holds_whatever_else_says() -> None:
    row = holding(kill=False).bar(-0.9, quarantine=True, code=5)
    assert action(row) == "hold"
    assert blocking(row) == "data_quarantine"
    assert reasons(row) == {"data_quarantine"}


@pytest.mark.parametrize("side", [1, -1])
def test_the_trailing_stop_starts_after_the_gain_and_decides_at_the_close(side: int) -> None:
    desk = holding(side * 0.6)
    desk.bar(side * 0.6, close=100 + side * 2.9)
    assert not desk.position["trailing"]
    desk.bar(side * 0.6, close=100 + side * 3.1)
    assert desk.position["trailing"]
    assert desk.position["trail"] == pytest.approx(100 + side * 3.1 - side * 4.0)
    row = desk.bar(side * 0.6, close=100 + side * 1.0, low=98.0, high=102.0)
    assert action(row) == "hold"
    row = desk.bar(side * 0.6, close=100 - side * 1.0)
    assert action(row) == "close"
    assert reasons(row) == {"trailing_stop"}


@pytest.mark.parametrize("side", [1, -1])
def test_the_trailing_stop_never_retreats(side: int) -> None:
    desk = holding(side * 0.6)
    rng = np.random.default_rng(11)
    trail = -math.inf
    for gain in 4.0 + np.cumsum(np.abs(rng.normal(0.0, 0.3, 60))):
        row = desk.bar(side * 0.6, close=100 + side * float(gain), atr_14=float(rng.uniform(1.0, 6.0)))
        if action(row) == "close" or desk.position["side"] == 0:
            break
        assert side * float(desk.position["trail"]) >= trail
        trail = side * float(desk.position["trail"])
    assert trail > -math.inf


def test_more_volatility_reduces_the_position_to_its_target() -> None:
    desk = holding()
    before = float(desk.position["qty"])
    assert action(desk.bar(0.6, atr_14=2.0 / 0.75)) == "hold"
    row = desk.bar(0.6, atr_14=4.0)
    assert action(row) == "reduce"
    target = float(row["sizing"]["qty"])
    assert target < 0.7 * before
    assert row["decision"]["qty"] == pytest.approx(before - target)
    desk.bar(0.6, atr_14=4.0)
    assert desk.position["qty"] == pytest.approx(target)
    assert desk.position["opened"] == before


def test_a_drop_of_g_reduces_once() -> None:
    desk = holding(limits=risk.Settings(scale_trend=1.0, scale_range=1.0, scale_high_vol=0.8))
    before = float(desk.position["qty"])
    row = desk.bar(0.6, code=4, rsi_14=38.0)
    assert action(row) == "reduce"
    desk.bar(0.6, code=4)
    assert desk.position["qty"] == pytest.approx(0.8 * before, abs=0.02)
    assert {action(desk.bar(0.6, code=4)) for _ in range(10)} == {"hold"}


def test_a_fading_signal_does_not_reduce() -> None:
    desk = holding()
    assert {action(desk.bar(final)) for final in (0.5, 0.4, 0.3, 0.2, 0.11)} == {"hold"}


def test_a_target_below_the_smallest_order_closes() -> None:
    desk = holding()
    desk.inst["min_qty"] = float(desk.position["qty"])
    row = desk.bar(0.6, atr_14=2.2)
    assert action(row) == "close"
    assert reasons(row) == {"signal_long", "below_min_size"}
