"""Platt's sigmoid against scikit-learn's, against scipy's optimum, and at the edges of the data."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.calibration import _SigmoidCalibration

from tests.support.oracle_report import record
from worker.engine.kernel import kernel
from worker.engine.stages.calibration import CAPACITY, FULL, STRIDE, outcomes, platt

GRID = np.linspace(0.0, 1.0, 41)
_store, _fit, _probability = outcomes.store, platt.fit, platt.probability
Column = NDArray[np.float64]


@kernel
def _run(ring: Any, own: Any, strengths: Any, right: Any, grid: Any, out: Any) -> None:
    for i in range(right.size):
        _store(ring, strengths[i], right[i])
    _fit(own, ring)
    for i in range(grid.size):
        out[i] = _probability(own, grid[i])


def fitted(strengths: Column, right: NDArray[np.bool_]) -> tuple[Column, float, float]:
    """P(right) over GRID, A and B after these outcomes."""
    ring, own, out = np.zeros(1, outcomes.STATE), np.zeros(1, platt.STATE), np.zeros(GRID.size)
    _run(ring[0], own[0], strengths, right, GRID, out)
    return out, float(own["a"][0]), float(own["b"][0])


def kept(strengths: Column) -> Column:
    """To the nearest step of the ring."""
    return np.maximum(np.round(strengths * FULL), 1) / FULL


@cache
def cases() -> dict[str, tuple[Column, NDArray[np.bool_]]]:
    """Strengths as the ring keeps them, and which directions were right."""
    rng = np.random.default_rng(6)

    def case(n: int, slope: float, level: float) -> tuple[Column, NDArray[np.bool_]]:
        strengths = kept(rng.beta(1.5, 3.0, n))
        return strengths, rng.random(n) < 1 / (1 + np.exp(-(slope * strengths + level)))

    return {
        "strong": case(250, 8.0, -3.0),
        "weak": case(150, 0.5, 0.0),
        "inverted": case(200, -4.0, 1.0),
        "rare": case(CAPACITY, 2.0, -4.0),
        "few": case(100, 3.0, -1.0),
        "separated": ((s := kept(np.linspace(0.01, 1, 120))), s > 0.5),
        "one-sided": (kept(np.linspace(0.01, 1, 100)), np.ones(100, bool)),
    }


@pytest.mark.parametrize("name", cases())
def test_the_fit_is_scikit_learns(name: str) -> None:
    strengths, right = cases()[name]
    model = _SigmoidCalibration().fit(strengths, right.astype(int))
    found, _, _ = fitted(strengths, right)
    # its L-BFGS stops at a gradient of 1e-6
    record(f"calibration.platt scikit-learn {name}", float(np.abs(found - model.predict(GRID)).max()), 1e-6)


def _optimum(strengths: Column, right: NDArray[np.bool_]) -> Any:
    positive, negative = right.sum(), (~right).sum()
    target = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(ab: Column) -> float:
        x = ab[0] * strengths + ab[1]
        return float(np.sum(np.logaddexp(0.0, -x) + target * x))

    def gradient(ab: Column) -> Column:
        x = ab[0] * strengths + ab[1]
        slope = target - 1 / (1 + np.exp(x))
        return np.array([strengths @ slope, slope.sum()])

    def hessian(ab: Column) -> Column:
        p = 1 / (1 + np.exp(ab[0] * strengths + ab[1]))
        design = np.column_stack([strengths, np.ones_like(strengths)])
        return np.asarray(design.T @ (design * (p * (1 - p))[:, None]))

    return minimize(
        loss, np.zeros(2), jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-10, "maxiter": 1000}
    )


@pytest.mark.parametrize("name", cases())
def test_the_fit_is_the_optimum_that_scipy_finds(name: str) -> None:
    strengths, right = cases()[name]
    best = _optimum(strengths, right).x
    found, _, _ = fitted(strengths, right)
    expected = 1 / (1 + np.exp(best[0] * GRID + best[1]))
    record(f"calibration.platt scipy {name}", float(np.abs(found - expected).max()), 1e-8)


def test_a_full_ring_keeps_every_fourth_of_the_last_outcomes() -> None:
    """Each of them four times over, behind a ring full of others."""
    strengths, right = cases()["rare"]
    assert (strengths.size, STRIDE) == (CAPACITY, 4)
    others = np.full(CAPACITY, 0.5), np.ones(CAPACITY, bool)
    long = (
        np.concatenate([other, np.repeat(each, STRIDE)]) for other, each in zip(others, (strengths, right), strict=True)
    )
    np.testing.assert_allclose(fitted(*long)[0], fitted(strengths, right)[0], rtol=1e-9)


def test_the_weakest_signal_keeps_its_side() -> None:
    ring = np.zeros(1, outcomes.STATE)
    for strength, right in ((1e-30, True), (1e-30, False), (1.0, False)):
        _store(ring[0], strength, right)
    assert ring["signed"][0, :4].tolist() == [1, -1, -FULL, 0]
    assert ring["right"][0] == 1


def test_equal_strengths_give_their_smoothed_share() -> None:
    right = np.arange(120) % 4 == 0
    found, _, _ = fitted(np.full(120, 0.5), right)
    share = (30 * 31 / 32 + 90 * 1 / 92) / 120
    assert found[20] == pytest.approx(share, rel=1e-6)
    assert np.isfinite(found).all()
