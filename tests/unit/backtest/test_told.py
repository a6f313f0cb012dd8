"""What is said of a run: returns of months and years, verdicts, figures as text, and its head."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.unit.backtest.series import by_period, daily, held
from worker.backtest.figures import FIGURES, SPLITS, split_warnings, write, written
from worker.backtest.metrics import days as backtest_days
from worker.backtest.metrics.about import about, changed, named
from worker.backtest.metrics.calendar_returns import years
from worker.backtest.metrics.metrics import summary
from worker.backtest.metrics.ratios import ratios
from worker.backtest.metrics.verdicts import track_record, verdicts
from worker.engine.settings import EngineSettings

COSTS = {"hit_rate": 0.5, "profit_factor": 1.5, "cost_drag": 0.01, "trades": 50, "kupiec": math.nan, "var99_days": 0,
         "var99_exceedances": 0}  # fmt: skip


@pytest.mark.parametrize("interval", ["1d", "1mo"])
def test_returns_of_months_and_years_are_those_of_pandas(interval: str) -> None:
    ts, close = daily("nasdaq")
    if interval != "1d":
        ts, close = by_period(ts, close, interval)
    ledger = held(ts, close, interval)
    index = pd.DatetimeIndex(pd.to_datetime(ts, unit="ms"))
    series = pd.Series(close, index=index)
    found = years(backtest_days.daily(ledger))
    monthly = series.resample("ME").last()
    yearly = series.resample("YE").last()
    before = {"month": close[0], "year": close[0]}
    for row in found:
        value = float(yearly[str(row.year)].iloc[0])
        assert row.total == pytest.approx(value / before["year"] - 1.0, abs=1e-12)
        before["year"] = value
        for month, shown in enumerate(row.months, 1):
            here = monthly[monthly.index.strftime("%Y-%m") == f"{row.year}-{month:02}"].dropna()
            assert (shown is None) == here.empty
            if shown is not None:
                assert shown == pytest.approx(float(here.iloc[0]) / before["month"] - 1.0, abs=1e-12)
                before["month"] = float(here.iloc[0])
    assert [row.year for row in found] == sorted(set(index.year))


def figures(mean: float, periods: int, seed: int = 1) -> dict[str, float]:
    noise = np.random.default_rng(seed).normal(size=periods)
    returns = mean + 0.01 * (noise - noise.mean()) / noise.std(ddof=1)
    return ratios(returns, 252.0)._asdict() | COSTS


def test_a_sharpe_ratio_is_judged_by_its_error() -> None:
    luck = figures(0.0002, 250)
    said = verdicts(luck, luck, 1.0)["sharpe"]
    assert "indistinguishable from luck (p=0.3" in said
    assert f"95% between {luck['sharpe_low']:.2f} and {luck['sharpe_high']:.2f}" in said
    times = track_record(luck) / 250
    assert f"{times:,.1f} times as long a record would tell" in said
    longer = figures(0.0002, round(track_record(luck) * 1.05))
    assert longer["psr"] > 0.95
    assert "better than luck" in verdicts(longer, longer, 1.0)["sharpe"]
    assert "worse than doing nothing" in verdicts(figures(-0.002, 500), luck, 2.0)["sharpe"]


def test_the_interval_of_a_sharpe_ratio_holds_it_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    true = 0.05 * math.sqrt(252.0)
    inside = 0
    for _ in range(1_000):
        found = ratios(0.0005 + 0.01 * random.standard_t(8, 500) / math.sqrt(8 / 6), 252.0)
        inside += found.sharpe_low <= true <= found.sharpe_high
    assert inside / 1_000 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("exceeded", "word"), [(3, "holds"), (12, "too low"), (0, "too high")])
def test_kupiec_is_judged_at_five_percent(exceeded: int, word: str) -> None:
    seen = exceeded / 250
    ratio = 2.0 * float(stats.binom.logpmf(exceeded, 250, seen) - stats.binom.logpmf(exceeded, 250, 0.01))  # type: ignore[attr-defined]
    one = figures(0.0, 250) | {"kupiec": ratio, "var99_days": 250, "var99_exceedances": exceeded}
    said = verdicts(one, one, 1.0)["kupiec"]
    assert word in said
    chance = float(stats.chi2.sf(ratio, 1))  # type: ignore[attr-defined]
    assert (f"(p={chance:.2f})" if chance >= 0.01 else "(p<0.01)") in said


def test_little_is_called_little() -> None:
    one = figures(0.001, 20) | {"trades": 3}
    said = verdicts(one, one, 0.05)
    assert said["cagr"] == "18 d are too short to tell of a year"
    assert "fewer than 30" in said["trades"]
    nothing = ratios(np.zeros(0), 252.0)._asdict() | COSTS | {"trades": 0}
    assert set(verdicts(nothing, nothing, 0.0)) == {"sharpe", "trades"}


def test_percent_is_written_where_it_is_percent() -> None:
    assert written("cagr", 0.0718) == "7.18%"
    assert written("sharpe", 0.5) == "0.50"
    assert written("trades", 1234) == "1,234"
    assert written("total_return", -1e-9) == "0.00%"
    assert [write("number", value) for value in (None, math.nan, math.inf)] == ["–"] * 3
    assert write("percent", 6.2e60) == "6.20e+62%"
    known = set(summary([held(*daily("sp500"))], EngineSettings())["portfolio"]["strategy"])
    assert known - set(FIGURES) == {"sharpe_low", "sharpe_high"}


def test_a_head_says_what_differs_from_the_defaults() -> None:
    settings = EngineSettings.model_validate(
        {"decision": {"hold_score": 0.12}, "execution": {"fee_bps": 1}, "instruments": {"AAPL": {"tick": 0.01}}}
    )
    assert changed(EngineSettings()) == {}
    assert set(changed(settings)) == {"decision.hold_score", "instruments.AAPL"}
    ledger = held(*daily("sp500"))
    told = about([ledger], backtest_days.daily(ledger), settings, ["a.csv"])
    assert (told["costs"][0]["fee_bps"], told["intervals"], told["inputs"]) == (1.0, ["1d"], ["a.csv"])
    assert (told["first"], told["last"]) == ("1999-01-04T00:00:00Z", "2019-01-01T00:00:00Z")
    assert told["years"] == pytest.approx(19.99, abs=0.01)
    assert named([str(n) for n in range(30)])[-1] == "18 more"


def test_splits_beyond_some_are_counted() -> None:
    one = {"symbol": "A", "ts": 1_402_272_000_000, "new": 7, "old": 1, "before": 645.57, "after": 92.7}
    assert split_warnings([]) == []
    assert split_warnings([one])[0] == "A looks split 7:1 on 2014-06-09 (close 645.57, then open 92.7)"
    many = split_warnings([one] * 50)
    assert many[SPLITS] == "30 more; all are in metrics.json"
    assert len(many) == SPLITS + 2
