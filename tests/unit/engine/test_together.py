"""One step of several engines gives each what a step of its own gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.corpus.mixed import mixed_log
from tests.support.engine_drive import first_difference
from tests.unit.engine.controls.entries import entry
from worker.engine.partition import PartitionEngine
from worker.engine.records.raw import RawRecords, raw_records, together
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Settings as IngestionSettings
from worker.engine.state.frames import Spill
from worker.engine.together import step_together
from worker.sources.simulation.simulator import Simulation

MARKET = Simulation(symbols=12, bars=130, seed=11, fault_rate=0.05)
ENGINES = 3
FEW = 5  # symbols allowed where the limit is to be met
ROUNDS = 60


def inputs(seed: int) -> list[list[RawRecords]]:
    """Rounds of records by engine: an engine's records lie in its own buffers, and some rounds have none for it."""
    dice, log = np.random.default_rng(seed), mixed_log(MARKET)
    rounds, at = list[list[RawRecords]](), [0] * ENGINES
    for _ in range(ROUNDS):
        found = []
        for engine in range(ENGINES):
            stop = at[engine] + int(dice.integers(1, 40))
            part = log.slice(at[engine], stop)
            found.append(raw_records(part, range(at[engine], at[engine] + len(part.keys))))
            at[engine] = stop
        rounds.append(found)
    return rounds


def compared(wanted: Sequence[PartitionEngine], found: Sequence[PartitionEngine], seed: int) -> int:
    """Play all rounds on both; return the number of accepted records."""
    accepted = 0
    for raws in inputs(seed):
        results = step_together(found, raws)
        for engine, other, raw, result in zip(wanted, found, raws, results, strict=True):
            assert not isinstance(result, Exception)
            decoded, outs = engine.step_raw(raw)
            for rows in (result[1], outs):
                rows["control"] = 0  # a row of the limits that this call has
            assert first_difference(result[1], outs) is None
            assert result[0].bars.tobytes() == decoded.bars.tobytes()
            assert (result[0].symbols, result[0].details) == (decoded.symbols, decoded.details)
            assert result[0].has_ts.tolist() == decoded.has_ts.tolist()
            assert other.touched.tolist() == engine.touched.tolist()
            accepted += int(outs["validation"]["accepted"].sum())
    for engine, other in zip(wanted, found, strict=True):
        assert engine.symbols._slots == other.symbols._slots
        assert engine.symbols.frames.raw.tobytes() == other.symbols.frames.raw.tobytes()
    return accepted


@pytest.mark.parametrize("max_symbols", [200_000, FEW])
def test_each_engine_gets_what_it_would_get_alone(max_symbols: int) -> None:
    settings = EngineSettings(ingestion=IngestionSettings(max_symbols=max_symbols))
    wanted, found = ([PartitionEngine(settings) for _ in range(ENGINES)] for _ in range(2))
    assert compared(wanted, found, seed=1) > 300


def test_limits_of_one_engine_apply_to_it_alone() -> None:
    wanted, found = ([PartitionEngine(EngineSettings()) for _ in range(ENGINES)] for _ in range(2))
    for engines in (wanted, found):
        for ordinal, key in enumerate(("S00001", "*"), 1):
            engines[1].controls.add(entry(key, ordinal, risk_mult=ordinal / 4, allow_open=key == "*"))
    assert compared(wanted, found, seed=2) > 300


class Broken:
    """A store of states that can't be read back."""

    def put(self, slot: int, state: NDArray[np.uint8]) -> bool:
        return True

    def get(self, slot: int, state: NDArray[np.uint8]) -> None:
        raise OSError("gone")


def test_an_engine_that_loses_a_state_does_not_disturb_the_others() -> None:
    settings = EngineSettings()
    wanted = [PartitionEngine(settings) for _ in range(ENGINES)]
    found = [PartitionEngine(settings, Spill(1, Broken()) if at == 1 else None) for at in range(ENGINES)]
    lost = 0
    for raws in inputs(seed=3):
        results = step_together(found, raws)
        outs = [engine.step_raw(raw)[1] for engine, raw in zip(wanted, raws, strict=True)]
        lost += isinstance(results[1], OSError)
        for at in (0, 2):
            result = results[at]
            assert not isinstance(result, Exception)
            assert first_difference(result[1], outs[at]) is None
    assert lost


def test_no_engine_or_one_is_stepped_too() -> None:
    assert step_together([], []) == []
    [raws] = inputs(seed=4)[:1]
    [result] = step_together([PartitionEngine(EngineSettings())], raws[:1])
    assert not isinstance(result, Exception)
    assert first_difference(result[1], PartitionEngine(EngineSettings()).step_raw(raws[0])[1]) is None


def test_records_lie_together_as_they_lay_apart() -> None:
    parts = [raw for raws in inputs(seed=5)[:3] for raw in raws]
    whole = together([raw.slice(1, len(raw)) for raw in parts])
    assert whole.all_keys() == [key for raw in parts for key in raw.all_keys()[1:]]
    assert whole.records().values == [value for raw in parts for value in raw.records().values[1:]]
    assert whole.all_headers() == [header for raw in parts for header in raw.all_headers()[1:]]
    assert len(together([])) == 0
