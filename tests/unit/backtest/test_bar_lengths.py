"""The same series gives the same annual figures, whatever the length of its bars and the zone of their dates."""

from __future__ import annotations

import importlib
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.unit.backtest.series import DAY, HOUR, by_period, daily, dated, held
from worker.backtest.ledger import Ledger
from worker.backtest.metrics import days as backtest_days
from worker.backtest.metrics.days import together
from worker.backtest.metrics.ratios import Ratios, ratios
from worker.backtest.metrics.sessions import periods_per_year

YEARLY = {"1d": 252.0, "1w": 52.0, "1mo": 12.0, "1q": 4.0, "12mo": 1.0}


@pytest.fixture(scope="module")
def oracle() -> Any:
    """empyrical, whose import warns of its own optional parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("empyrical")


def figures(*ledgers: Ledger) -> Ratios:
    days = together([backtest_days.daily(ledger) for ledger in ledgers])
    return ratios(days.returns, backtest_days.per_year(ledgers, days), days.years)


def lengths(name: str) -> dict[str, Ledger]:
    ts, close = daily(name)
    found = {"1d": held(ts, close)}
    for interval in ("1w", "1mo", "1q", "12mo"):
        found[interval] = held(*by_period(ts, close, interval), interval)
    for zone in ("America/New_York", "Asia/Tokyo", "Australia/Sydney"):
        found[zone] = held(dated(ts, zone), close)
        monthly, closes = by_period(ts, close, "1mo")
        found[f"1mo {zone}"] = held(dated(monthly, zone), closes, "1mo")
        weekly, closes = by_period(ts, close, "1w")
        found[f"1w {zone}"] = held(dated(weekly, zone), closes, "1w")
    hours = np.concatenate([ts + hour * HOUR for hour in range(14, 21)])
    order = np.argsort(hours, kind="stable")
    found["1h"] = held(hours[order], np.tile(close, 7)[order], "1h")
    return found


made = cache(lengths)  # for who leaves them as they are


@pytest.mark.parametrize("name", ["sp500", "nasdaq"])
def test_bars_of_any_length_give_the_same_yearly_return(name: str) -> None:
    ts, close = daily(name)
    for kind, ledger in lengths(name).items():
        # All hold from the first close on, so that only the years can differ.
        ledger.bars["equity"] = 100.0 * ledger.bars["close"] / close[0]
        wanted = (close[-1] / close[0]) ** (365.2425 * DAY / (ts[-1] + DAY - ts[0])) - 1.0
        assert figures(ledger).cagr == pytest.approx(wanted, abs=0.005), kind


def test_what_doubles_in_five_years_earns_fifteen_percent_a_year() -> None:
    monday = 1_641_168_000_000  # 2022-01-03
    weeks = held(monday + 7 * DAY * np.arange(261), np.geomspace(100.0, 200.0, 261), "1w")
    assert figures(weeks).cagr == pytest.approx(0.149, abs=0.001)
    months = np.arange("2010-01", "2020-01", dtype="M8[M]").astype("M8[ms]").astype(np.int64)
    assert figures(held(months, np.geomspace(100.0, 200.0, 120), "1mo")).cagr == pytest.approx(0.0718, abs=0.001)


@pytest.mark.parametrize("name", ["sp500", "nasdaq"])
@pytest.mark.parametrize("interval", YEARLY)
def test_ratios_are_those_of_empyrical_for_each_length(name: str, interval: str, oracle: Any) -> None:
    ledger = made(name)[interval]
    days = backtest_days.daily(ledger)
    assert backtest_days.per_year([ledger], days) == YEARLY[interval]
    ours, returns, year = ratios(days.returns, YEARLY[interval]), days.returns, YEARLY[interval]
    theirs = {
        "total_return": oracle.cum_returns_final(returns),
        "cagr": oracle.annual_return(returns, annualization=year),
        "volatility": oracle.annual_volatility(returns, annualization=year),
        "sharpe": oracle.sharpe_ratio(returns, annualization=year),
        "sortino": oracle.sortino_ratio(returns, annualization=year),
        "max_drawdown": oracle.max_drawdown(returns),
        "calmar": oracle.calmar_ratio(returns, annualization=year),
    }
    for figure, wanted in theirs.items():
        assert getattr(ours, figure) == pytest.approx(float(wanted), rel=1e-9, abs=1e-12), figure
    elapsed = figures(ledger)
    assert elapsed._replace(cagr=0.0, calmar=0.0) == ours._replace(cagr=0.0, calmar=0.0)
    assert elapsed.cagr == pytest.approx(ours.cagr, abs=0.005)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Australia/Sydney"])
def test_the_zone_of_daily_dates_changes_no_figure(zone: str) -> None:
    found = made("sp500")
    assert figures(found[zone])._replace(cagr=0.0, calmar=0.0) == figures(found["1d"])._replace(cagr=0.0, calmar=0.0)


def week(*per_day: int, weeks: int = 3) -> Ledger:
    """A ledger with so many hourly bars on each day of a week, Monday first."""
    monday = 1_704_067_200_000
    ts = [monday + (7 * w + d) * DAY + h * HOUR for w in range(weeks) for d, n in enumerate(per_day) for h in range(n)]
    return held(np.array(ts), np.ones(len(ts)), "1h")


@pytest.mark.parametrize(
    ("per_day", "yearly", "days"),
    [
        ((24,) * 7, 365.0, 21),  # crypto
        ((7, 7, 7, 7, 7, 0, 0), 252.0, 15),  # shares
        ((24, 24, 24, 24, 22, 0, 2), 252.0, 16),  # currencies open on Sunday evening; the last has no Monday behind it
        ((7, 7, 7, 7, 0, 0, 7), 252.0, 15),  # Riyadh
        ((24, 24, 24, 24, 24, 24, 0), 313.0, 18),
    ],
)
def test_a_weekend_counts_by_its_share_of_bars(per_day: tuple[int, ...], yearly: float, days: int) -> None:
    ledger = week(*per_day)
    assert periods_per_year([ledger]) == yearly
    assert backtest_days.daily(ledger).day.size == days


def test_one_saturday_among_years_changes_nothing() -> None:
    ts, close = daily("sp500")
    saturday = 1_262_995_200_000  # 2010-01-09
    more = np.searchsorted(ts, saturday)
    ledger = held(np.insert(ts, more, saturday), np.insert(close, more, close[more]))
    assert periods_per_year([ledger]) == 252.0
    assert figures(ledger).cagr == pytest.approx(figures(held(ts, close)).cagr, abs=1e-12)


def test_symbols_of_different_lengths_are_counted_by_the_days_they_have() -> None:
    ts, close = daily("sp500")
    weekly, monthly = held(*by_period(ts, close, "1w"), "1w"), held(*by_period(ts, close, "1mo"), "1mo")
    days = together([backtest_days.daily(weekly), backtest_days.daily(monthly)])
    assert periods_per_year([weekly, monthly]) is None
    assert 52 < backtest_days.per_year([weekly, monthly], days) < 64
    assert periods_per_year([weekly, held(ts, close)]) == 252.0
    assert periods_per_year([]) == 252.0
