"""Damped Holt and recursive least squares against statsmodels and numpy."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.tsa.api import Holt
from statsmodels.tsa.arima_process import arma2ma

from tests.support.features_series import market_series
from tests.support.oracle_report import record
from worker.engine.kernel import kernel
from worker.engine.stages.forecast import Settings, autoregression, holt

BOUND, STEPS = 1e-9, 12
Column = NDArray[np.float64]
_advance_holt, _ahead, _inflation_holt = holt.advance, holt.ahead, holt.inflation
_advance_ar, _total, _inflation_ar = autoregression.advance, autoregression.total_ahead, autoregression.inflation
_stationary = autoregression.stationary


@kernel
def _run_holt(own: Any, xs: Any, errors: Any, out: Any, p: Any) -> None:
    for i in range(xs.size):
        errors[i] = _advance_holt(own, xs[i], p)
        for k in range(out.shape[1]):
            out[i, k] = _ahead(own, k + 1, p)


@kernel
def _inflations_holt(out: Any, p: Any) -> None:
    for k in range(out.size):
        out[k] = _inflation_holt(k + 1, p)


@kernel
def _run_ar(own: Any, us: Any, errors: Any, phi: Any, total: Any) -> None:
    for i in range(us.size):
        errors[i] = _advance_ar(own, us[i])
        phi[i, 0] = own.phi1
        phi[i, 1] = own.phi2
        total[i] = _total(own, STEPS)


@kernel
def _inflations_ar(own: Any, out: Any) -> bool:
    for k in range(out.size):
        out[k] = _inflation_ar(own, k + 1)
    inside: bool = _stationary(own)
    return inside


@cache
def closes(name: str) -> Column:
    return np.log(market_series()[name].close[:1_500])


@pytest.mark.parametrize("name", ["sp500", "nasdaq", "walk", "ticks"])
@pytest.mark.parametrize("numbers", [(0.2, 0.05, 0.95), (0.7, 0.3, 0.8)])
def test_levels_errors_and_forecasts_are_statsmodels(name: str, numbers: tuple[float, float, float]) -> None:
    alpha, beta, phi = numbers
    x, errors, out = closes(name), np.zeros(1_500), np.zeros((1_500, STEPS))
    own = np.zeros(1, holt.STATE)
    _run_holt(own[0], x, errors, out, Settings(alpha=alpha, beta=beta, phi=phi).params())
    worst = 0.0
    for n in (3, 10, 300, 1_500):
        model = Holt(x[1:n], damped_trend=True, initialization_method="known", initial_level=x[0], initial_trend=0.0)
        fit = model.fit(smoothing_level=alpha, smoothing_trend=beta, damping_trend=phi, optimized=False)
        worst = max(worst, float(np.abs(out[n - 1] - fit.forecast(STEPS)).max()))
    worst = max(worst, float(np.abs(errors[1:] - fit.resid).max()))
    assert np.isnan(errors[0])
    record(f"forecast.holt statsmodels {name}_{alpha}", worst, BOUND)


def test_the_variance_of_holts_forecast_is_that_of_its_state_space_form() -> None:
    alpha, beta, phi = 0.2, 0.05, 0.95
    found = np.zeros(30)
    _inflations_holt(found, Settings().params())
    # Hyndman et al. (2008), chapter 6: y = w·x + e, x = F·x + g·e
    w, transition, g = np.array([1.0, phi]), np.array([[1.0, phi], [0.0, phi]]), np.array([alpha, alpha * beta])
    impulses = [w @ np.linalg.matrix_power(transition, j - 1) @ g for j in range(1, 30)]
    expected = 1 + np.append(0.0, np.cumsum(np.square(impulses)))
    record("forecast.holt_variance numpy state_space", float(np.abs(found / expected - 1).max()), BOUND)


def returns(name: str) -> Column:
    r = np.diff(closes(name))
    scaled: Column = r / r.std()
    return scaled


@pytest.mark.parametrize("name", ["sp500", "nasdaq", "walk", "ticks"])
def test_the_recursion_is_weighted_least_squares(name: str) -> None:
    u = returns(name)
    errors, phi, total = np.zeros(u.size), np.zeros((u.size, 2)), np.zeros(u.size)
    _run_ar(np.zeros(1, autoregression.STATE)[0], u, errors, phi, total)
    design, worst = np.column_stack([u[1:-1], u[:-2]]), 0.0
    for n in (1, 2, 5, 50, 400, u.size - 2):
        weights = 0.995 ** np.arange(n - 1, -1, -1)
        normal = design[:n].T @ (design[:n] * weights[:, None]) + 0.995**n * np.eye(2) / 100.0
        expected = np.linalg.solve(normal, design[:n].T @ (weights * u[2 : n + 2]))
        worst = max(worst, float(np.abs(phi[n + 1] - expected).max()))
    expected_errors = u[2:] - (design * phi[1:-1]).sum(axis=1)
    worst = max(worst, float(np.abs(errors[2:] - expected_errors).max()))
    assert np.isnan(errors[:2]).all()
    record(f"forecast.rls numpy {name}", worst, BOUND)


@pytest.mark.parametrize("phi", [(0.5, -0.3), (0.1, 0.05), (-0.4, 0.5), (1.2, -0.4)])
def test_sum_and_variance_ahead_are_those_of_the_process(phi: tuple[float, float]) -> None:
    own, found, total = np.zeros(1, autoregression.STATE), np.zeros(STEPS), np.zeros(1)
    own["phi1"], own["phi2"], own["last"], own["second"], own["count"] = *phi, 0.7, -1.1, 2
    assert _inflations_ar(own[0], found)
    psi = arma2ma(np.array([1.0, -phi[0], -phi[1]]), np.array([1.0]), STEPS)
    expected = np.cumsum(np.cumsum(psi) ** 2)
    record(f"forecast.ar2_variance statsmodels {phi[0]}", float(np.abs(found / expected - 1).max()), BOUND)
    companion = np.array([[phi[0], phi[1]], [1.0, 0.0]])
    path = [(np.linalg.matrix_power(companion, h) @ np.array([0.7, -1.1]))[0] for h in range(1, STEPS + 1)]
    _run_total(own[0], total)
    record(f"forecast.ar2 numpy {phi[0]}", abs(float(total[0]) / sum(path) - 1), BOUND)


@kernel
def _run_total(own: Any, total: Any) -> None:
    total[0] = _total(own, STEPS)


@pytest.mark.parametrize(("phi", "inside"), [((0.5, 0.4), True), ((0.7, 0.4), False), ((0.0, -1.1), False)])
def test_an_explosive_model_is_known_by_its_roots(phi: tuple[float, float], inside: bool) -> None:
    own = np.zeros(1, autoregression.STATE)
    own["phi1"], own["phi2"] = phi
    roots = np.roots([1.0, -phi[0], -phi[1]])
    assert (np.abs(roots) < 1).all() == inside == _inflations_ar(own[0], np.zeros(1))


def test_returns_of_zero_for_ever_leave_the_recursion_finite_and_able_to_learn() -> None:
    rng = np.random.default_rng(2)
    u = np.append(np.zeros(20_000), rng.normal(size=3_000))
    for i in range(20_002, u.size):
        u[i] += 0.6 * u[i - 1] - 0.2 * u[i - 2]
    errors, phi, total = np.zeros(u.size), np.zeros((u.size, 2)), np.zeros(u.size)
    _run_ar(np.zeros(1, autoregression.STATE)[0], u, errors, phi, total)
    assert np.isfinite(phi).all()
    assert phi[-1] == pytest.approx([0.6, -0.2], abs=0.2)
