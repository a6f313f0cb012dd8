"""The books agree with each other: trades with equity, days with bars, the parts with the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.unit.backtest.market import market
from worker.backtest.ledger import BARS, REJECTED, TRADES, EntryCost, Ledger
from worker.backtest.metrics.days import buy_and_hold, daily, together
from worker.backtest.metrics.metrics import curves, figures, rejection_codes, summary
from worker.backtest.metrics.trading import kupiec
from worker.backtest.player import Player
from worker.backtest.tape import tapes
from worker.engine.profiles import PROFILES
from worker.engine.settings import EngineSettings

DAY = 86_400_000


@pytest.fixture(scope="module")
def ledgers() -> list[Ledger]:
    """The market's ledgers."""
    player = Player(EngineSettings())
    return [player.play(tape) for tape in tapes(market())]


def made(close: list[float], equity: list[float], *, rebased: int | None = None) -> Ledger:
    """A ledger of daily bars from 1970-01-01, a Thursday."""
    bars = np.zeros(len(close), BARS)
    bars["ts"] = DAY * np.arange(len(close))
    bars["close_ts"] = bars["ts"] + DAY
    bars["close"], bars["equity"] = close, equity
    if rebased is not None:
        bars["rebased"][rebased] = True
    return Ledger("X", 100.0, bars, np.zeros(0, TRADES), np.zeros(0, REJECTED), DAY)


def test_closed_trades_and_the_open_one_are_the_equity(ledgers: list[Ledger]) -> None:
    traded = [ledger for ledger in ledgers if len(ledger.trades)]
    assert traded
    for ledger in traded:
        flat = np.flatnonzero(ledger.bars["qty"] == 0)[-1]
        closed = ledger.trades["exit_ts"] <= ledger.bars["close_ts"][flat]
        gained = ledger.bars["equity"][flat] - ledger.budget
        assert gained == pytest.approx(float(ledger.trades["pnl"][closed].sum()), abs=1e-5)


def test_slippage_is_what_the_configured_costs_are_of_the_traded_value(ledgers: list[Ledger]) -> None:
    costs = EngineSettings().execution.costs(PROFILES["equity"])
    for ledger in ledgers:
        paid, traded = float(ledger.bars["slippage"].sum()), float(ledger.bars["traded"].sum())
        assert paid <= traded * costs["spread_and_slip"] * (1 + 1e-3)
        assert float(ledger.bars["fees"].sum()) == pytest.approx(traded * costs["fee"], abs=1e-9)
    assert sum(float(ledger.bars["slippage"].sum()) for ledger in ledgers) > 0


def test_a_trade_lies_between_its_times(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        inside = ledger.trades["exit_ts"] - ledger.trades["entry_ts"]
        assert (inside >= 60_000 * (ledger.trades["bars_held"] + 1)).all()


def test_buying_and_holding_follows_the_closes_but_not_a_split() -> None:
    ledger = made([10.0, 12.0, 3.0, 3.3], [100.0] * 4, rebased=2)
    assert buy_and_hold(ledger._replace(entry_cost=EntryCost(0.15, 0.1))) == pytest.approx([80.0, 96.0, 96.0, 105.6])
    assert np.isnan(buy_and_hold(made([10.0, -1.0], [100.0] * 2))).all()


def test_holding_pays_for_its_order() -> None:
    ledger = made([10.0, 12.0], [100.0] * 2)._replace(entry_cost=EntryCost(0.15, 0.1))
    found = curves([ledger, ledger])
    held = figures([ledger, ledger], found, 252.0)["buy_and_hold"]
    assert (held["fees"], held["slippage"], held["exposure"]) == pytest.approx((16.0, 24.0, 1.0))
    assert held["fees"] + held["slippage"] + 2 * float(buy_and_hold(ledger)[0]) == pytest.approx(200.0)
    mean, years = float(np.mean(found.buy_and_hold.equity)), found.buy_and_hold.years
    assert held["cost_drag"] == pytest.approx(40.0 / (mean * years))
    assert held["turnover"] == pytest.approx(160.0 / (mean * years))


def test_symbols_together_keep_the_last_equity_of_one_that_pauses() -> None:
    first, second = daily(made([1.0] * 3, [101.0, 102.0, 103.0])), daily(made([1.0], [90.0]))
    total = together([first, second._replace(day=second.day + 1)])
    assert total.start == 200.0
    assert total.equity.tolist() == [201.0, 192.0, 193.0]


def test_a_summary_counts_every_record(ledgers: list[Ledger]) -> None:
    told = summary(ledgers, EngineSettings())
    assert told["decisions"] + told["rejections"] == len(market())
    assert told["rejection_codes"] == rejection_codes(ledgers)
    assert told["rejection_codes"]["missing_key"] == 1
    assert set(told["symbols"]) == {ledger.symbol for ledger in ledgers if len(ledger.bars)}
    flat = told["portfolio"]["flat"]
    assert (flat["total_return"], flat["exposure"], flat["trades"]) == (0.0, 0.0, 0)


def test_the_figures_of_trades_are_those_of_their_results() -> None:
    ledger = made([1.0] * 4, [100.0] * 4)
    trades = np.zeros(4, TRADES)
    trades["pnl"], trades["bars_held"] = [3.0, -1.0, -1.0, 2.0], [1, 2, 3, 4]
    found = figures([ledger._replace(trades=trades)], curves([ledger]), 252)["strategy"]
    assert (found["hit_rate"], found["profit_factor"], found["expectancy"]) == (0.5, 2.5, 0.75)
    assert (found["payoff"], found["bars_held"], found["exposure"]) == (2.5, 2.5, 0.0)


def test_days_that_lose_more_than_the_value_at_risk_are_counted() -> None:
    ledger = made([1.0] * 4, [100.0, 97.0, 98.0, 97.5])
    ledger.bars["var99"] = [0.02, 0.02, 0.02, math.nan]
    found = figures([ledger], curves([ledger]), 252)["strategy"]
    assert (found["var99_days"], found["var99_exceedances"]) == (3, 1)


@pytest.mark.parametrize(("exceedances", "days"), [(0, 250), (3, 250), (10, 250), (5, 5)])
def test_kupiec_is_the_likelihood_ratio_of_two_binomials(exceedances: int, days: int) -> None:
    seen = exceedances / days
    log_likelihood = stats.binom.logpmf  # type: ignore[attr-defined]
    wanted = 2 * (log_likelihood(exceedances, days, seen) - log_likelihood(exceedances, days, 0.01))
    assert kupiec(exceedances, days, 0.01) == pytest.approx(float(wanted), rel=1e-9)


def test_the_blocks_of_a_run_are_those_of_its_bars(ledgers: list[Ledger]) -> None:
    found = summary(ledgers, EngineSettings())["blocks"]
    assert found["all"]["bars"] == sum(len(ledger.bars) for ledger in ledgers)
    for name in ("bars", "held", "weak", "signals", "opened"):
        assert found["all"][name] == sum(symbol[name] for symbol in found["symbols"].values()) > 0
    held = sum(int(np.count_nonzero(ledger.bars["qty"])) for ledger in ledgers)
    assert found["all"]["held"] >= held
    assert found["sentence"].startswith(f"opened on {found['all']['opened']:,} of ")
    assert {symbol["profile"] for symbol in found["symbols"].values()} == {"equity"}
    assert found["notes"] == []


def test_quotes_that_differ_are_noted_and_have_budgets_of_their_own() -> None:
    names = (b"ETH-BTC", b"BTC-USD")
    records = [(name, (value or b"").replace(b"SIM0001", name), ts) for name in names for key, value, ts in market()
               if key == b"SIM0001"]  # fmt: skip
    player = Player(EngineSettings())
    ledgers = [player.play(tape) for tape in tapes(records)]
    assert [ledger.budget for ledger in ledgers] == [1.0, 100_000.0]
    assert ledgers[0].entry_cost.whole == pytest.approx((1.0 + 3.0 + 10.0) / 1e4)
    found = summary(ledgers, EngineSettings())["blocks"]
    assert found["notes"] == ["symbols are quoted in BTC, USD; the portfolio's figures add them as they are"]
    assert found["symbols"]["ETH-BTC"]["quote"] == "BTC"
    assert all(len(ledger.trades) > 0 for ledger in ledgers)
