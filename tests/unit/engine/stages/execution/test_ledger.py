"""The position's accounting against a plain ledger that sees the bars and the published decisions only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.decide_drive import instrument, params, random_rows, run
from worker.engine.stages import risk, sizing
from worker.engine.state.layout import CARRY

LOT = 0.5
# Sized by volatility, which changes at every bar: many reductions; a short drawdown cool-down: many trades.
BUSY = params(
    limits=risk.Settings(dd_cool_down_bars=30, position_limit=5.0, max_notional=1e6),
    size=sizing.Settings(risk_fraction=0.05),
)


@dataclass
class Ledger:
    """Cash and units held; a broker that follows the published decisions."""

    cash: float = 0.0
    units: float = 0.0
    stop: float = math.nan
    target: float = math.nan
    trades: list[float] = field(default_factory=list)
    start: float = 0.0

    def trade(self, units: float, price: float) -> None:
        if self.units == 0.0:
            self.start = self.cash
        self.cash -= units * price + abs(units) * price * 5e-4
        self.units = round((self.units + units) / LOT) * LOT
        if self.units == 0.0:
            self.trades.append(self.cash - self.start)

    def at_open(self, order: Any, bar: Any) -> None:
        price = bar["open"] * (1 + order["side"] * 3e-4)
        opening = order["action"] in (1, 2)
        if opening:
            good = sorted((order["stop"], bar["open"], order["target"])) == [
                *((order["stop"], bar["open"], order["target"])[:: int(order["side"])])
            ]
            if not good or bar["open"] in (order["stop"], order["target"]):
                return
        units = min(order["qty"], math.floor(bar["volume"] * 0.1 / LOT + 1e-9) * LOT)
        if units > 0.0:
            self.trade(units * order["side"], price)
            if opening:
                self.stop, self.target = order["stop"], order["target"]

    def inside(self, bar: Any) -> None:
        if self.units > 0 and bar["low"] <= self.stop:
            self.trade(-self.units, min(bar["open"], self.stop) * (1 - 2e-4))
        elif self.units < 0 and bar["high"] >= self.stop:
            self.trade(-self.units, max(bar["open"], self.stop) * (1 + 2e-4))
        elif self.units > 0 and bar["high"] >= self.target:
            self.trade(-self.units, max(bar["open"], self.target))
        elif self.units < 0 and bar["low"] <= self.target:
            self.trade(-self.units, min(bar["open"], self.target))

    def bar(self, order: Any, bar: Any, checked: Any) -> None:
        if checked["shift"]:
            if self.units != 0.0:
                self.trade(-self.units, bar["close"] * (1 - math.copysign(3e-4, self.units)))
            return
        if order is not None and order["qty"] > 0 and not checked["expired"]:
            self.at_open(order, bar)
        self.inside(bar)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_realised_and_unrealised_equal_cash_and_holdings(seed: int) -> None:
    bars, outs = random_rows(seed, 400)
    carry = np.zeros(1, CARRY)
    run(carry, instrument(lot=LOT), bars, outs, BUSY)
    ledger, order, closed = Ledger(), None, []
    for bar, out in zip(bars, outs, strict=True):
        published = out["decision"]
        ledger.bar(order, bar, out["validation"])
        held = published["position"]
        sign = {0: 0.0, 1: 1.0, 2: -1.0}[int(held["state"])]
        assert sign * held["qty"] == ledger.units
        result = ledger.cash + ledger.units * bar["close"]
        assert held["realised"] + held["unrealised"] == pytest.approx(result, abs=0.0101)  # cents, rounded twice
        if out["execution"]["trade"]["closed"]:
            closed.append(float(out["execution"]["trade"]["pnl"]))
        order = None if out["validation"]["shift"] else published
    final = float(carry[0]["position"]["realised"] + carry[0]["position"]["unrealised"])
    assert final == pytest.approx(ledger.cash + ledger.units * bars[-1]["close"], abs=1e-6)
    assert closed == pytest.approx(ledger.trades, abs=1e-6)


def test_the_random_sequences_trade_enough_to_mean_something() -> None:
    bars, outs = random_rows(3, 4_000)
    run(np.zeros(1, CARRY), instrument(lot=LOT), bars, outs, BUSY)
    trades = outs["execution"]["trade"]
    assert trades["closed"].sum() > 50
    assert set(trades["side"][trades["closed"]]) == {-1, 1}
    assert (outs["decision"]["action"] == 4).sum() > 5
