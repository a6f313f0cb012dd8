"""What the engine does with models: asks for accepted bars, keeps circuits in its state, blends."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.models.serving.test_switching import GOOD, board, choice
from worker.engine.scoring.model import CIRCUIT, OUTPUT, Status, blend
from worker.engine.scoring.scorer import ask
from worker.engine.stages.features import OUTPUT as FEATURES

ROW = np.dtype(
    [("pad", "u1"), ("validation", [("accepted", "?")]), ("features", FEATURES), ("model", OUTPUT)], align=True
)
STATE = np.dtype([("pad", "u1", (40,)), ("carry", [("sequence", "i8"), ("circuit", CIRCUIT)])], align=True)


def test_accepted_bars_are_scored_and_circuits_live_in_the_state() -> None:
    outs, states, slots = np.zeros(12, ROW), np.zeros(3, STATE), np.full(12, 2, np.int64)
    outs["validation"]["accepted"] = True
    outs["validation"]["accepted"][3] = False
    slots[3] = -1
    models = board(choice("sigmoid"))
    ask(models, outs, states["carry"]["circuit"], slots, np.repeat([0, 1], [10, 2]))
    failed, opened = int(Status.runtime_error), int(Status.circuit_open)
    assert outs["model"]["status"].tolist() == [failed] * 3 + [0] + [failed] * 2 + [opened] * 4 + [int(Status.ok)] * 2
    assert outs["model"]["model_index"].tolist() == [0] * 10 + [1] * 2
    assert outs["model"]["prob"][10:].tolist() == [0.5, 0.5]
    assert states["carry"]["circuit"].tolist() == [(0, 0, 0), (0, 0, 0), (0, 0, 1)]
    assert states["carry"]["sequence"].tolist() == [0] * 3


def test_a_batch_without_accepted_bars() -> None:
    outs = np.zeros(2, ROW)
    models = board(configured=GOOD["sigmoid"])
    ask(models, outs, np.zeros(1, CIRCUIT), np.full(2, -1, np.int64), np.zeros(2, np.int64))
    assert outs.tobytes() == np.zeros(2, ROW).tobytes()


def test_the_blend() -> None:
    assert blend(0.2, 0.8, 0.5) == pytest.approx(0.4)
    assert blend(0.2, 0.0, 0.5) == pytest.approx(-0.4)
    assert blend(0.2, 0.8, 0.0) == 0.2
