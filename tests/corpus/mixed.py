"""A log as production might hold it: a simulated market with faults, and the corpus between its records."""

from __future__ import annotations

from tests.corpus import CASES, history
from worker.engine.records.records import Records
from worker.sources.simulation.simulator import Simulation, simulated_records

LARGEST = 10_000  # bytes of a corpus value taken: larger ones would only cost time
GOLDEN = Simulation(symbols=10, bars=500, seed=20_240_229, fault_rate=0.03)


def market(simulation: Simulation) -> Records:
    """A simulation's records."""
    keys, values, timestamps = zip(*simulated_records(simulation), strict=True)
    return Records(list(keys), list(values), list(timestamps))


def mixed_log(simulation: Simulation) -> Records:
    """The market with the corpus spread over it; the corpus' symbol gets its history first."""
    base, before = market(simulation), history()
    log = Records(*([*column] for column in before))
    cases = [case for case in CASES if len(case.value or b"") <= LARGEST]
    step = max(1, len(base.keys) // len(cases))
    for row in range(len(base.keys)):
        _append(log, base.keys[row], base.values[row], base.timestamps[row])
        if row % step == 0 and cases:
            case = cases.pop(0)
            _append(log, case.key, case.value, case.timestamp)
    return log


def _append(log: Records, key: bytes | None, value: bytes | None, timestamp: int) -> None:
    for column, item in zip(log, (key, value, timestamp), strict=True):
        assert isinstance(column, list)
        column.append(item)
