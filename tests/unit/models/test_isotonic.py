"""Isotonic regression against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from tests.support.oracle_report import record
from worker.models.isotonic import fit

GRID = np.linspace(-0.5, 1.5, 401)


def outcomes(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores, with ties for every second seed, and outcomes that follow them more or less."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 2_000))
    x = rng.random(n) if seed % 2 else rng.integers(0, 30, n) / 30
    return x, (rng.random(n) < np.clip(x * rng.uniform(-0.5, 1.5) + 0.2, 0, 1)).astype(float)


def test_the_table_is_scikit_learns() -> None:
    worst = 0.0
    for seed in range(60):
        x, y = outcomes(seed)
        expected = IsotonicRegression(out_of_bounds="clip").fit(x, y).predict(GRID)
        worst = max(worst, float(np.abs(fit(x, y).predict(GRID) - expected).max()))
    record("calibration.isotonic scikit-learn random", worst, 1e-12)


def test_it_never_falls_and_ends_level() -> None:
    x, y = outcomes(3)
    table = fit(x, y)
    assert (np.diff(table.x) > 0).all()
    assert (np.diff(table.y) >= 0).all()
    assert table.predict([-9.0, 9.0]).tolist() == [table.y[0], table.y[-1]]
    assert len(table.x) < len(np.unique(x)) / 3


def test_what_falls_throughout_is_its_mean() -> None:
    table = fit([1.0, 2.0, 3.0], [1.0, 0.5, 0.0])
    assert table.predict([0.0, 2.5, 9.0]).tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(("x", "y"), [([], []), ([1.0], [1.0, 0.0]), ([np.nan], [1.0]), ([[1.0]], [[1.0]])])
def test_what_cannot_be_fitted_is_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match=r"x and y"):
        fit(x, y)
