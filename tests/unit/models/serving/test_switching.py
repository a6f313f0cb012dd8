"""A switch holds for the same bars however they were batched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.control import ModelSwitch
from tests.support.examples import drawn
from tests.unit.models import graphs
from tests.unit.models.graphs import card
from tests.unit.models.scoring.test_scorer import Raising
from tests.unit.models.serving.test_trial import features, scorer
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import ModelSettings
from worker.models.scoring.scorer import ModelScorer, Scoring
from worker.models.scoring.status import Status
from worker.models.serving.circuit import CIRCUIT
from worker.models.serving.switching import Named, Switchboard
from worker.models.serving.trial import Verdict

FAILING = ModelScorer(Raising(ValueError()), card(), True)
GOOD = {name: scorer(content) for name, content in (("sigmoid", graphs.sigmoid()), ("identity", graphs.identity()))}


def choice(name: str) -> ModelSwitch:
    """A switch to a model of `GOOD`."""
    return ModelSwitch(name, "1.0.0", "0" * 64)


def board(*switches: ModelSwitch | None, configured: Scoring | None = FAILING) -> Switchboard:
    """A configured model, and switches numbered from 1 on."""
    names = ModelNames("failing", "1.0.0")

    def find(wanted: ModelSettings) -> Named:
        assert wanted.name is not None
        return Named(GOOD[wanted.name], names.number(wanted.name, wanted.version))

    found = Switchboard(names, configured, find)
    for generation, switch in enumerate(switches, 1):
        found.switch(generation, switch)
    return found


def test_a_new_model_is_asked_although_the_old_one_had_opened_the_circuit() -> None:
    slots, values = np.zeros(9, np.int64), features(*[0.0] * 9)
    models = board(choice("sigmoid"))
    found = models.score(values, np.zeros(1, CIRCUIT), slots, np.repeat([0, 1], [7, 2]))
    failed, opened = Status.runtime_error, Status.circuit_open
    assert found.status.tolist() == [failed] * 5 + [opened] * 2 + [Status.ok] * 2
    assert [models.names.rows[index][0].status for index in found.model_index] == ["not_configured"] * 9
    assert [models.names.rows[index][1].id for index in found.model_index] == ["failing"] * 7 + ["sigmoid"] * 2
    assert found.prob[7:].tolist() == [0.5, 0.5]
    assert len(found.verdicts) == 2


def test_a_model_that_comes_again_has_its_number_and_a_closed_circuit() -> None:
    models, circuits, slots = board(choice("sigmoid"), None), np.zeros(1, CIRCUIT), np.zeros(6, np.int64)
    models.score(features(*[0.0] * 6), circuits, slots, np.zeros(6, np.int64))
    assert circuits["bars"].tolist() == [499]
    found = models.score(features(0.0), circuits, slots[:1], np.array([2]))
    assert (found.status.tolist(), found.model_index.tolist()) == ([Status.runtime_error], [0])
    assert circuits.tolist() == [(1, 0, 2)]


def test_a_switch_may_leave_the_rules_alone() -> None:
    models = Switchboard(ModelNames("failing", "1.0.0"), FAILING, lambda _: Named(None, 1))
    models.switch(1, ModelSwitch())
    found = models.score(features(0.0), np.zeros(1, CIRCUIT), np.zeros(1, np.int64), np.array([1]))
    assert found.status.tolist() == [Status.not_configured]


def test_nothing_is_asked_before_there_is_a_model() -> None:
    models = board(configured=None)
    assert not models.listens
    models.switch(4, choice("identity"))
    assert models.listens
    with pytest.raises(AssertionError, match="order of the journal"):
        models.switch(4, None)
    assert board().listens


def test_a_challenger_hears_every_generation_and_is_reported() -> None:
    heard: list[Verdict] = []
    names = ModelNames()
    alone = Switchboard(names, None, lambda _: Named(GOOD["identity"], 0), GOOD["sigmoid"], heard.append)
    assert alone.listens
    alone.switch(1, choice("identity"))
    found = alone.score(features(0.25, 0.25), np.zeros(1, CIRCUIT), np.zeros(2, np.int64), np.array([0, 1]))
    assert found.status.tolist() == [Status.not_configured, Status.ok]
    assert [verdict.challenger.status.tolist() for verdict in heard if verdict.challenger] == [[Status.ok]] * 2


@settings(max_examples=drawn(20, 80), deadline=None)
@given(st.lists(st.integers(0, 60), max_size=4), st.lists(st.integers(0, 60), max_size=5), st.integers(0, 2**32))
def test_batches_do_not_show(switches: list[int], cuts: list[int], seed: int) -> None:
    rng, size = np.random.default_rng(seed), 60
    values, slots = features(*rng.choice([0.2, 0.7, 1.5], size).tolist()), rng.integers(0, 3, size)
    generations = np.searchsorted(sorted(switches), np.arange(size), side="right")

    def run(at: list[int]) -> tuple[bytes, bytes, bytes]:
        models = board(*(choice("sigmoid" if n % 2 else "identity") for n in range(len(switches))))
        circuits = np.zeros(3, CIRCUIT)
        parts = [
            models.score(values[rows], circuits, slots[rows], generations[rows])
            for rows in np.split(np.arange(size), sorted(at))
        ]
        prob, status = (np.concatenate([part[column] for part in parts]) for column in (0, 1))
        return prob.tobytes(), status.tobytes(), circuits.tobytes()

    assert run(cuts) == run([])
