"""The fading cloud and the distance from it, against numpy, scipy and scikit-learn."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import cholesky
from scipy.spatial.distance import mahalanobis
from scipy.special import chdtri
from sklearn.covariance import EmpiricalCovariance

from tests.support.oracle_report import record
from worker.engine.kernel import kernel
from worker.engine.stages.anomaly import Settings, cloud

SIZE, PLAIN, BOUND = 6, 100, 1e-9
Matrix = NDArray[np.float64]
_advance, _distance, _factorise = cloud.advance, cloud.distance, cloud.factorise


@kernel
def _run(own: Any, xs: Any, y: Any, out: Any) -> None:
    for i in range(xs.shape[0]):
        for k in range(xs.shape[1]):
            own.x[k] = xs[i, k]
        if own.count > 0:
            out[i] = _distance(own, y)
        _advance(own)


@kernel
def _run_factorise(covariances: Any, factors: Any) -> None:
    for i in range(covariances.shape[0]):
        _factorise(covariances[i], factors[i])


@cache
def vectors(name: str) -> Matrix:
    rng = np.random.default_rng(7)
    mixing = rng.normal(size=(SIZE, SIZE))
    plain = rng.normal(size=(600, SIZE)) @ mixing + rng.normal(size=SIZE)
    heavy = rng.standard_t(2, size=(600, SIZE)) * 2.0
    flat = plain.copy()
    flat[:, 2], flat[:, 4] = 1.0, flat[:, 3]  # one that never varies, one that repeats another
    return {"normal": plain, "heavy": heavy, "singular": flat}[name]


NAMES = ("normal", "heavy", "singular")


def distances(xs: Matrix) -> Matrix:
    """Squared distance of each vector from the cloud of those before it; 0 for the first."""
    out = np.zeros(len(xs))
    _run(np.zeros(1, cloud.STATE)[0], np.ascontiguousarray(xs), np.zeros(SIZE), out)
    return out


def weights(n: int) -> NDArray[np.float64]:
    """Shares of the first n vectors in the cloud after the n-th."""
    newest = np.maximum(1 / np.arange(1.0, n + 1), 1 - cloud.DECAY)
    shares: NDArray[np.float64] = newest * np.append(np.cumprod((1 - newest)[::-1])[::-1][1:], 1.0)
    return shares


@pytest.mark.parametrize("name", NAMES)
def test_at_first_it_is_the_plain_covariance_that_scikit_learn_estimates(name: str) -> None:
    xs, worst = vectors(name), 0.0
    found, clipped = distances(xs), np.clip(xs, -8, 8)
    for n in range(2, PLAIN + 1, 7):
        fitted = EmpiricalCovariance().fit(clipped[:n])
        inverse = np.linalg.inv(fitted.covariance_ + 1e-3 * np.eye(SIZE))
        expected = mahalanobis(xs[n], fitted.location_, inverse) ** 2
        worst = max(worst, abs(found[n] / expected - 1))
    record(f"anomaly.distance scikit-learn+scipy {name}", worst, BOUND)


@pytest.mark.parametrize("name", NAMES)
def test_later_it_is_numpys_covariance_with_fading_weights(name: str) -> None:
    xs, worst = vectors(name), 0.0
    found, clipped = distances(xs), np.clip(xs, -8, 8)
    for n in range(PLAIN, len(xs), 13):
        w = weights(n)
        mean = np.average(clipped[:n], axis=0, weights=w)
        covariance = np.cov(clipped[:n].T, aweights=w, ddof=0) + 1e-3 * np.eye(SIZE)
        expected = (xs[n] - mean) @ np.linalg.solve(covariance, xs[n] - mean)
        worst = max(worst, abs(found[n] / expected - 1))
    record(f"anomaly.distance numpy {name}", worst, BOUND)


def test_the_factor_is_scipys() -> None:
    rng = np.random.default_rng(9)
    halves = rng.normal(size=(200, SIZE, SIZE)) * 10.0 ** rng.uniform(-3, 2, size=(200, 1, 1))
    covariances = halves @ halves.transpose(0, 2, 1)
    covariances[50] = 0.0
    factors = np.zeros_like(covariances)
    _run_factorise(covariances, factors)
    worst = 0.0
    for covariance, factor in zip(covariances, factors, strict=True):
        expected = cholesky(covariance + 1e-3 * np.eye(SIZE), lower=True)
        worst = max(worst, float(np.abs(factor - expected).max() / np.abs(expected).max()))
    record("anomaly.cholesky scipy random", worst, BOUND)


def test_the_threshold_is_the_quantile_of_the_chi_square_law() -> None:
    assert Settings().threshold == pytest.approx(chdtri(SIZE, 0.001), abs=5e-4)
    ordinary = distances(vectors("normal"))[PLAIN:]
    assert (ordinary > Settings().threshold).mean() < 0.03


def test_an_extreme_vector_is_seen_but_moves_the_cloud_as_a_clipped_one_does() -> None:
    xs = vectors("normal").copy()
    xs[300] = 1e6
    clipped = xs.copy()
    clipped[300] = 8.0
    assert distances(xs)[300] > 1e6
    np.testing.assert_array_equal(distances(xs)[301:], distances(clipped)[301:])
