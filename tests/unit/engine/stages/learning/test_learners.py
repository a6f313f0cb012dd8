"""The learners against the papers' recursions in numpy, and against river."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from river import linear_model, optim

from tests.support.oracle_report import record
from tests.unit.engine.stages.learning.examples import NAMES, Examples, examples
from worker.engine.elementary.logistic import sigmoid
from worker.engine.kernel import kernel
from worker.engine.stages.learning import INPUTS, Settings, ftrl, linear, passive_aggressive

BOUND = 1e-12
Column = NDArray[np.float64]

_sigmoid, _margin = sigmoid, linear.margin
_learn_ftrl, _update_ftrl, _learn_pa = ftrl.learn, ftrl.update, passive_aggressive.learn


@kernel
def _run_ftrl(own: Any, x: Any, up: Any, out: Any, p: Any) -> None:
    for i in range(up.size):
        out[i] = _sigmoid(_margin(own.weights, x[i]))
        _learn_ftrl(own, x[i], up[i], p)


@kernel
def _run_pa(own: Any, x: Any, up: Any, out: Any, p: Any) -> None:
    for i in range(up.size):
        out[i] = _sigmoid(_margin(own.weights, x[i]))
        _learn_pa(own, x[i], up[i], p)


@kernel
def _run_lagged(own: Any, x: Any, up: Any, out: Any, lagged: Any, p: Any) -> None:
    """FTRL whose errors come from the weights of one step before."""
    for i in range(up.size):
        out[i] = _sigmoid(_margin(lagged, x[i]))
        for k in range(lagged.size):
            lagged[k] = own.weights[k]
        _update_ftrl(own, x[i], out[i] - (1.0 if up[i] else 0.0), p)


def predictions(run: Any, data: Examples, *arrays: Any, **settings: Any) -> tuple[Column, NDArray[Any]]:
    """P(rise) before each example was learned, and the state after the last."""
    out, own = np.zeros(data.up.size), np.zeros(1, ftrl.STATE)
    run(own[0], data.x, data.up, out, *arrays, Settings(**settings).params())
    return out, own[0]


def worst(found: Column, expected: Column) -> float:
    return float(np.abs(found - expected).max())


def with_constant(data: Examples) -> Column:
    return np.column_stack([data.x.astype(float), np.ones(data.up.size)])


def paper_ftrl(data: Examples, alpha: float, beta: float, l1: float, l2: float) -> Column:
    """Algorithm 1 of McMahan et al. (2013), over whole vectors."""
    x, out = with_constant(data), []
    z, n = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for row, y in zip(x, data.up.astype(float), strict=True):
        w = np.where(np.abs(z) <= l1, 0.0, -(z - np.sign(z) * l1) / ((beta + np.sqrt(n)) / alpha + l2))
        p = 1 / (1 + np.exp(-row @ w))
        g = (p - y) * row
        z += g - (np.sqrt(n + g * g) - np.sqrt(n)) / alpha * w
        n += g * g
        out.append(p)
    return np.array(out)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("numbers", [(0.05, 1.0, 0.0, 1.0), (0.5, 0.1, 20.0, 0.0)])
def test_ftrl_is_the_recursion_of_the_paper(name: str, numbers: tuple[float, ...]) -> None:
    data = examples(name)
    settings = dict(zip(("alpha", "beta", "l1", "l2"), numbers, strict=True))
    found, own = predictions(_run_ftrl, data, **settings)
    record(f"learning.ftrl paper {name}_{numbers[0]}", worst(found, paper_ftrl(data, **settings)), BOUND)
    assert found.std() > 0.01
    assert (own["weights"] == 0.0).any() == (numbers[2] > 0.0)


def as_river(row: NDArray[np.float32]) -> dict[str, float]:
    return dict(zip((*INPUTS, "constant"), (*row.astype(float), 1.0), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_ftrl_with_weights_one_step_late_is_rivers(name: str) -> None:
    data, expected = examples(name), []
    model = linear_model.LogisticRegression(optim.FTRLProximal(), intercept_lr=0.0)
    for row, up in zip(data.x, data.up, strict=True):
        x = as_river(row)
        expected.append(model.predict_proba_one(x)[True])
        model.learn_one(x, bool(up))
    found, _ = predictions(_run_lagged, data, np.zeros(linear.WEIGHTS))
    record(f"learning.ftrl river {name}", worst(found, np.array(expected)), BOUND)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("aggressiveness", [0.01, 1.0])
def test_passive_aggressive_is_rivers(name: str, aggressiveness: float) -> None:
    data, expected = examples(name), []
    model = linear_model.PAClassifier(C=aggressiveness, mode=1, learn_intercept=False)
    for row, up in zip(data.x, data.up, strict=True):
        x = as_river(row)
        expected.append(model.predict_proba_one(x)[True])
        model.learn_one(x, bool(up))
    found, _ = predictions(_run_pa, data, aggressiveness=aggressiveness)
    record(f"learning.passive_aggressive river {name}_{aggressiveness}", worst(found, np.array(expected)), BOUND)


def test_both_learn_a_rule_and_its_reversal() -> None:
    data = examples("ruled")
    for run in (_run_ftrl, _run_pa):
        found, _ = predictions(run, data, alpha=0.5)
        right = (found >= 0.5) == data.up
        assert right[1_000:1_500].mean() > 0.8
        assert right[1_500:1_600].mean() < 0.4
        assert right[-500:].mean() > 0.75
