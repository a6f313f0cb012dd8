"""Losses under shocks, against plain numpy, and the limits that they would trip."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.monitored import Run, log
from tests.support.portfolio import MINUTE, START, decision
from worker.engine.settings import EngineSettings
from worker.risk.figures.covariance import WINDOW
from worker.risk.settings import RiskSettings
from worker.risk.stress import Shock, Stress

ENGINE = EngineSettings.model_validate(
    {"instruments": {f"S{at:03d}": {"group": "even" if at % 2 == 0 else "odd"} for at in range(8)}}
)
RISK = RiskSettings.model_validate({"returns": "1m", "capital": 20_000.0})


def state(risk: RiskSettings, minutes: int, seed: int = 1) -> dict[str, bytes]:
    """The state of a portfolio of made-up traders."""
    run = Run(risk, 1, ENGINE)
    for offset, value in log(12, 1, minutes, seed)[0]:
        run.monitor.take(0, offset, value)
        if (due := run.monitor.due([False])) is not None:
            run.step(due)
    while (due := run.monitor.due([True])) is not None:
        run.step(due)
    return run.state


def positions(*held: float, risk: dict[str, Any] | None = None) -> Stress:
    """A portfolio of S000, S001, … at a price of 100, at its first step."""
    run = Run(RiskSettings.model_validate(risk or {}), 1, ENGINE)
    for at, qty in enumerate(held):
        run.monitor.take(0, at, decision(f"S{at:03d}", START, 100.0, qty))
    run.step(START + MINUTE)
    return Stress(run.risk, ENGINE, run.state)


@pytest.mark.parametrize("minutes", [100, WINDOW + 90])
@pytest.mark.parametrize("rows", [1, 5, 20])
def test_the_worst_window_is_that_of_numpy(rows: int, minutes: int) -> None:
    found = Stress(RISK, ENGINE, state(RISK, minutes))
    shock = found.past(rows)
    assert shock is not None
    returns, held = found._returns, found.held.ordered
    assert found.unmodelled == []
    windows = np.lib.stride_tricks.sliding_window_view(1.0 + returns, rows, axis=0).prod(axis=-1) - 1.0
    results = windows @ held
    worst = int(results.argmin())
    assert np.allclose(shock.returns, windows[worst], rtol=0.0, atol=1e-12)
    after = found.after(shock)
    assert after.loss == pytest.approx(-results.min(), abs=1e-9)
    assert after.equity == pytest.approx(found.now.equity + results.min(), abs=1e-9)
    assert np.allclose(after.losses, -held * windows[worst], rtol=0.0, atol=1e-9)
    gross = np.abs(held * (1.0 + windows[worst])).sum()
    assert after.measured.exposure.gross == pytest.approx(gross, abs=1e-9)
    assert (minutes, shock.ended_ts) != (minutes, None)
    # The rows of minutes end at each minute; the newest one is that of the last step.
    assert (found.ts - (shock.ended_ts or 0)) // MINUTE == len(windows) - 1 - worst


def test_fewer_rows_than_a_window_have_none() -> None:
    found = Stress(RISK, ENGINE, state(RISK, 10))
    assert found.past(5) is not None
    assert found.past(20) is None


def test_a_symbol_with_too_few_returns_moves_against_its_position() -> None:
    run = Run(RISK, 1, ENGINE)
    for minute in range(3):
        for at, qty in enumerate((50.0, -20.0)):
            run.monitor.take(0, 2 * minute + at, decision(f"S{at:03d}", START + minute * MINUTE, 100.0, qty, sigma=0.4))
        run.step(START + (minute + 1) * MINUTE)
    found = Stress(RISK, ENGINE, run.state)
    assert found.unmodelled == ["S000", "S001"]
    shock = found.past(1)
    assert shock is not None
    daily = 0.4 / np.sqrt(ENGINE.value_of("risk", "year_days", "S000"))
    move = 2.3263478740408408 * daily / np.sqrt(24 * 60)
    assert np.allclose(shock.returns, [-move, move], rtol=1e-12)


def test_the_narrowest_of_given_shocks_counts() -> None:
    found = positions(50.0, 50.0, 50.0, 50.0)
    shock = found.given("given", {"all": -0.05, "odd": -0.10, "S003": -0.20})
    assert shock.returns.tolist() == [-0.05, -0.10, -0.05, -0.20]
    after = found.after(shock)
    assert after.losses.tolist() == pytest.approx([250.0, 500.0, 250.0, 1_000.0])
    assert after.loss == pytest.approx(2_000.0)
    assert after.equity == pytest.approx(98_000.0)
    assert found.by_group(after.losses) == {"even": pytest.approx(500.0), "odd": pytest.approx(1_500.0)}
    assert after.measured.exposure.gross == pytest.approx(18_000.0)
    assert after.measured.exposure.shares(after.equity)[0] == pytest.approx(18_000.0 / 98_000.0)


def test_a_gain_of_a_short_is_a_negative_loss() -> None:
    found = positions(50.0, -100.0)
    after = found.after(found.given("given", {"all": -0.10}))
    assert after.losses.tolist() == pytest.approx([500.0, -1_000.0])
    assert after.equity == pytest.approx(100_500.0)


def test_orders_for_the_next_open_count() -> None:
    run = Run(RiskSettings(), 1, ENGINE)
    run.monitor.take(0, 0, decision("S000", START, 100.0, action="open_long", side=1, qty=40.0))
    run.monitor.take(0, 1, decision("S001", START, 100.0, 40.0, action="close", side=-1, qty=40.0))
    run.step(START + MINUTE)
    found = Stress(run.risk, ENGINE, run.state)
    assert found.after(found.given("given", {"all": -0.10})).losses.tolist() == pytest.approx([400.0, 0.0])


def rules(found: Stress, move: float) -> set[tuple[str, str]]:
    return {(trip.rule, trip.key) for trip in found.after(found.given("given", {"all": move})).trips}


def test_limits_that_would_trip_are_told() -> None:
    calm: dict[str, Any] = dict.fromkeys(("max_var99", "max_es99"), 1.0) | {"max_cluster": 10.0, "max_group": 0.5}
    found = positions(150.0, 150.0, 150.0, 150.0, -100.0, -100.0, risk=calm)
    assert rules(found, 0.0) == set()
    assert rules(found, -0.02) == set()  # 0.8% of the equity
    assert rules(found, -0.04) == {("day_block", "*")}
    assert rules(found, -0.10) == {("day_block", "*"), ("day", "*")}
    assert rules(found, -0.15) == {("day_block", "*"), ("day", "*"), ("drawdown_soft", "*")}
    assert rules(found, -0.40) >= {("day", "*"), ("drawdown", "*")}
    symbols = {("symbol", f"S00{at}") for at in range(4)}  # 30,000 of 140,000 each
    assert rules(found, 1.0) == symbols | {("group", "even"), ("group", "odd")}  # 80,000 each


def test_a_shock_that_takes_all_equity_leaves_no_share() -> None:
    found = positions(1_500.0, risk={"max_symbol": 20.0, "max_gross": 20.0})
    after = found.after(found.given("given", {"S000": -0.9}))
    assert after.equity == pytest.approx(-35_000.0)
    assert after.measured.exposure.shares(after.equity)[0] == float("inf")
    assert {"equity", "day", "drawdown", "gross", "symbol"} <= {trip.rule for trip in after.trips}


def test_unknown_names_are_found() -> None:
    found = positions(50.0, 50.0)
    assert found.unknown(["all", "S000", "even", "S007", "banks"]) == ["S007", "banks"]


@given(st.lists(st.floats(-0.99, 2.0), min_size=6, max_size=6))
def test_losses_add_up(moves: list[float]) -> None:
    found = positions(150.0, -150.0, 150.0, 150.0, -100.0, 100.0)
    after = found.after(Shock("drawn", np.array(moves)))
    assert after.loss == pytest.approx(float(np.sum(after.losses)), abs=1e-9)
    assert after.equity == pytest.approx(found.now.equity - after.loss, abs=1e-6)
    assert sum(found.by_group(after.losses).values()) == pytest.approx(after.loss, abs=1e-9)
    shares = found.held.ordered * (1.0 + np.array(moves))
    assert after.measured.exposure.net == pytest.approx(float(shares.sum()), abs=1e-6)
