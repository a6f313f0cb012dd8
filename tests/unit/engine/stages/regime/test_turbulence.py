"""The filtered probability of turbulence against hmmlearn on every prefix, and its guards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM
from numpy.typing import NDArray
from pydantic import ValidationError

from tests.support.features_series import market_series
from tests.support.oracle_report import record
from worker.engine.kernel import kernel
from worker.engine.stages.regime import Settings, turbulence

SEED, BOUND = 20, 1e-12


@kernel
def _run(states: Any, returns: Any, out: Any, p: Any) -> None:
    for i in range(returns.size):
        out[i] = turbulence.update(states[0], returns[i], p)


def filtered(returns: NDArray[np.float64], settings: Settings | None = None) -> NDArray[np.float64]:
    """P(turbulent) after each return."""
    out = np.zeros(returns.size)
    _run(np.zeros(1, turbulence.STATE), returns, out, (settings or Settings()).params())
    return out


def standardised(returns: NDArray[np.float64], decay: float = 0.94) -> NDArray[np.float64]:
    """Each return after the first 20 by the deviation expected before it."""
    variance, u = float(np.mean(returns[:SEED] ** 2)), []
    for r in returns[SEED:]:
        u.append(r / np.sqrt(variance))
        variance = decay * variance + (1 - decay) * r * r
    return np.array(u)


def hmm(calm: float, wild: float, calm_stay: float, stay: float) -> Any:
    model = GaussianHMM(n_components=2, covariance_type="diag", init_params="")
    leave, back = 1 - calm_stay, 1 - stay
    model.startprob_ = np.array([back, leave]) / (back + leave)
    model.transmat_ = np.array([[calm_stay, leave], [back, stay]])
    model.means_, model.covars_ = np.zeros((2, 1)), np.array([[calm**2], [wild**2]])
    model.n_features = 1
    return model


def returns_of(name: str) -> NDArray[np.float64]:
    if name == "burst":
        rng = np.random.default_rng(5)
        burst: NDArray[np.float64] = rng.normal(0, 0.01, 400) * np.repeat([1.0, 4.0, 1.0, 8.0], 100)
        return burst
    returns: NDArray[np.float64] = np.diff(np.log(market_series()[name].close[:420]))
    return returns


@pytest.mark.parametrize("name", ["burst", "sp500", "nasdaq"])
@pytest.mark.parametrize("numbers", [(0.7, 1.8, 0.98, 0.95), (0.5, 3.0, 0.9, 0.6)])
def test_every_prefix_ends_in_what_hmmlearn_says_of_it(name: str, numbers: tuple[float, ...]) -> None:
    fields = dict(zip(("turb_calm_sd", "turb_sd", "turb_calm_stay", "turb_stay"), numbers, strict=True))
    returns, model = returns_of(name), hmm(*numbers)
    u = standardised(returns)[:, None]
    expected = np.array([model.predict_proba(u[:n])[-1, 1] for n in range(1, len(u) + 1)])
    found = filtered(returns, Settings(**fields))
    assert np.isnan(found[:SEED]).all()
    record("regime.p_turb", float(np.abs(found[SEED:] - expected).max()), BOUND)
    assert found[SEED:].min() < 0.2 < 0.8 < found[SEED:].max()


def test_a_return_far_beyond_any_density_is_turbulent_and_finite() -> None:
    calm = np.full(40, 1e-4)
    assert filtered(np.append(calm, 700.0))[-1] == 1.0
    assert filtered(np.append(calm, 1e200))[-1] == 1.0


def test_a_market_that_does_not_move_rests_at_the_stationary_law() -> None:
    assert filtered(np.zeros(60))[-1] == pytest.approx(0.02 / 0.07, rel=1e-12)
    assert np.isfinite(filtered(np.append(np.zeros(30), [0.01, 0.01]))[-2:]).all()


def test_a_missing_return_changes_nothing() -> None:
    returns = returns_of("burst")
    gaps = np.insert(returns, [0, 10, 50, 200], np.nan)
    kept = ~np.isnan(gaps)
    np.testing.assert_array_equal(filtered(gaps)[kept], filtered(returns))


def test_a_calm_state_wilder_than_the_turbulent_one_is_refused() -> None:
    with pytest.raises(ValidationError, match="turb_calm_sd must be below"):
        Settings(turb_calm_sd=2.0)
