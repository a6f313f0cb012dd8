"""Scores and calibration tables against scikit-learn, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss

from worker.models.description.calibration import Calibration
from worker.training.calibrate import HIGH, LOW, calibrate
from worker.training.metrics import calibration_error, quality


def drawn(size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Overconfident predictions and their outcomes."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.02, 0.98, size)
    return p, (rng.uniform(size=size) < 0.5 + (p - 0.5) * 0.4).astype(np.int64)


def test_scores_are_those_of_scikit_learn() -> None:
    p, up = drawn(500)
    found = quality(p, up)
    assert found.brier == pytest.approx(brier_score_loss(up, p), rel=1e-12)
    assert found.log_loss == pytest.approx(log_loss(up, p), rel=1e-12)


def test_a_certain_mistake_is_finite() -> None:
    assert quality(np.array([0.0, 1.0]), np.array([1, 0])).log_loss < 30.0


def test_calibration_error_by_hand() -> None:
    # bin 1: predicted 0.15, true 0 of 2; bin 9: predicted 0.95 and 1.0, true 1 of 2
    assert calibration_error(np.array([0.15, 0.15, 0.95, 1.0]), np.array([0, 0, 1, 0])) == pytest.approx(
        (abs(0.3 - 0.0) + abs(1.95 - 1.0)) / 4
    )


def test_isotonic_is_scikit_learns() -> None:
    p, up = drawn(800)
    table = calibrate(p, up, "isotonic")
    assert table is not None
    fitted = IsotonicRegression(out_of_bounds="clip", y_min=LOW, y_max=HIGH).fit(p, up)
    asked = np.linspace(0, 1, 401)
    np.testing.assert_allclose(Calibration(table)(asked), fitted.predict(asked), atol=1e-6)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_calibration_helps_the_overconfident(method: str) -> None:
    past, ahead = drawn(3_000), drawn(3_000, seed=2)
    table = calibrate(*past, method)
    before, after = quality(*ahead), quality(Calibration(table)(ahead[0]), ahead[1])
    assert after.brier < before.brier
    assert after.ece < before.ece / 2


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_predictions_that_are_worse_than_none_become_the_base_rate(method: str) -> None:
    p, up = drawn(3_000)
    table = calibrate(1.0 - p, up, method)
    found = Calibration(table)(np.linspace(0.1, 0.9, 9))
    assert np.ptp(found) < 0.02
    assert found.mean() == pytest.approx(up.mean(), abs=0.02)


@pytest.mark.parametrize(("size", "kind"), [(99, "identity"), (100, "platt"), (499, "platt"), (500, "isotonic")])
def test_the_method_follows_from_the_number_of_labels(size: int, kind: str) -> None:
    p, up = drawn(size)
    table = calibrate(p, up)
    assert (
        table == {"identity": None, "platt": calibrate(p, up, "platt"), "isotonic": calibrate(p, up, "isotonic")}[kind]
    )
    assert calibrate(p, up, "none") is None
