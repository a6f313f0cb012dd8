"""Confidence stays raw until signals have been labelled, then it is the probability that their direction is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from sklearn.calibration import _SigmoidCalibration

from tests.support.learning_drive import COSTS, DERIVED, ROW
from tests.support.oracle_report import record
from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.kernel import kernel
from worker.engine.stages.calibration import CAPACITY, FULL, STRIDE, Settings, step

_step = step
HORIZON, COST = 12, 2 * (5e-4 + 2e-4)
Rows = NDArray[Any]


@kernel
def _run(states: Any, insts: Any, bars: Any, rows: Any, p: Any, costs: Any) -> None:
    for i in range(bars.size):
        _step(states[0], insts[0], bars[i], rows[i], p, costs)


def market(n: int = 2_400) -> tuple[Rows, Rows]:
    """Bars, and outputs whose signals are right more often the stronger they are."""
    rng = np.random.default_rng(12)
    bars, rows = np.zeros(n, BAR), np.zeros(n, ROW)
    bars["close"] = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    bars["close"][::50] = bars["close"][12::50][: bars["close"][::50].size]  # some moves below the cost
    ahead = np.sign(np.append(np.log(bars["close"][HORIZON:] / bars["close"][:-HORIZON]), np.ones(HORIZON)))
    strength = rng.beta(2, 2, n).astype(np.float32)
    right = rng.random(n) < 0.2 + 0.7 * strength
    rows["signal"]["final"] = strength * np.where(right, 1, -1) * np.where(ahead == 0, 1, ahead)
    rows["signal"]["final"][rng.random(n) < 0.05] = 0.0
    rows["signal"]["final"][:30] = np.nan
    rows["signal"]["conf_raw"] = 0.3
    return bars, rows


def calibrated(bars: Rows, rows: Rows, settings: Settings | None = None, states: Rows | None = None) -> Rows:
    states = np.zeros(1, DERIVED) if states is None else states
    _run(states, np.zeros(1, INSTRUMENT), bars, rows, (settings or Settings(enabled=True)).params(), COSTS)
    said: Rows = rows["calibration"]
    return said


def labelled(bars: Rows, rows: Rows) -> list[tuple[int, float, bool]]:
    """(bar at which it is known, strength, right) of every signal that gets a label."""
    found, final = [], rows["signal"]["final"]
    for i in range(len(bars) - HORIZON):
        r = np.log(bars["close"][i + HORIZON] / bars["close"][i])
        if abs(r) > COST and abs(final[i]) > 0:
            found.append((i + HORIZON, abs(final[i]), np.sign(final[i]) == np.sign(r)))
    return found


def kept(labels: list[tuple[int, float, bool]]) -> list[tuple[float, int]]:
    """(strength, right) that the ring holds after these labels."""
    stored = [label for i, label in enumerate(labels, 1) if i <= CAPACITY or i % STRIDE == 0]
    return [(round(strength * FULL) / FULL, int(right)) for _, strength, right in stored[-CAPACITY:]]


def test_confidence_is_scikit_learns_calibration_of_the_last_labels() -> None:
    bars, rows = market()
    said, labels = calibrated(bars, rows), labelled(bars, rows)
    known, worst = np.array([bar for bar, _, _ in labels]), 0.0
    for i in range(200, len(bars), 37):
        count = int(np.searchsorted(known, i, side="right"))
        assert said["labels"][i] == count
        fitted_at = 100 + (count - 100) // 50 * 50
        window = kept(labels[:fitted_at])
        model = _SigmoidCalibration().fit(*map(np.array, zip(*window, strict=True)))
        strength = abs(rows["signal"]["final"][i])
        if strength > 0:
            worst = max(worst, abs(said["confidence"][i] - model.predict(np.array([strength]))[0]))
            held = [y for _, y in kept(labels[:count])]
            assert said["base_rate"][i] == np.mean(held)
    # Strengths are stored in steps of 1/32,767; its L-BFGS stops at a gradient of 1e-6.
    record("calibration.stage scikit-learn random_walk", float(worst), 1e-6)
    assert said["labels"][-1] > 3 * CAPACITY
    assert len(labels) < (np.abs(rows["signal"]["final"][:-HORIZON]) > 0).sum()  # some moves were below the cost


def test_before_enough_labels_it_is_the_raw_confidence() -> None:
    said = calibrated(*market())
    first = int(np.flatnonzero(said["calibrated"])[0])
    assert said["labels"][first] >= 100 > said["labels"][first - 1]
    assert (said["confidence"][:first] == 0.3).all()
    assert np.isnan(said["base_rate"][:first]).all()


def test_a_signal_without_a_side_keeps_its_raw_confidence() -> None:
    bars, rows = market()
    said = calibrated(bars, rows)
    silent = rows["signal"]["final"] == 0.0
    assert silent[300:].sum() > 10
    assert not said["calibrated"][silent].any()
    assert (said["confidence"][silent] == 0.3).all()


def test_a_strong_signal_is_worth_more_where_strength_has_paid() -> None:
    bars, rows = market()
    said, strength = calibrated(bars, rows)[-300:], np.abs(rows["signal"]["final"][-300:])
    strong, weak = (
        said["confidence"][strength > 0.8].mean(),
        said["confidence"][(strength > 0) & (strength < 0.2)].mean(),
    )
    assert strong > 0.65
    assert weak < 0.45


@pytest.mark.parametrize("break_", ["shift", "expired"])
def test_a_window_with_a_broken_reference_labels_nothing(break_: str) -> None:
    bars, rows = market()
    rows["validation"][break_][400] = True
    labels = calibrated(bars, rows)["labels"]
    assert (labels[399:412] == labels[399]).all()
    assert labels[420] > labels[412]


def test_the_fit_is_a_function_of_the_number_of_labels_alone() -> None:
    """Refitted at 100, 150, …: in between, equal strengths have equal confidence."""
    bars, rows = market(900)
    rows["signal"]["final"][300:] = np.copysign(0.5, rows["signal"]["final"][300:])
    said = calibrated(bars, rows)[320:]
    assert said["calibrated"].all()
    for group in np.unique(said["labels"] // 50):
        assert np.unique(said["confidence"][said["labels"] // 50 == group]).size == 1
    assert np.unique(said["confidence"]).size == np.unique(said["labels"] // 50).size


def test_an_off_stage_passes_the_raw_confidence_on_and_keeps_nothing() -> None:
    states = np.zeros(1, DERIVED)
    said = calibrated(*market(), settings=Settings(), states=states)
    assert (said["confidence"] == 0.3).all()
    assert not said["calibrated"].any()
    assert not any(states["calibration"].tobytes())


@pytest.mark.parametrize("fields", [{"min_labels": 9}, {"refit_labels": 0}, {"window": 5}])
def test_settings_that_cannot_work_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**fields)
