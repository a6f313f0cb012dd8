"""Value at risk and shortfall against numpy, scipy and empyrical."""

from __future__ import annotations

from typing import Any

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.support.oracle_report import record
from tests.unit.risk.figures.returns import market
from worker.risk.figures.covariance import covariance
from worker.risk.figures.losses import ES_99, Z_99, historical, parametric, parts, product, total

DISTRIBUTIONS: Any = stats  # made at run time


@pytest.mark.parametrize("count", [60, 99, 101, 500])
def test_historical_loss_is_numpys_and_empyricals(count: int) -> None:
    returns = market(count, 1)[:, 0]
    found = historical(returns)
    quantile = np.quantile(returns, 0.01)
    record(f"risk historical VaR, numpy.quantile {count}", abs(found.var / quantile + 1.0), 1e-12)
    empyricals = empyrical.value_at_risk(returns, cutoff=0.01)
    record(f"risk historical VaR, empyrical {count}", abs(found.var / empyricals + 1.0), 1e-12)
    record(f"risk historical ES, numpy {count}", abs(found.es / returns[returns <= quantile].mean() + 1.0), 1e-12)


def test_the_constants_are_the_normal_distributions() -> None:
    assert abs(Z_99 - DISTRIBUTIONS.norm.ppf(0.99)) < 1e-12
    assert abs(ES_99 - DISTRIBUTIONS.norm.pdf(DISTRIBUTIONS.norm.ppf(0.99)) / 0.01) < 1e-12
    assert parametric(0.02).scaled(5.0) == pytest.approx((0.1 * Z_99, 0.1 * ES_99))


def test_parts_sum_to_the_deviation() -> None:
    returns, rng = market(512, 40), np.random.default_rng(5)
    shares = rng.normal(size=40) * 0.05
    found = covariance(returns, 0.94)
    sigma, of_each = parts(shares, found)
    oracle = float(np.sqrt(shares @ found @ shares))
    record("risk parametric deviation, numpy 512x40", abs(sigma - oracle) / oracle, 1e-12)
    components = shares * (found @ shares) / oracle
    error = np.abs(of_each - components).max() / np.abs(components).max()
    record("risk component VaR, numpy 512x40", float(error), 1e-12)
    assert total(of_each) == pytest.approx(sigma, rel=1e-12)


def test_no_position_loses_nothing() -> None:
    sigma, of_each = parts(np.zeros(3), np.eye(3))
    assert (sigma, of_each.tolist()) == (0.0, [0.0, 0.0, 0.0])
    assert historical(np.zeros(0)) == (0.0, 0.0)
    assert product(np.zeros((5, 0)), np.zeros(0)).tolist() == [0.0] * 5


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=700))
def test_the_shortfall_is_never_below_the_value_at_risk(returns: list[float]) -> None:
    found = historical(np.array(returns))
    assert found.es >= found.var - 1e-15
    assert found.var == pytest.approx(-np.quantile(returns, 0.01), abs=1e-12)
