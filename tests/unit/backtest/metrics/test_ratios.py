"""Performance figures are empyrical's, on the days of three real series and on returns made to be awkward."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.support.lean import equity
from worker.backtest.metrics.ratios import Floats, best_by_chance, drawdown, probabilistic_sharpe, ratios
from worker.sources.datasets import read_dataset

YEAR = 252


def _closes(name: str) -> Floats:
    close = equity("aapl")["close"] if name == "aapl" else np.array([bar.close for bar in read_dataset(name, None)])
    return np.asarray(close, np.float64)


def _losses_only(_: str) -> Floats:
    return np.cumprod(np.full(50, 0.99))


SERIES: dict[str, Callable[[str], Floats]] = {
    "sp500": _closes,
    "nasdaq": _closes,
    "aapl": _closes,
    "losses": _losses_only,
}


@pytest.fixture(scope="module")
def oracle() -> Any:
    """empyrical, whose import warns of its own optional parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("empyrical")


@pytest.mark.parametrize("name", SERIES)
def test_ratios_are_those_of_empyrical(name: str, oracle: Any) -> None:
    close = SERIES[name](name)
    returns = close[1:] / close[:-1] - 1.0
    ours = ratios(returns, YEAR)
    theirs = {
        "total_return": oracle.cum_returns_final(returns),
        "cagr": oracle.annual_return(returns, annualization=YEAR),
        "volatility": oracle.annual_volatility(returns, annualization=YEAR),
        "sharpe": oracle.sharpe_ratio(returns, annualization=YEAR),
        "sortino": oracle.sortino_ratio(returns, annualization=YEAR),
        "max_drawdown": oracle.max_drawdown(returns),
        "calmar": oracle.calmar_ratio(returns, annualization=YEAR),
    }
    for figure, wanted in theirs.items():
        assert getattr(ours, figure) == pytest.approx(float(wanted), rel=1e-9, abs=1e-12), figure


@pytest.mark.parametrize("name", ["sp500", "nasdaq"])
def test_the_probability_of_a_sharpe_ratio_uses_the_moments_of_scipy(name: str) -> None:
    close = _closes(name)
    returns = close[1:] / close[:-1] - 1.0
    ratio = float(returns.mean() / returns.std(ddof=1))
    variance = 1.0 - stats.skew(returns) * ratio + (stats.kurtosis(returns, fisher=False) - 1.0) / 4.0 * ratio**2
    wanted = stats.norm.cdf(  # type: ignore[attr-defined]
        (ratio - 0.01) * math.sqrt(returns.size - 1) / math.sqrt(variance)
    )
    assert probabilistic_sharpe(returns, 0.01) == pytest.approx(float(wanted), rel=1e-9)


def test_the_best_of_worthless_tries_is_the_expected_maximum() -> None:
    draws = np.random.default_rng(3).standard_normal((20_000, 50)).max(axis=1)
    assert best_by_chance(1.0, 50) == pytest.approx(float(draws.mean()), rel=0.02)
    assert best_by_chance(1.0, 1) == 0.0


def test_what_is_not_defined_is_nan() -> None:
    for returns in (np.zeros(0), np.array([0.01]), np.zeros(5)):
        found = ratios(returns, YEAR)
        assert math.isnan(found.sharpe)
        assert math.isnan(found.sortino)
        assert math.isnan(found.psr)
        assert math.isnan(found.calmar)


def test_a_drawdown_lasts_until_its_recovery_or_the_end() -> None:
    for path, deepest, longest in (
        ([1.1, 1.0, 1.05, 1.2, 1.15], 1.0 / 1.1 - 1.0, 2),
        ([0.9, 0.8, 0.85], -0.2, 3),
        ([1.0, 1.1], 0.0, 0),
    ):
        found = drawdown(np.array(path))
        assert found[0] == pytest.approx(deepest)
        assert found[1] == longest
