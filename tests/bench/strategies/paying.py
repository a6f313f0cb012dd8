"""What a strategy adds to the engine: the same records without one, with the compiled one and in Python, by turns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tests.bench.gate import BATCH
from tests.bench.strategies.cases import RULES
from worker.configured_strategy import filled, hooked
from worker.engine.asking.intent import Status
from worker.engine.partition import PartitionEngine
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, engine_settings
from worker.sources.simulation.simulator import Simulation, simulated_records

SYMBOLS, BARS, WARM = 500, 340, 220  # hours a symbol; at first an average of 50 times 4 hours is not known
UNCOUNTED = SYMBOLS * WARM // BATCH
ROUNDS = 7
ASKED = 0.95  # of the counted bars, at least
EXAMPLE = {"strategy": {"file": str(RULES / "breakout.py")}}
PYTHON = {"strategy": EXAMPLE["strategy"] | {"mode": "python"}}


class Paid(NamedTuple):
    """`ratio` of the engine's CPU time with the compiled strategy to that without; us a bar more in Python mode."""

    ratio: float
    python_us: float


def paid() -> Paid:
    """Each batch at its least of all rounds; a round plays all ways batch by batch, so that a slow moment meets all.

    The least is what the code costs; the rest is what others did on the machine.
    """
    settings = [EngineSettings(), *(filled(engine_settings(given)) for given in (EXAMPLE, PYTHON))]
    batches = market()
    rounds = np.array([_round(settings, batches) for _ in range(ROUNDS)])  # (round, way, batch)
    without, compiled, python = rounds.min(axis=0).sum(axis=1).tolist()
    return Paid(compiled / without, (python - without) / (BATCH * rounds.shape[2]) / 1e3)


def market() -> list[RawRecords]:
    """Batches of simulated hours, as one partition would bring them."""
    records = list(simulated_records(Simulation(symbols=SYMBOLS, bars=BARS, seed=7, interval="1h", fault_rate=0.001)))
    parts = [records[start : start + BATCH] for start in range(0, len(records), BATCH)]
    return [
        raw_records(Records([r.key for r in part], [r.value for r in part], [r.timestamp_ms for r in part]))
        for part in parts
    ]


def _round(settings: Sequence[EngineSettings], batches: Sequence[RawRecords]) -> list[list[int]]:
    """CPU ns of decoding and all stages, for each of the settings and each counted batch."""
    engines = [PartitionEngine(each, strategy=hooked(each)) for each in settings]
    spent: list[list[int]] = [[] for _ in engines]
    asked = [0 for _ in engines]
    for number, raw in enumerate(batches):
        for turn in range(len(engines)):
            at = (turn + number) % len(engines)
            begun = time.process_time_ns()
            _, outs = engines[at].step_raw(raw)
            if number >= UNCOUNTED:
                spent[at].append(time.process_time_ns() - begun)
                asked[at] += int((outs["said"]["intent"]["status"] == Status.ok).sum())
    counted = BATCH * (len(batches) - UNCOUNTED)
    if min(asked[1:]) < ASKED * counted:
        raise RuntimeError(f"the strategy was asked at {min(asked[1:]):,} of {counted:,} bars: nothing is measured")
    return spent
