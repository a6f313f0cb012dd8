"""Shrinkage against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf

from tests.support.oracle_report import record
from tests.unit.risk.figures.returns import SIZES, market
from worker.risk.figures.covariance import covariance
from worker.risk.figures.gram import gram
from worker.risk.figures.shrinkage import WINDOW, intensity, shrunk, standardised


@pytest.mark.parametrize(("count", "symbols"), [*SIZES, (256, 400)])
def test_intensity_is_scikit_learns(count: int, symbols: int) -> None:
    rows = standardised(market(count, symbols)[-WINDOW:])
    _, oracle = ledoit_wolf(rows)
    record(f"risk shrinkage, sklearn {count}x{symbols}", abs(intensity(rows, gram(rows)) - oracle), 1e-12)


def test_standardised_columns_have_mean_zero_and_deviation_one() -> None:
    returns = market(256, 5)
    returns[:, 2] = 0.25
    rows = standardised(returns)
    assert np.abs(rows.mean(axis=0)).max() < 1e-12
    assert np.abs(rows.std(axis=0) - [1.0, 1.0, 0.0, 1.0, 1.0]).max() < 1e-12


def test_nothing_varies_nothing_is_shrunk() -> None:
    rows = standardised(np.zeros((256, 4)))
    assert intensity(rows, gram(rows)) == 0.0


def test_one_symbol_is_its_own_identity() -> None:
    rows = standardised(market(256, 1))
    assert intensity(rows, gram(rows)) == 0.0


def test_variances_stay() -> None:
    given = covariance(market(256, 6), 0.94)
    found = shrunk(given, 0.25)
    assert (np.diag(found) == np.diag(given)).all()
    assert np.allclose(found[0, 1:], 0.75 * given[0, 1:], rtol=1e-15)
