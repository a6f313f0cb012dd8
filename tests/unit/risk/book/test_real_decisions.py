"""The book of decisions that the engine itself makes."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from schemas import Decision
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.risk.book.book import Book
from worker.risk.book.decided import decode
from worker.risk.settings import RiskSettings
from worker.sources.simulation.simulator import Simulation, simulated_records


@pytest.fixture(scope="module")
def decisions() -> list[Decision]:
    """Decisions of some symbols, in the order of their bars."""
    records = list(simulated_records(Simulation(symbols=6, bars=900, seed=11, fault_rate=0.0)))
    rows = [(record.key, record.value, record.timestamp_ms) for record in records]
    found = RecordEngine(EngineSettings()).process(Records(*map(list, zip(*rows, strict=True))))
    return [outcome for outcome in found if isinstance(outcome, Decision)]


def test_each_is_read_as_it_is_written(decisions: list[Decision]) -> None:
    for one in decisions:
        found, told = decode(msgspec.json.encode(one)), msgspec.to_builtins(one)
        for name, value in msgspec.to_builtins(found).items():
            assert value == told[name] or {key: told[name][key] for key in value} == value


def test_positions_follow_their_orders(decisions: list[Decision]) -> None:
    ordered: dict[str, float] = {}
    filled = 0
    for one in decisions:
        found = decode(msgspec.json.encode(one))
        before = ordered.get(one.symbol)
        # A stop or target may end a position within the bar, and a fill may be partial or fail.
        if before is not None and found.held == before and before != 0.0:
            filled += 1
        ordered[one.symbol] = found.ordered
    assert filled > 100
    assert {one.action for one in decisions} >= {"hold", "open_long", "open_short", "close"}


def test_results_are_those_of_the_last_decisions(decisions: list[Decision]) -> None:
    book = Book(RiskSettings(), EngineSettings())
    for offset, one in enumerate(decisions):
        book.take(offset, msgspec.json.encode(one))
    last = {one.symbol: one for one in decisions}
    length = RiskSettings().step_ms
    book.advance(0, -(-max(one.close_ts for one in decisions) // length) * length)
    found = book.result()
    assert found.realised == pytest.approx(sum(one.position.realised for one in last.values()), abs=1e-9)
    assert found.unrealised == pytest.approx(sum(one.position.unrealised for one in last.values()), abs=1e-9)
    assert found.filled > 0.0
    held = book.held()
    assert held.symbols == sorted(held.symbols)
    assert np.isfinite(held.sigma).all()
