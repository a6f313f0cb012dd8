"""A challenger scores the same rows and changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.models import graphs
from tests.unit.models.graphs import card
from tests.unit.models.scoring.test_scorer import Raising
from worker.engine.stages.features import FEATURE_NAMES
from worker.models.scoring.scorer import ModelScorer
from worker.models.scoring.status import Status
from worker.models.serving.circuit import CIRCUIT
from worker.models.serving.trial import Models, Verdict, compare
from worker.models.session.session import OnnxSession


def scorer(content: bytes) -> ModelScorer:
    """A scorer of a graph over the three features."""
    return ModelScorer(OnnxSession(content, "features", "output"), card(), True)


def features(*first: float) -> NDArray[np.float64]:
    """Rows of features, all 0 but one."""
    found = np.zeros((len(first), len(FEATURE_NAMES)))
    found[:, FEATURE_NAMES.index("rsi_14")] = first
    return found


def test_features_are_taken_by_name() -> None:
    given = features(0.0, 0.0)
    given[:, FEATURE_NAMES.index("rsi_14")], given[:, FEATURE_NAMES.index("clv")] = (1.0, -1.0), 9.0
    p = Models(scorer(graphs.sigmoid())).score(given, np.zeros(1, CIRCUIT), np.zeros(2, np.int64)).champion.prob
    assert p.tolist() == pytest.approx([0.7310586, 0.2689414])


@pytest.mark.parametrize("challenger", [scorer(graphs.table()), ModelScorer(Raising(ValueError()), card(), True)])
def test_a_challenger_changes_nothing(challenger: ModelScorer) -> None:
    given, slots = features(*[0.0, 1.0, 2.0] * 20), np.arange(60, dtype=np.int64) % 7
    alone, circuits = Models(scorer(graphs.sigmoid())), np.zeros(7, CIRCUIT)
    watched, same = Models(scorer(graphs.sigmoid()), challenger), np.zeros(7, CIRCUIT)
    for _ in range(3):
        one, two = alone.score(given, circuits, slots), watched.score(given, same, slots)
        assert one.champion.prob.tobytes() == two.champion.prob.tobytes()
        assert one.champion.status.tobytes() == two.champion.status.tobytes()
        assert two.challenger is not None
    assert circuits.tobytes() == same.tobytes()


def test_a_challenger_has_circuits_of_its_own() -> None:
    models = Models(scorer(graphs.sigmoid()), ModelScorer(Raising(ValueError()), card(), True))
    verdict = models.score(features(*[0.0] * 6), np.zeros(1, CIRCUIT), np.zeros(6, np.int64))
    assert verdict.challenger is not None
    assert verdict.challenger.status.tolist() == [Status.runtime_error] * 5 + [Status.circuit_open]


def test_the_comparison_for_metrics() -> None:
    models = Models(scorer(graphs.sigmoid()), scorer(graphs.table()))
    given = features(0.0, 1.0, 9.0, 3.0)
    verdict = models.score(given, np.zeros(1, CIRCUIT), np.zeros(4, np.int64))
    found = compare(verdict)
    assert found is not None
    assert (found.rows, found.statuses, found.both) == (4, {"ok": 3, "runtime_error": 1}, 3)
    assert found.difference == pytest.approx(0.4 + (0.7310586 - 0.2) + (0.9525741 - 0.4), abs=1e-6)
    assert found.opposed == 2
    assert compare(Verdict(verdict.champion, None)) is None


def test_without_a_champion_nothing_is_scored() -> None:
    verdict = Models().score(features(0.0), np.zeros(1, CIRCUIT), np.zeros(1, np.int64))
    assert verdict.champion.status.tolist() == [Status.not_configured]
