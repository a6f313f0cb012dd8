"""A decision names every pattern and event of its bar with its strength, and those alone."""

from __future__ import annotations

from functools import cache

import numpy as np

from schemas import Decision
from tests.corpus.mixed import market
from tests.support.features_drive import drive, make_bars
from tests.support.record_engine import RecordEngine
from worker.engine.settings import EngineSettings
from worker.engine.stages.patterns import CANDLES, EVENTS
from worker.sources.simulation.simulator import Simulation

SYMBOLS = 3
NAMES = [entry.name for entry in (*CANDLES, *EVENTS)]


@cache
def decisions() -> dict[str, list[Decision]]:
    """Decisions by symbol of a market without faults, from batches that mix the symbols."""
    records, engine = (
        market(Simulation(symbols=SYMBOLS, bars=300, seed=3, fault_rate=0.0)),
        RecordEngine(EngineSettings()),
    )
    found: dict[str, list[Decision]] = {}
    for start in range(0, len(records.keys), 250):
        for outcome in engine.process(records.slice(start, start + 250)):
            assert isinstance(outcome, Decision)
            found.setdefault(outcome.symbol, []).append(outcome)
    return found


def test_a_decision_names_what_the_kernels_found_at_its_bar() -> None:
    assert len(decisions()) == SYMBOLS
    for of_symbol in decisions().values():
        columns = ("open", "high", "low", "close", "volume")
        bars = make_bars(*np.array([[getattr(d.bar, name) for d in of_symbol] for name in columns]))
        rows = drive(bars)["patterns"]
        values = np.concatenate([rows["candles"].astype(int), rows["events"].astype(int)], axis=1).tolist()
        expected = [[(n, v) for n, v in zip(NAMES, row, strict=True) if v] for row in values]
        assert [d.patterns for d in of_symbol] == expected


def test_bars_with_and_without_patterns_occur() -> None:
    counts = {len(d.patterns) for of_symbol in decisions().values() for d in of_symbol}
    assert 0 in counts
    assert max(counts) > 3
