"""Every status of a model reaches the decisions through the engine, and the rules decide in all but one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas import Decision
from tests.support.record_engine import RecordEngine
from tests.unit.backtest.market import market
from worker.engine.records.records import Records
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import EngineSettings
from worker.errors import AlphapulseError, Exit
from worker.models.card import Card
from worker.models.errors import TimedOut
from worker.models.scoring.scorer import ModelScorer, Scoring, Unavailable
from worker.models.scoring.status import Status
from worker.models.serving.circuit import OPEN_BARS, OPENS_AFTER
from worker.models.serving.switching import Named, Switchboard
from worker.models.session.session import Floats32

KEYS, VALUES, TIMES = zip(*market(), strict=True)
RECORDS = Records(KEYS, VALUES, TIMES)
CARD = Card("faulty", "1.0.0", ("rsi_14",))
FAULTS: dict[str, Exception | float] = {
    "runtime_error": ValueError("no"),
    "nan_output": float("nan"),
    "out_of_range": 1.5,
    "timeout": TimedOut(),
}


class Faulty:
    """A model that has its fault where the feature is above a limit, and says 0.75 elsewhere."""

    def __init__(self, fault: Exception | float, limit: float = -1.0) -> None:
        self._fault, self._limit = fault, limit

    def run(self, rows: Floats32) -> Floats32:
        bad = rows[:, 0] > self._limit
        if isinstance(self._fault, Exception):
            if bad.any():
                raise self._fault
            return np.full((len(rows), 1), 0.75, np.float32)
        found: NDArray[np.float32] = np.where(bad, self._fault, 0.75).astype(np.float32)[:, None]
        return found


def decided(model: Scoring | None) -> list[Decision]:
    """Decisions with this model configured."""
    board = Switchboard(ModelNames(CARD.model_id, CARD.version), model, lambda _: Named(None, 0))
    found = RecordEngine(EngineSettings(), scorer=board).process(RECORDS)
    return [each for each in found if isinstance(each, Decision)]


def test_without_a_model() -> None:
    found = decided(None)
    assert {each.model.status for each in found} == {"not_configured"}
    assert found == [each for each in RecordEngine(EngineSettings()).process(RECORDS) if isinstance(each, Decision)]


def test_a_model_that_was_refused() -> None:
    found = decided(Unavailable(Status.load_error))
    assert {(each.model.id, each.model.status) for each in found} == {("faulty", "load_error")}
    assert all(each.final == each.score for each in found)


@pytest.mark.parametrize("status", FAULTS)
def test_a_model_that_always_fails(status: str) -> None:
    found = decided(ModelScorer(Faulty(FAULTS[status]), CARD, micro_batching=True))
    seen = Counter(each.model.status for each in found)
    assert set(seen) == {"features_not_ready", status, "circuit_open"}
    for each in found:
        assert (each.model_prob, each.final) == (None, each.score)
        assert "model_fallback" in each.reasons
    for symbol in {each.symbol for each in found}:
        own: list[str] = [each.model.status for each in found if each.symbol == symbol]
        first = own.index(status)
        cycle = [status] * OPENS_AFTER + ["circuit_open"] * OPEN_BARS
        assert own[first:] == (cycle * (len(own) // len(cycle) + 1))[: len(own) - first]


@pytest.mark.parametrize("status", [name for name in FAULTS if name != "timeout"])
def test_only_the_bars_on_which_it_fails_fall_back(status: str) -> None:
    found = decided(ModelScorer(Faulty(FAULTS[status], limit=75.0), CARD, micro_batching=True))
    seen: Counter[str] = Counter(each.model.status for each in found)
    assert seen[status] > 20
    assert seen["ok"] > 1_000
    assert all((each.model_prob == 0.75) == (each.model.status == "ok") for each in found)


def test_no_memory_stops_the_engine() -> None:
    with pytest.raises(AlphapulseError) as caught:
        decided(ModelScorer(Faulty(MemoryError()), CARD, micro_batching=True))
    assert caught.value.exit_code == Exit.TEMPORARY
