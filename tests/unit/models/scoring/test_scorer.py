"""Every row gets a status, a failing row stands alone, and a failing machine is no reason to fall back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.models import graphs
from tests.unit.models.graphs import card, rows
from worker.errors import Exit
from worker.models.errors import OutOfMemory
from worker.models.scoring.scorer import ModelScorer, Unavailable
from worker.models.scoring.status import Status
from worker.models.session.session import Floats32, OnnxSession

OK, NAN, OUTSIDE, FAILED = Status.ok, Status.nan_output, Status.out_of_range, Status.runtime_error


def scorer(content: bytes, timeout_s: float | None = None, **changes: Any) -> ModelScorer:
    """A scorer of a graph over the three features."""
    return ModelScorer(OnnxSession(content, "features", "output", timeout_s), card(**changes), micro_batching=True)


class Raising:
    """A session that raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def run(self, rows: Floats32) -> Floats32:
        raise self.error


def test_only_the_rows_that_fail_fall_back() -> None:
    p, status = scorer(graphs.table()).score(rows(0.0, 1.0, 9.0, 3.0, -9.0, 2.0))
    assert status.tolist() == [OK, OK, FAILED, OK, FAILED, OK]
    assert p.tolist() == pytest.approx([0.1, 0.2, np.nan, 0.4, np.nan, 0.3], nan_ok=True)


@given(st.lists(st.integers(-6, 9), min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=5))
def test_batches_do_not_show(values: list[int], cuts: list[int]) -> None:
    model, given = scorer(graphs.table()), rows(*map(float, values))
    whole = model.score(given)
    parts = [model.score(part) for part in np.split(given, sorted(min(cut, len(values)) for cut in cuts))]
    for at in range(2):
        assert np.concatenate([part[at] for part in parts]).tobytes() == whole[at].tobytes()


def test_a_batch_larger_than_one_call() -> None:
    given = rows(*np.linspace(-3, 3, 2_500).tolist())
    p, status = scorer(graphs.sigmoid()).score(given)
    assert (status == OK).all()
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-given[:, 0])), atol=1e-7)


def test_outputs_that_are_no_probability() -> None:
    p, status = scorer(graphs.root()).score(rows(0.25, -1.0, 4.0, 1.0))
    assert status.tolist() == [OK, NAN, OUTSIDE, OK]
    assert p.tolist() == pytest.approx([0.5, np.nan, np.nan, 1.0], nan_ok=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_rows_that_are_not_ready(bad: float) -> None:
    given = rows(0.0, 0.0, 0.0)
    given[1, 2] = bad
    _, status = scorer(graphs.sigmoid()).score(given)
    assert status.tolist() == [OK, Status.features_not_ready, OK]


def test_a_model_that_knows_nan_is_asked() -> None:
    model = scorer(graphs.sigmoid(), passes_nan=True)
    given = rows(0.0, np.nan, np.inf)
    assert model.score(given).status.tolist() == [OK, NAN, Status.features_not_ready]
    given[:, 1] = np.nan  # which this graph does not read
    assert model.score(given).status.tolist() == [OK, NAN, Status.features_not_ready]


def test_a_model_that_takes_too_long() -> None:
    given = rows(0.0, 1.0)
    assert scorer(graphs.endless(), timeout_s=0.05).score(given).status.tolist() == [Status.timeout] * 2
    assert scorer(graphs.sigmoid(), timeout_s=60.0).score(given).status.tolist() == [OK] * 2
    assert scorer(graphs.table(), timeout_s=60.0).score(rows(9.0, 0.0)).status.tolist() == [FAILED, OK]


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("std::bad_alloc"), RuntimeError("Failed to allocate memory for 8 bytes")]
)
def test_no_memory_stops_the_worker(error: Exception) -> None:
    with pytest.raises(OutOfMemory) as caught:
        ModelScorer(Raising(error), card(), True).score(rows(0.0))
    assert caught.value.exit_code == Exit.TEMPORARY


def test_whatever_else_a_model_raises_falls_back() -> None:
    model = ModelScorer(Raising(ValueError("no")), card(), True)
    assert model.score(rows(0.0, 1.0, 2.0)).status.tolist() == [FAILED] * 3


@pytest.mark.parametrize("answer", [np.zeros((3, 2)), np.zeros(5), np.zeros(()), "text", None, np.zeros((3, 1, 1))])
def test_answers_of_another_shape(answer: Any) -> None:
    class Odd:
        def run(self, rows: Floats32) -> Any:
            return answer

    assert ModelScorer(Odd(), card(), True).score(rows(0.0, 1.0, 2.0)).status.tolist() == [FAILED] * 3


@pytest.mark.parametrize("status", [Status.not_configured, Status.load_error])
def test_without_a_model(status: Status) -> None:
    p, found = Unavailable(status).score(np.zeros((3, 0)))
    assert found.tolist() == [status] * 3
    assert np.isnan(p).all()


def test_no_rows() -> None:
    p, status = scorer(graphs.sigmoid()).score(rows()[:, :].reshape(0, graphs.WIDTH))
    assert (len(p), len(status)) == (0, 0)
