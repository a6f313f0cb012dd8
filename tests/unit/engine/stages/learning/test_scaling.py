"""Inputs are standardised by statistics that start as plain ones and then fade."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from tests.support.features_drive import drive, make_bars
from tests.support.features_series import market_series
from tests.support.oracle_report import record
from worker.engine.kernel import kernel
from worker.engine.stages.features import OUTPUT
from worker.engine.stages.learning import INPUTS, scaling
from worker.engine.stages.learning.inputs import gather

_advance, _standardise, _gather = scaling.advance, scaling.standardise, gather
PLAIN = 500  # values until the newest's share is 1 - DECAY
Matrix = NDArray[np.float64]


@kernel
def _run(own: Any, values: Any, out: Any) -> None:
    for i in range(values.shape[0]):
        for k in range(values.shape[1]):
            own.values[k] = values[i, k]
        _advance(own)
        _standardise(own, out[i])


@kernel
def _run_gather(rows: Any, out: Any, ready: Any) -> None:
    for i in range(rows.size):
        ready[i] = _gather(rows[i], out[i])


def standardised(values: Matrix) -> Matrix:
    out = np.zeros(values.shape)
    _run(np.zeros(1, scaling.STATE)[0], np.ascontiguousarray(values), out)
    return out


def market(name: str) -> Matrix:
    features = drive(make_bars(*market_series()[name]))["features"]
    return np.column_stack([features[name] for name in INPUTS])[101:1_600]


def weights(n: int) -> NDArray[np.float64]:
    """Shares of the first n values in the statistics after the n-th."""
    newest = np.maximum(1 / np.arange(1.0, n + 1), 1 - scaling.DECAY)
    shares: NDArray[np.float64] = newest * np.append(np.cumprod((1 - newest)[::-1])[::-1][1:], 1.0)
    return shares


@pytest.mark.parametrize("name", ["sp500", "nasdaq"])
def test_the_first_values_are_standardised_as_scikit_learn_does(name: str) -> None:
    values = market(name)
    found, worst = standardised(values), 0.0
    for n in (2, 3, 10, 100, PLAIN):
        expected = StandardScaler().fit(values[:n]).transform(values[n - 1 : n])[0]
        worst = max(worst, float(np.abs(found[n - 1] - np.clip(expected, -5, 5)).max()))
    record(f"learning.scaling scikit-learn {name}", worst, 1e-9)


@pytest.mark.parametrize("name", ["sp500", "nasdaq"])
def test_later_ones_by_fading_weights(name: str) -> None:
    values = market(name)
    found, worst = standardised(values), 0.0
    for n in range(PLAIN, len(values), 77):
        w = weights(n)
        assert w.sum() == pytest.approx(1.0)
        mean = np.average(values[:n], axis=0, weights=w)
        sd = np.sqrt(np.average((values[:n] - mean) ** 2, axis=0, weights=w))
        expected = np.clip((values[n - 1] - mean) / sd, -5, 5)
        worst = max(worst, float(np.abs(found[n - 1] - expected).max()))
    record(f"learning.scaling numpy {name}", worst, 1e-9)


def test_an_input_that_does_not_vary_says_nothing_and_an_extreme_one_is_clipped() -> None:
    values = np.random.default_rng(1).normal(size=(200, len(INPUTS)))
    values[:, 3], values[150, 4] = 0.1, 1e9
    found = standardised(values)
    assert (found[:, 3] == 0.0).all()
    assert found[150, 4] == scaling.CLIP
    assert (found[0] == 0.0).all()


def test_inputs_are_gathered_by_name_and_any_that_is_not_ready_shows() -> None:
    rows = np.zeros(len(INPUTS) + 1, OUTPUT)
    for i, name in enumerate(INPUTS):
        rows[name] = float(i)
        rows[name][i] = np.nan
    out, ready = np.zeros((rows.size, len(INPUTS))), np.zeros(rows.size, bool)
    _run_gather(rows, out, ready)
    assert out[-1].tolist() == list(range(len(INPUTS)))
    assert ready.tolist() == [False] * len(INPUTS) + [True]
