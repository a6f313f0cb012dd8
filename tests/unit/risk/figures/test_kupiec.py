"""Kupiec's test against the likelihoods of the binomial distribution."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from tests.support.oracle_report import record
from worker.risk.figures.kupiec import DAYS, REFUSED, likelihood_ratio

DISTRIBUTIONS: Any = stats  # made at run time


@pytest.mark.parametrize("exceedances", [0, 1, 2, 3, 7, 20, 250])
def test_it_is_the_ratio_of_likelihoods(exceedances: int) -> None:
    free = DISTRIBUTIONS.binom.logpmf(exceedances, DAYS, exceedances / DAYS)
    oracle = 2.0 * (free - DISTRIBUTIONS.binom.logpmf(exceedances, DAYS, 0.01))
    found = likelihood_ratio(DAYS, exceedances)
    record(f"risk Kupiec, scipy {exceedances}", abs(found - oracle) / max(oracle, 1.0), 1e-9)


def test_which_counts_are_refused() -> None:
    assert abs(REFUSED - DISTRIBUTIONS.chi2.ppf(0.95, 1)) < 1e-3
    assert [x for x in range(20) if likelihood_ratio(DAYS, x) <= REFUSED] == [1, 2, 3, 4, 5, 6]
