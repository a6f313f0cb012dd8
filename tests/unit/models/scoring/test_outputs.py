"""From outputs of each kind to a probability of a rise."""

from __future__ import annotations

import math
from typing import get_args, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decision import Model
from tests.unit.models.graphs import card
from worker.models.description.calibration import Calibration
from worker.models.scoring.outputs import Reader
from worker.models.scoring.status import Status

OK, NAN, OUTSIDE = int(Status.ok), int(Status.nan_output), int(Status.out_of_range)
UNIT = st.floats(0, 1, allow_subnormal=False)


def test_statuses_are_those_of_the_schema() -> None:
    assert {status.name for status in Status} == set(get_args(get_type_hints(Model)["status"]))
    assert sorted(Status) == list(range(len(Status)))
    assert Status(0).name == "not_configured"  # what an untouched output row says


@pytest.mark.parametrize(
    ("given", "status", "p"),
    [
        (0.25, OK, 0.25),
        (-5e-7, OK, 0.0),
        (1.0000005, OK, 1.0),
        (-2e-6, OUTSIDE, math.nan),
        (1.1, OUTSIDE, math.nan),
        (math.inf, OUTSIDE, math.nan),
        (-math.inf, OUTSIDE, math.nan),
        (math.nan, NAN, math.nan),
    ],
)
def test_a_probability(given: float, status: int, p: float) -> None:
    found = Reader(card())(np.array([[given]]), 1)
    assert (found.status[0], found.prob[0]) == (status, pytest.approx(p, nan_ok=True))


@pytest.mark.parametrize(
    ("given", "status", "p"),
    [
        ((0.2, 0.5, 0.3), OK, 0.6),
        ((0.0, 1.0, 0.0), OK, 0.5),
        ((1.0, 0.0, 0.0), OK, 0.0),
        ((0.2, 0.5, 0.4), OUTSIDE, math.nan),
        ((-0.2, 0.9, 0.3), OUTSIDE, math.nan),
        ((math.nan, 0.5, 0.5), NAN, math.nan),
        ((0.5, math.nan, 0.5), NAN, math.nan),
        ((0.5, 0.5, math.inf), OUTSIDE, math.nan),
    ],
)
def test_three_classes(given: tuple[float, ...], status: int, p: float) -> None:
    found = Reader(card(output_kind="p_down_flat_up"))(np.array([given]), 1)
    assert (found.status[0], found.prob[0]) == (status, pytest.approx(p, nan_ok=True, abs=1e-7))


def test_an_expected_return_is_close_to_the_normal_distribution() -> None:
    scale, expected = 0.02, np.linspace(-0.12, 0.12, 241)
    p, status = Reader(card(output_kind="expected_log_return", output_scale=scale))(expected[:, None], len(expected))
    normal = [0.5 * (1.0 + math.erf(e / scale / math.sqrt(2.0))) for e in expected.astype(np.float32).tolist()]
    assert (status == OK).all()
    assert np.abs(p - normal).max() <= 0.0095
    assert p[120] == 0.5
    assert (np.sign(p - 0.5) == np.sign(expected.astype(np.float32))).all()


@pytest.mark.parametrize(("given", "status"), [(1.5, OUTSIDE), (math.inf, OUTSIDE), (math.nan, NAN), (-1.0, OK)])
def test_expected_returns_that_are_none(given: float, status: int) -> None:
    assert Reader(card(output_kind="expected_log_return", output_scale=0.1))(np.array([[given]]), 1).status[0] == status


@given(
    st.lists(st.integers(0, 1_000), min_size=1, max_size=30, unique=True),
    st.lists(UNIT, min_size=30, max_size=30),
    st.lists(UNIT, min_size=1, max_size=50),
)
def test_calibration_is_linear_between_its_points(xs: list[int], ys: list[float], asked: list[float]) -> None:
    table = list(zip((x / 1_000 for x in sorted(xs)), sorted(ys)[: len(xs)], strict=True))
    p = np.array(asked + [x for x, _ in table])
    found = Calibration(table)(p)
    x, y = np.array(table).T
    np.testing.assert_allclose(found, np.interp(p, x, y), rtol=1e-12, atol=1e-15)
    order = np.argsort(p, kind="stable")
    assert (np.diff(found[order]) >= 0.0).all()


def test_no_calibration_changes_nothing() -> None:
    p = np.array([0.0, 0.3, 1.0])
    assert Calibration(None)(p).tolist() == p.tolist()


def test_a_probability_is_calibrated_and_a_failure_is_not() -> None:
    reader = Reader(card(calibration=[(0.0, 0.4), (1.0, 0.6)]))
    p, status = reader(np.array([[0.5], [np.nan], [2.0]]), 3)
    assert p.tolist() == pytest.approx([0.5, np.nan, np.nan], nan_ok=True)
    assert reader(np.array([0.75]), 1).prob[0] == pytest.approx(0.55)
    assert status.tolist() == [OK, NAN, OUTSIDE]
