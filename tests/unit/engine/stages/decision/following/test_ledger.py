"""Random answers against a plain broker that sees the bars and the published decisions only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.decide_drive import instrument, params
from tests.support.examples import drawn
from tests.support.follow_drive import FollowDesk, follow_params
from worker.engine.asking.intent import FLAT, KEEP, LIMIT, LONG, MARKET, SHORT, STOP
from worker.engine.stages import execution, risk
from worker.engine.stages.decision import Action

LOT, SLIP, SPREAD, FEE, SHARE = 0.5, 2e-4, 1e-4, 5e-4, 0.1
BARS = 150
COSTS = execution.Settings(
    half_spread_bps=1, slippage_bps=2, fee_bps=5, participation=SHARE, cool_down_bars=0, stop_cool_down_bars=0
)
LIMITS = risk.Settings(budget=1_000_000, position_limit=0.5, liquidity=0, vol_gate=1000, dd_hard=1, dd_soft=0.9)


def lots(units: float) -> float:
    return math.floor(units / LOT + 1e-9) * LOT


@dataclass
class Broker:
    """Cash and units held; what stands is said anew at every close."""

    cash: float = 0.0
    units: float = 0.0
    trades: list[float] = field(default_factory=list)
    start: float = 0.0

    def trade(self, units: float, price: float) -> None:
        if self.units == 0.0:
            self.start = self.cash
        self.cash -= units * price + abs(units) * price * FEE
        self.units = round((self.units + units) / LOT) * LOT
        if self.units == 0.0:
            self.trades.append(self.cash - self.start)

    def close(self, price: float) -> None:
        self.trade(-self.units, price)

    def price_of(self, order: Any, said: Any, bar: Any) -> tuple[float, float] | None:
        """Price without and with costs; None where the bar does not reach it."""
        side, price, open_ = int(order["side"]), said["price"], bar["open"]
        if said["kind"] == MARKET:
            return open_, open_ * (1 + side * (SLIP + SPREAD))
        if said["kind"] == LIMIT:
            if side * (price - open_) >= 0.0:
                return open_, open_
            far = bar["low"] if side > 0 else bar["high"]
            return (price, price) if side * (price - far) > 0.005 else None
        far = bar["high"] if side > 0 else bar["low"]
        if side * (far - price) < 0.0:
            return None
        worse = max(open_, price) if side > 0 else min(open_, price)
        return worse, worse * (1 + side * SLIP)

    def at_order(self, order: Any, said: Any, bar: Any) -> tuple[float, bool]:
        """Fill what stands; return the price from which the rest of the bar counts, and whether the target may hit."""
        if not order["qty"] > 0.0 or (found := self.price_of(order, said, bar)) is None:
            return bar["open"], True
        quoted, price = found
        side, action = int(order["side"]), Action(int(order["action"]))
        opens = action in (Action.open_long, Action.open_short)
        stop = -side * math.inf if math.isnan(order["stop"]) else order["stop"]
        target = side * math.inf if math.isnan(order["target"]) else order["target"]
        beyond = not (side * (quoted - stop) > 0.0 and side * (target - quoted) > 0.0)
        if opens and beyond:
            return bar["open"], True
        qty = min(order["qty"], lots(SHARE * bar["volume"]))
        if action == Action.reverse:
            held = min(qty, abs(self.units))
            if held:
                self.trade(side * held, price)
            qty = 0.0 if beyond or self.units != 0.0 else lots(qty - held)
        if qty > 0.0:
            self.trade(side * qty, price)
        return quoted, said["kind"] != LIMIT

    def inside(self, stop: float, target: float, start: float, sure: bool, bar: Any) -> None:
        side = math.copysign(1, self.units)
        near, far = (bar["low"], bar["high"]) if side > 0 else (bar["high"], bar["low"])
        if side * (near - stop) <= 0.0:
            self.close((min if side > 0 else max)(start, stop) * (1 - side * SLIP))
        elif sure and side * (far - target) >= 0.0:
            self.close((max if side > 0 else min)(start, target))


def answers(rng: np.random.Generator, close: float, held: float) -> dict[str, float]:
    """Something to say, sound or not."""
    side = int(rng.choice([KEEP, LONG, SHORT, FLAT], p=[0.5, 0.2, 0.2, 0.1]))
    resize = held != 0.0 and rng.random() < 0.3
    side = int(held) if resize else side
    said: dict[str, float] = {"side": side, "resize": int(resize)}
    if side in (LONG, SHORT):
        size = rng.choice(["qty", "share", "risk", "own"])
        if size != "own":
            said[size] = {"qty": 800.0, "share": 0.2, "risk": 0.01}[size] * rng.uniform(0.0, 2.0)
        if not resize and rng.random() < 0.4:
            kind = int(rng.choice([LIMIT, STOP]))
            away = side if kind == STOP else -side
            said |= {"entry": kind, "price": close * (1 + away * rng.uniform(0, 0.03)), "bars": int(rng.integers(1, 6))}
    level = said.get("price", close)
    if rng.random() < 0.5:
        said["stop"] = level * (1 - (side if abs(side) == 1 else rng.choice([-1, 1])) * rng.uniform(-0.002, 0.05))
    if rng.random() < 0.3:
        said["target"] = level * (1 + (side if abs(side) == 1 else rng.choice([-1, 1])) * rng.uniform(-0.002, 0.06))
    return said


def played(seed: int) -> dict[str, int]:
    """Play random bars and answers; return how often each action came."""
    rng, broker, seen = np.random.default_rng(seed), Broker(), dict.fromkeys(Action.__members__, 0)
    p = follow_params(params(costs=COSTS, limits=LIMITS), on_failure=str(rng.choice(["hold", "close"])))
    desk = FollowDesk(p, instrument(lot=LOT, tick=0.01))
    closes = np.round(100.0 * np.exp(np.cumsum(rng.normal(0, 0.015, BARS))), 2)
    decided = said = None
    for close in closes.tolist():
        open_ = round(close * math.exp(rng.normal(0, 0.01)), 2)
        bar = {
            "open": open_,
            "close": close,
            "high": round(max(open_, close) * math.exp(rng.exponential(0.008)), 2),
            "low": round(min(open_, close) * math.exp(-rng.exponential(0.008)), 2),
            "volume": float(rng.choice([0.0, 2_000.0, 1e5, 1e7])),
        }
        shift, expired = bool(rng.random() < 0.01), bool(rng.random() < 0.01)
        row = desk.say(
            **answers(rng, close, float(desk.position["side"])),
            **bar,
            shift=shift,
            expired=expired and not shift,
            quarantine=shift,
        )
        if shift:
            if broker.units:
                broker.close(close * (1 - math.copysign(SLIP + SPREAD, broker.units)))
        elif decided is not None:
            start, sure = (open_, True) if expired else broker.at_order(decided, said, bar)
            if broker.units:
                # Of the order that changed sides in this bar, or of the position at the close before.
                levels = (
                    decided if math.copysign(1, broker.units) != side_of(decided["position"]) else decided["position"]
                )
                broker.inside(*protection(levels, broker.units), start, sure, bar)
        decided, said = row["decision"].copy(), row["said"].copy()
        if shift:
            decided["qty"] = 0.0  # it tells of the close at this bar, and leaves no order
        seen[Action(int(decided["action"])).name] += 1
        position = decided["position"]
        held = side_of(position) * position["qty"]
        assert held == broker.units
        value = broker.cash + broker.units * close
        assert desk.pnl == pytest.approx(value, abs=1e-6 * max(1.0, abs(value)) + 1e-5)
        trades = [trade for trade in (row["said"]["earlier"], row["execution"]["trade"]) if trade["closed"]]
        if trades:
            assert [float(trade["pnl"]) for trade in trades] == pytest.approx(broker.trades[-len(trades) :], abs=1e-5)
        cap = 0.5 * 1_000_000
        assert decided["action"] not in (1, 2) or decided["qty"] * min(close, said["price"]) <= cap * (1 + 1e-9)
    return seen


def side_of(position: Any) -> float:
    return {0: 0.0, 1: 1.0, 2: -1.0}[int(position["state"])]


def protection(decided: Any, units: float) -> tuple[float, float]:
    """Stop and target, infinite for none."""
    side = math.copysign(1, units)
    stop, target = decided["stop"], decided["target"]
    return (
        -side * math.inf if math.isnan(stop) else stop,
        side * math.inf if math.isnan(target) else target,
    )


@settings(max_examples=drawn(15, 80), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_broker_that_follows_the_decisions_has_the_same_position_and_result(seed: int) -> None:
    played(seed)


def test_every_action_was_followed() -> None:
    total: dict[str, int] = {}
    for seed in range(12):
        for name, count in played(seed).items():
            total[name] = total.get(name, 0) + count
    assert min(total.values()) > 10, total
