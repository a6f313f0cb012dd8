"""A switch holds for the same bars however they were batched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.models import graphs
from tests.unit.models.graphs import card
from tests.unit.models.test_scorer import Raising
from tests.unit.models.test_trial import features, scorer
from worker.models.circuit import CIRCUIT
from worker.models.scorer import Scorer
from worker.models.status import Status
from worker.models.switching import Switch, Switchboard
from worker.models.trial import Models


def board(*switches: tuple[int, int]) -> Switchboard:
    """A model that fails on every row, then good ones from (visible_from, effective_ts) on."""
    found = Switchboard(Models(Scorer(Raising(ValueError()), card(), True)))
    for generation, (visible, effective) in enumerate(switches, 1):
        content = graphs.sigmoid() if generation % 2 else graphs.identity()
        found.add(Switch(generation, visible, effective, Models(scorer(content))))
    return found


def test_a_switch_needs_offset_and_time() -> None:
    found = board((100, 5_000), (200, 0))
    offsets, times = np.array([99, 100, 150, 199, 200, 300]), np.array([9_000, 4_999, 5_000, 9_000, 0, 9_000])
    assert found.generations(offsets, times).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_new_model_is_asked_although_the_old_one_had_opened_the_circuit() -> None:
    slots, given = np.zeros(9, np.int64), features(*[0.0] * 9)
    found = board((7, 0)).score(given, np.zeros(1, CIRCUIT), slots, np.arange(9), np.arange(9))
    failed, opened = Status.runtime_error, Status.circuit_open
    assert found.status.tolist() == [failed] * 5 + [opened] * 2 + [Status.ok] * 2
    assert found.generation.tolist() == [0] * 7 + [1] * 2
    assert found.prob[7:].tolist() == [0.5, 0.5]
    assert len(found.verdicts) == 2


def test_the_champion_of_each_generation_is_known() -> None:
    found = board((0, 0))
    assert found.card(0) == found.card(1) == card()
    with pytest.raises(AssertionError, match="order of the journal"):
        found.add(Switch(1, 0, 0, Models()))
    assert Switchboard(Models()).card(0) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4),
    st.lists(st.integers(0, 60), max_size=5),
    st.integers(0, 2**32),
)
def test_batches_do_not_show(switches: list[tuple[int, int]], cuts: list[int], seed: int) -> None:
    rng, size = np.random.default_rng(seed), 60
    switches = sorted(switches)
    given, slots = features(*rng.choice([0.2, 0.7, 1.5], size).tolist()), rng.integers(0, 3, size)
    offsets, times = np.arange(size), np.arange(size) + rng.integers(0, 2)

    def run(at: list[int]) -> tuple[bytes, bytes, bytes]:
        models, circuits = board(*switches), np.zeros(3, CIRCUIT)
        parts = [
            models.score(given[rows], circuits, slots[rows], offsets[rows], times[rows])
            for rows in np.split(np.arange(size), sorted(at))
        ]
        prob, status = (np.concatenate([part[column] for part in parts]) for column in (0, 1))
        return prob.tobytes(), status.tobytes(), circuits.tobytes()

    assert run(cuts) == run([])
