"""Covariance and correlation against numpy, and the bits against the order of symbols."""

from __future__ import annotations

import json

import numpy as np
import pytest
from statsmodels.stats.correlation_tools import corr_nearest

from tests.support.oracle_report import record
from tests.unit.risk.figures.returns import EXPECTED, SIZES, market
from worker.risk.figures.covariance import correlation, covariance, weighted, weights
from worker.risk.figures.gram import gram

DECAY = 0.94


@pytest.mark.parametrize(("count", "symbols"), SIZES)
def test_covariance_is_numpys(count: int, symbols: int) -> None:
    returns = market(count, symbols)
    oracle = np.cov(returns, rowvar=False, aweights=DECAY ** np.arange(count - 1, -1, -1.0), ddof=0)
    powers = DECAY ** np.arange(count - 1, -1, -1.0)
    mean = powers @ returns / powers.sum()
    error = np.abs(covariance(returns, DECAY) - (oracle + np.outer(mean, mean))).max() / np.abs(oracle).max()
    record(f"risk covariance, numpy.cov {count}x{symbols}", float(error), 1e-12)


@pytest.mark.parametrize(("name", "rows"), json.loads(EXPECTED.read_text(encoding="utf-8")).items())
def test_covariance_is_skfolios(name: str, rows: list[list[float]]) -> None:
    count, _, symbols = name.partition("x")
    oracle = np.array(rows)
    error = np.abs(covariance(market(int(count), int(symbols)), DECAY) - oracle).max() / np.abs(oracle).max()
    record(f"risk covariance, skfolio {name}", float(error), 1e-12)


@pytest.mark.parametrize("count", [1, 2, 60, 512])
def test_weights_sum_to_one_and_fade(count: int) -> None:
    found = weights(count, DECAY)
    assert abs(found.sum() - 1.0) < 1e-12
    assert np.allclose(found[:-1] / found[1:], DECAY, rtol=1e-12)


def test_a_pairs_bits_depend_on_its_columns_only() -> None:
    rows = weighted(market(512, 30), DECAY)
    whole = gram(rows)
    order = np.random.default_rng(3).permutation(30)
    assert (gram(rows[:, order]) == whole[np.ix_(order, order)]).all()
    assert (gram(rows[:, :17]) == whole[:17, :17]).all()
    assert (whole == whole.T).all()


def test_the_correlation_needs_no_repair() -> None:
    found = correlation(covariance(market(512, 12), DECAY))
    assert np.linalg.eigvalsh(found).min() > 0.0
    record("risk correlation, statsmodels.corr_nearest 512x12", float(np.abs(corr_nearest(found) - found).max()), 1e-12)


def test_a_symbol_that_does_not_move_correlates_with_none() -> None:
    returns = market(100, 3)
    returns[:, 1] = 0.0
    found = correlation(covariance(returns, DECAY))
    assert found[1].tolist() == [0.0, 1.0, 0.0]
