"""All rules together, in a fleet that obeys: caps, kills, blindness, and rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from schemas.control import Control
from tests.support.monitored import Run
from tests.support.portfolio import MINUTE, START, decision
from worker.engine.settings import EngineSettings
from worker.risk.rules.limits import NONE, Limits, of, stricter
from worker.risk.settings import RiskSettings


class Fleet:
    """Workers that hold what their strategy demands, as far as the limits let them."""

    def __init__(self, demands: dict[str, float], engine: dict[str, Any] | None = None, **risk: Any) -> None:
        self.demands, self.held = demands, dict.fromkeys(demands, 0.0)
        self.run = Run(RiskSettings.model_validate(risk), engine=EngineSettings.model_validate(engine or {}))
        self.limits: dict[str, Limits] = {}
        self.minute = 0
        self.realised = 0.0
        self.price = dict.fromkeys(demands, 100.0)

    def step(self, noise: Callable[[str], float] = lambda _: 1.0, **entered: Any) -> Any:
        """One bar of each symbol, and the step after it."""
        for symbol, demand in self.demands.items():
            limits = stricter(self.limits.get("*", NONE), self.limits.get(symbol, NONE))
            wanted = demand * noise(symbol) * limits.risk_mult
            if limits.max_notional is not None:
                wanted = float(np.clip(wanted, -limits.max_notional, limits.max_notional))
            if not limits.allow_open and abs(wanted) > abs(self.held[symbol]):
                wanted = self.held[symbol]
            self.held[symbol] = 0.0 if limits.kill == "close_all" else wanted
            value = decision(
                symbol,
                START + self.minute * MINUTE,
                self.price[symbol],
                self.held[symbol] / self.price[symbol],
                realised=self.realised,
                sigma=0.05,
            )
            self.run.monitor.take(0, self.minute * len(self.demands) + list(self.demands).index(symbol), value)
        self.minute += 1
        found = self.run.step(START + self.minute * MINUTE, **entered)
        for key, text in self.run.outputs[-1].controls:
            self.limits[key] = of(msgspec.json.decode(text, type=Control)) if text else NONE
        return found

    def changes(self, since: int) -> dict[str, int]:
        """Records of each key since a step."""
        found: dict[str, int] = {}
        for output in self.run.outputs[since:]:
            for key, _ in output.controls:
                found[key] = found.get(key, 0) + 1
        return found


def test_a_symbol_that_is_too_large_is_capped_at_nine_tenths_of_its_limit() -> None:
    fleet = Fleet({"A": 25_000.0, "B": 10_000.0})
    first = fleet.step()
    assert [(trip.rule, trip.key, trip.figure, trip.limit) for trip in first.trips] == [("symbol", "A", 0.25, 0.2)]
    assert fleet.limits == {"*": NONE, "A": Limits(max_notional=18_000.0)}
    for _ in range(50):
        fleet.step()
    assert fleet.changes(1) == {}


def test_a_group_is_capped_by_share() -> None:
    names = {f"A{at}": 15_000.0 if at < 4 else 7_500.0 for at in range(6)}  # 75% of the equity
    engine = {"instruments": {name: {"group": "banks"} for name in names}}
    fleet = Fleet(names, engine, max_cluster=10.0)
    assert [(one.rule, one.key) for one in fleet.step().trips] == [("group", "banks")]
    caps = {name: limits.max_notional for name, limits in fleet.limits.items() if name != "*"}
    assert caps == {name: pytest.approx(0.54 * 100_000 * demand / 75_000) for name, demand in names.items()}
    for _ in range(50):
        found = fleet.step()
    assert found.groups[0].gross == pytest.approx(0.54)
    assert fleet.changes(1) == {}


def test_symbols_that_nothing_shows_to_differ_are_one_cluster() -> None:
    fleet = Fleet({f"A{at}": 15_000.0 for at in range(3)})
    found = fleet.step()
    assert [(one.rule, one.key, one.figure) for one in found.trips] == [("cluster", "A0", 0.45)]
    assert {name: limits.max_notional for name, limits in fleet.limits.items() if name != "*"} == {
        f"A{at}": pytest.approx(12_000.0) for at in range(3)
    }


def test_a_cap_follows_the_equity_and_ends_after_twelve_quiet_steps() -> None:
    fleet = Fleet({"A": 25_000.0})
    fleet.step()
    fleet.realised = -1_000.0
    fleet.step()
    assert fleet.limits["A"].max_notional == 18_000.0  # 1% less is not worth a record
    fleet.realised = 6_000.0
    fleet.step()
    assert fleet.limits["A"].max_notional == pytest.approx(0.18 * 106_000)
    fleet.demands["A"] = 16_000.0
    for _ in range(11):
        fleet.step()
    assert fleet.limits["A"] != NONE
    fleet.step()
    assert fleet.limits["A"] == NONE


def test_too_much_in_all_scales_everything() -> None:
    names = {f"A{at}": 16_000.0 * (-1) ** at for at in range(20)}  # gross 3.2, net 0
    fleet = Fleet(names, max_cluster=100.0, max_var99=0.5, max_es99=0.5)
    first = fleet.step()
    assert [(one.rule, one.key, one.figure) for one in first.trips] == [("gross", "*", 3.2)]
    assert fleet.limits == {"*": Limits(risk_mult=0.55, allow_open=False)}
    assert fleet.step().load == pytest.approx(0.88)
    assert fleet.limits == {"*": Limits(risk_mult=0.55)}
    for _ in range(60):
        fleet.step()
    assert fleet.changes(2) == {}


@pytest.mark.parametrize("seed", range(3))
def test_five_percent_around_all_limits_is_at_most_two_records_an_hour(seed: int) -> None:
    rng = np.random.default_rng(seed)
    demands = {f"A{at:02d}": 20_000.0 * (-1) ** at for at in range(10)}  # each at its limit, gross at its own
    fleet = Fleet(demands, max_cluster=100.0, max_var99=0.5, max_es99=0.5)
    for _ in range(5 * 60):
        level = rng.uniform(0.95, 1.05)
        fleet.step(lambda _, level=level: level)  # type: ignore[misc]
    for hour in range(60, 300, 60):
        window = Run.__new__(Run)
        window.outputs = fleet.run.outputs[hour : hour + 60]
        found: dict[str, int] = {}
        for output in window.outputs:
            for key, _ in output.controls:
                found[key] = found.get(key, 0) + 1
        assert max(found.values(), default=0) <= 2, found


def test_a_drawdown_that_trembles_writes_few_records() -> None:
    rng, fleet = np.random.default_rng(1), Fleet({"A": 1_000.0}, day_block=0.5, day_kill=0.5)
    for _ in range(300):
        fleet.realised = -5_000.0 * rng.uniform(0.95, 1.05)
        fleet.step()
    assert fleet.changes(5).get("*", 0) <= 2
    assert fleet.limits["*"] == Limits(risk_mult=0.95)
    fleet.realised = -9_900.0
    fleet.step()
    assert fleet.limits["*"] == Limits(risk_mult=0.5)
    fleet.realised = 0.0
    fleet.step()
    assert fleet.limits["*"] == NONE


def test_short_of_the_hard_drawdown_something_can_still_be_traded() -> None:
    fleet = Fleet({"A": 1_000.0}, day_block=0.5, day_kill=0.5)
    for realised, scale in ((-14_000.0, 0.1), (-14_900.0, 0.05), (-14_999.0, 0.05)):
        fleet.realised = realised
        fleet.step()
        assert fleet.limits["*"] == Limits(risk_mult=scale)
    fleet.realised = -15_000.0
    assert [one.rule for one in fleet.step().trips] == ["drawdown"]
    assert fleet.limits["*"] == Limits(risk_mult=0.0, allow_open=False, kill="close_all")


def test_a_level_shift_is_no_loss_of_the_day() -> None:
    """Seen in a backtest of shares: a split of 7 to 1 that nobody announced stopped the portfolio."""
    run = Run()
    given = [
        decision("A", START, 700.0, held=20.0),
        decision("A", START + MINUTE, 700.0, held=20.0, realised=100.0, unrealised=50.0),
        decision("A", START + 2 * MINUTE, 100.0, realised=-12_000.0, mask=1 << 30),
        decision("A", START + 3 * MINUTE, 100.0, realised=-13_000.0),
    ]
    found = []
    for at, value in enumerate(given):
        run.monitor.take(0, at, value)
        found.append(run.step(START + (at + 1) * MINUTE))
    assert [one.warnings for one in found] == [[], [], ["level_shift"], []]
    assert [one.equity.equity for one in found] == [100_000.0, 100_150.0, 88_000.0, 87_000.0]
    assert [one.equity.day_base for one in found] == [100_000.0, 100_000.0, 87_850.0, 87_850.0]
    assert [one.equity.peak for one in found] == [100_000.0, 100_150.0, 88_000.0, 88_000.0]
    assert not [trip for one in found for trip in one.trips if trip.rule != "symbol"]


def test_a_crash_closes_all_and_an_acknowledgement_lifts_it_next_day() -> None:
    fleet = Fleet({"A": 15_000.0, "B": 15_000.0})
    for _ in range(3):
        fleet.step()
    fleet.realised = -2_000.0  # of each: -4%
    assert [one.rule for one in fleet.step().trips] == ["day", "day_block"]
    assert fleet.limits["*"] == Limits(allow_open=False, kill="close_all")
    assert fleet.step().ordered.gross == 0.0
    fleet.minute = 24 * 60
    assert fleet.step().blocking == ["kill: day"]
    assert fleet.step(acknowledged=["kill"]).blocking == []
    assert fleet.limits["*"] == NONE


def test_an_acknowledgement_lifts_a_kill_though_no_decision_comes() -> None:
    fleet = Fleet({"A": 15_000.0, "B": 15_000.0})
    fleet.step()
    fleet.realised = -2_000.0
    fleet.step()
    fleet.minute = 24 * 60
    assert fleet.step().blocking == ["kill: day"]
    ts = fleet.run.monitor.ts
    assert fleet.run.step(ts).blocking == ["kill: day"]
    lifted = fleet.run.step(ts, acknowledged=["kill"])
    assert (lifted.blocking, lifted.trips) == ([], [])
    (found,) = fleet.run.outputs[-1].controls
    assert of(msgspec.json.decode(found[1] or b"", type=Control)) == NONE


def test_without_equity_all_is_closed_and_it_comes_back() -> None:
    fleet = Fleet({"A": 15_000.0})
    fleet.step()
    fleet.realised = -150_000.0
    found = fleet.step()
    assert [one.rule for one in found.trips] == ["day", "drawdown", "equity", "day_block", "gross", "symbol"]
    assert (found.load, found.ordered.gross, found.equity.equity) == (None, None, -50_000.0)
    assert fleet.limits["*"] == Limits(risk_mult=0.0, allow_open=False, kill="close_all")
    assert fleet.step(acknowledged=["kill"]).ordered.gross == 0.0
    fleet.run.restart()
    fleet.realised = 0.0
    fleet.minute = 24 * 60
    fleet.step(acknowledged=["kill"])
    fleet.minute = 48 * 60
    for _ in range(40):
        found = fleet.step()
    assert (found.blocking, found.multiplier) == ([], 1.0)
    assert fleet.limits["*"] == NONE


def test_what_the_monitor_cannot_see_stops_opens() -> None:
    engine = {"instruments": {"SAP": {"quote": "EUR"}}}
    fleet = Fleet({"SAP": 1_000.0}, engine, fx={"EUR": "EURUSD"})
    assert fleet.step().blocking == ["blind: no rate for SAP"]
    assert not fleet.limits["*"].allow_open
    fleet.run.monitor.take(0, 1_000, decision("EURUSD", START, 1.1))
    assert fleet.run.step(START + 2 * MINUTE, lagging=[0, 3]).blocking == ["blind: behind in partition 0, 3"]
    found = fleet.run.step(START + 4 * MINUTE)
    assert found.blocking == ["blind: no bars of SAP"]


def test_warnings() -> None:
    fleet = Fleet({"A": 1_000.0}, max_turnover=0.03)
    fleet.step()
    fleet.demands["A"] = -1_000.0
    assert fleet.step().warnings == []
    fleet.demands["A"] = 1_000.0
    assert fleet.step().warnings == ["turnover"]
