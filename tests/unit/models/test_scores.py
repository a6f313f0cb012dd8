"""Scores of probabilities against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from tests.support.oracle_report import record
from worker.models.scores import brier, expected_calibration_error, log_loss, reliability


def predictions(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes of both kinds and probabilities, some of them 0, 1 and on the edges of bins."""
    rng = np.random.default_rng(seed)
    p = np.concatenate([rng.beta(2, 3, 500), np.arange(11) / 10])
    y = (rng.random(p.size) < p**1.3).astype(float)
    return y, p


def test_they_are_scikit_learns() -> None:
    errors = {"brier": 0.0, "log_loss": 0.0, "reliability": 0.0}
    for seed in range(20):
        y, p = predictions(seed)
        errors["brier"] = max(errors["brier"], abs(brier(y, p) - metrics.brier_score_loss(y, p)))
        errors["log_loss"] = max(errors["log_loss"], abs(log_loss(y, p) - metrics.log_loss(y, p)))
        observed, predicted = calibration_curve(y, p, n_bins=10)
        curve = reliability(y, p)
        distance = np.abs([curve.observed - observed, curve.predicted - predicted]).max()
        errors["reliability"] = max(errors["reliability"], float(distance))
    for name, error in errors.items():
        record(f"scores.{name} scikit-learn random", error, 1e-12)


def test_the_calibration_error_is_the_mean_distance_of_the_curve_from_the_diagonal() -> None:
    y, p = predictions(1)
    where = np.clip(np.ceil(p * 10) - 1, 0, 9)
    expected = sum(abs(y[where == k].sum() - p[where == k].sum()) for k in range(10)) / y.size
    assert expected_calibration_error(y, p) == pytest.approx(expected, abs=1e-12)
    assert expected_calibration_error([0.0, 1.0] * 50, [0.5] * 100) == 0.0
    assert expected_calibration_error([0.0, 1.0] * 50, [0.9] * 100) == pytest.approx(0.4)


def test_only_bins_that_hold_anything_are_on_the_curve() -> None:
    curve = reliability([0.0, 1.0, 1.0], [0.05, 0.95, 1.0])
    assert curve.counts.tolist() == [1, 2]
    assert curve.observed.tolist() == [0.0, 1.0]


def test_a_wrong_certainty_costs_much_but_not_for_ever() -> None:
    assert 30 < log_loss([0.0], [1.0]) < 40


@pytest.mark.parametrize(
    ("y", "p", "problem"),
    [
        ([], [], "shapes"),
        ([1.0], [0.5, 0.5], "shapes"),
        ([2.0], [0.5], "0 or 1"),
        ([1.0], [1.5], "lie in"),
        ([1.0], [np.nan], "lie in"),
    ],
)
def test_what_is_no_pair_of_outcome_and_probability_is_refused(y: list[float], p: list[float], problem: str) -> None:
    for score in (brier, log_loss, reliability, expected_calibration_error):
        with pytest.raises(ValueError, match=problem):
            score(y, p)
