"""Five errors in a row open a symbol's circuit for 500 of its bars, however the bars were batched."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.examples import drawn
from tests.unit.models.graphs import card, rows
from worker.models.scoring.outputs import Scores
from worker.models.scoring.scorer import ModelScorer, Unavailable
from worker.models.scoring.status import Status
from worker.models.serving.circuit import CIRCUIT, OPEN_BARS, OPENS_AFTER, guarded
from worker.models.session.session import Floats32

OK, FAILED, OPEN, NOT_READY = Status.ok, Status.runtime_error, Status.circuit_open, Status.features_not_ready


class Fussy:
    """Fails on rows whose first feature is negative; counts the rows that it was asked about."""

    def __init__(self) -> None:
        self.asked = 0

    def run(self, rows: Floats32) -> Floats32:
        if (rows[:, 0] < 0.0).any():
            if len(rows) == 1:
                self.asked += 1
            raise ValueError("negative")
        self.asked += len(rows)
        return np.full((len(rows), 1), 0.5, np.float32)


def run(first: list[float], slots: list[int] | None = None, sizes: list[int] | None = None) -> tuple[Scores, Any]:
    """Score bars of symbols in batches of these sizes, then the rest at once."""
    model, circuits = ModelScorer(Fussy(), card(), True), np.zeros(4, CIRCUIT)
    owners, given = np.array(slots or [0] * len(first), np.int64), rows(*first)
    cuts = np.cumsum(sizes or [0])
    parts = [
        guarded(model, part, circuits, own)
        for part, own in zip(np.split(given, cuts), np.split(owners, cuts), strict=True)
    ]
    return Scores(*map(np.concatenate, zip(*parts, strict=True))), circuits


def naive(first: list[float], slots: list[int]) -> list[int]:
    """The rule, bar by bar."""
    errors, left, found = dict.fromkeys(range(4), 0), dict.fromkeys(range(4), 0), []
    for value, slot in zip(first, slots, strict=True):
        if left[slot]:
            left[slot] -= 1
            found.append(OPEN)
        elif np.isnan(value):
            found.append(NOT_READY)
        elif value < 0:
            found.append(FAILED)
            errors[slot] += 1
            if errors[slot] == OPENS_AFTER:
                errors[slot], left[slot] = 0, OPEN_BARS
        else:
            found.append(OK)
            errors[slot] = 0
    return [int(each) for each in found]


def test_opens_after_five_errors_for_500_bars() -> None:
    found, circuits = run([-1.0] * 5 + [1.0] * 500 + [1.0])
    assert found.status.tolist() == [FAILED] * 5 + [OPEN] * 500 + [OK]
    assert np.isnan(found.prob[:505]).all()
    assert found.prob[505] == 0.5
    assert circuits[0].tolist() == (0, 0, 0)


def test_a_success_ends_the_row_of_errors_and_a_bar_without_features_does_not() -> None:
    assert OPEN not in run([-1.0] * 4 + [1.0] + [-1.0] * 4 + [1.0])[0].status
    found, circuits = run([-1.0] * 4 + [np.nan] * 3 + [-1.0, 1.0])
    assert found.status.tolist() == [FAILED] * 4 + [NOT_READY] * 3 + [FAILED, OPEN]
    assert circuits[0]["bars"] == OPEN_BARS - 1


def test_an_open_circuit_is_not_asked() -> None:
    session, circuits = Fussy(), np.zeros(4, CIRCUIT)
    model, slots = ModelScorer(session, card(), True), np.zeros(5, np.int64)
    guarded(model, rows(*[-1.0] * 5), circuits, slots)
    session.asked = 0
    guarded(model, rows(*[1.0] * 5), circuits, slots)
    assert session.asked == 0
    circuits["bars"][0] = 2
    guarded(model, rows(*[1.0] * 5), circuits, slots)
    assert session.asked == 3


@settings(max_examples=drawn(25, 60), deadline=None)
@given(st.data())
def test_batches_do_not_show(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 1_400))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    first = rng.choice([1.0, -1.0, np.nan], size, p=[0.08, 0.9, 0.02]).tolist()
    slots = rng.integers(0, 4, size).tolist()
    sizes = data.draw(st.lists(st.integers(1, 300), max_size=6))
    found, circuits = run(first, slots, sizes)
    assert found.status.tolist() == naive(first, slots)
    whole, after = run(first, slots)
    assert found.prob.tobytes() == whole.prob.tobytes()
    assert circuits.tobytes() == after.tobytes()


def test_a_recorded_timeout_is_taken_as_it_was() -> None:
    session, circuits = Fussy(), np.zeros(1, CIRCUIT)
    late: NDArray[np.bool_] = np.array([True] * 5 + [False] * 2)
    found = guarded(
        ModelScorer(session, card(), True), rows(*[1.0] * 7), circuits, np.zeros(7, np.int64), timed_out=late
    )
    assert found.status.tolist() == [Status.timeout] * 5 + [OPEN] * 2
    assert session.asked == 2  # in the same batch, before the circuit was known to open
    assert np.isnan(found.prob).all()


def test_another_model_begins_with_closed_circuits() -> None:
    circuits, slots = np.zeros(2, CIRCUIT), np.zeros(6, np.int64)
    model = ModelScorer(Fussy(), card(), True)
    assert guarded(model, rows(*[-1.0] * 5, 1.0), circuits, slots, 1).status[-1] == OPEN
    assert guarded(model, rows(1.0), circuits, slots[:1], 1).status[-1] == OPEN
    assert guarded(model, rows(1.0), circuits, slots[:1], 2).status[-1] == OK
    assert circuits[1].tolist() == (0, 0, 0)


def test_no_model_leaves_the_circuits_alone() -> None:
    circuits = np.array([(3, 7, 1)], CIRCUIT)
    found = guarded(Unavailable(Status.load_error), np.zeros((2, 0)), circuits, np.zeros(2, np.int64))
    assert found.status.tolist() == [Status.load_error] * 2
    assert circuits[0].tolist() == (3, 7, 1)
