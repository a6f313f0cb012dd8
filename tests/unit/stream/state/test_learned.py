"""With all that learns enabled, neither batches nor spilling nor restores show in a byte."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from schemas import Decision, Rejection
from tests.support.record_engine import RecordEngine
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import engine_settings
from worker.settings import StateSettings
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.stream.state.spill import Spilling

SYMBOLS, BARS, RESIDENT = 8, 420, 3
LEARNED = {name: {"enabled": True} for name in ("learning", "calibration", "anomaly", "forecast")}
SETTINGS = engine_settings(LEARNED | {"learning": {"enabled": True, "min_labels": 50}})
KEYS = [f"SIM{number:04d}".encode() for number in range(SYMBOLS)]
Outcomes = list[Decision | Rejection]


@cache
def log() -> RawRecords:
    made = list(simulated_records(Simulation(symbols=SYMBOLS, bars=BARS, seed=17, fault_rate=0.03)))
    return raw_records(Records([r.key for r in made], [r.value for r in made], [r.timestamp_ms for r in made]))


@cache
def undisturbed() -> tuple[Outcomes, list[bytes | None]]:
    engine = RecordEngine(SETTINGS)
    return engine.process_raw(log()), states(engine)


def states(engine: RecordEngine) -> list[bytes | None]:
    return [engine.snapshot(key) for key in KEYS]


def cuts(seed: int, count: int) -> list[int]:
    inner = np.random.default_rng(seed).choice(np.arange(1, len(log())), count, replace=False)
    return [0, *np.sort(inner).tolist(), len(log())]


def run(engine: RecordEngine, ends: Sequence[int]) -> Outcomes:
    return [outcome for begin, end in pairwise(ends) for outcome in engine.process_raw(log().slice(begin, end))]


def test_the_log_reaches_all_of_it() -> None:
    outcomes, kept = undisturbed()
    decisions = [each for each in outcomes if isinstance(each, Decision)]
    found = {each.model.status for each in decisions}
    assert {"features_not_ready", "warming_up", "no_skill", "ok"} <= found
    assert any("anomaly" in each.reasons for each in decisions)
    assert any(isinstance(each.forecast_h, float) for each in decisions)
    assert None not in kept


@pytest.mark.parametrize("resident", [0, RESIDENT])
def test_batches_and_spilling_show_in_no_byte(tmp_path: Path, resident: int) -> None:
    spill = Spilling(StateSettings(resident_symbols=resident, spill_dir=tmp_path)).new() if resident else None
    engine = RecordEngine(SETTINGS, spill)
    ends = np.cumsum(np.random.default_rng(1).integers(1, SYMBOLS - RESIDENT, len(log())))
    found = run(engine, [0, *ends[ends < len(log())].tolist(), len(log())])
    assert (engine.spilled > 0) == bool(resident)
    outcomes, kept = undisturbed()
    assert found == outcomes
    assert states(engine) == kept


def test_a_restore_goes_on_to_the_byte() -> None:
    engine, found = RecordEngine(SETTINGS), Outcomes()
    ends = cuts(2, 12)
    for begin, end in pairwise(ends):
        found += engine.process_raw(log().slice(begin, end))
        engine = heir_of(engine)
    outcomes, kept = undisturbed()
    assert found == outcomes
    assert states(engine) == kept


def heir_of(engine: RecordEngine) -> RecordEngine:
    heir = RecordEngine(SETTINGS)
    for key in KEYS:
        slot = engine.symbols.get(key)
        if slot is not None:
            heir.load(key, *engine.export(slot))
    return heir
