"""Which records pass, and what is said when none does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from schemas import Decision, Rejection
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.operate.filters import Tally, Wanted
from worker.sources.simulation.simulator import Simulation, simulated_records


@pytest.fixture(scope="module")
def items() -> list[Decision | Rejection]:
    """Outcomes of a simulated market."""
    records = list(simulated_records(Simulation(symbols=3, bars=150, seed=5, fault_rate=0.1)))
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    return RecordEngine(EngineSettings()).process(batch)


def names(item: Any, kind: str) -> set[str]:
    """By hand."""
    if kind == "symbols":
        return {item.symbol}
    if kind == "codes":
        return set(item.codes if isinstance(item, Rejection) else item.quality.codes)
    if isinstance(item, Rejection):
        return set()
    return {"actions": {item.action}, "regimes": {item.regime}, "reasons": set(item.reasons)}[kind]


@pytest.mark.parametrize("kind", ["symbols", "actions", "regimes", "reasons", "codes"])
def test_each_filter_lets_exactly_its_own_pass(items: list[Decision | Rejection], kind: str) -> None:
    held = Counter(name for item in items for name in names(item, kind))
    assert held
    for name in held:
        wanted = Wanted(**{kind: frozenset({name})})  # type: ignore[arg-type]
        assert [item for item in items if wanted(item)] == [item for item in items if name in names(item, kind)]
    both = frozenset(list(held)[:2])
    either = Wanted(**{kind: both})  # type: ignore[arg-type]
    assert [item for item in items if either(item)] == [item for item in items if names(item, kind) & both]


def test_filters_hold_together(items: list[Decision | Rejection]) -> None:
    middle = sorted(item.ts for item in items if item.ts is not None)[len(items) // 2]
    wanted = Wanted(frozenset({"SIM0001"}), actions=frozenset({"hold"}), since=middle, until=middle + 3_600_000)
    passed = [item for item in items if wanted(item)]
    assert 0 < len(passed) < 61
    assert {(item.symbol, item.action) for item in passed if isinstance(item, Decision)} == {("SIM0001", "hold")}
    assert all(item.ts is not None and middle <= item.ts < middle + 3_600_000 for item in passed)
    assert all(Wanted()(item) for item in items)


def test_nothing_found_tells_what_there_is(items: list[Decision | Rejection]) -> None:
    tally = Tally()
    for item in items:
        tally.add(item)
    told = tally.nothing_of(Wanted(symbols=frozenset({"SIM001"}), since=2**50), "decisions")
    assert told.startswith(f"nothing in decisions matches; it holds {len(items)} records; by symbol: SIM000")
    assert "bars open from 20" in told
    holds = sum(isinstance(item, Decision) and item.action == "hold" for item in items)
    assert f"by action: hold {holds}" in tally.nothing_of(Wanted(actions=frozenset({"x"})), "decisions")
    assert Tally().nothing_of(Wanted(), "decisions") == "the topic decisions is empty"


def test_near_names_come_first() -> None:
    tally = Tally()
    for number in range(100):
        rejection = Rejection(
            1, f"SYM{number:03}", None, None, 0, [], 0.0, "Invalid", None, None, None, None, None, 0, None
        )
        for _ in range(100 - number):
            tally.add(rejection)
    told = tally.nothing_of(Wanted(symbols=frozenset({"SYM0777"})), "t")
    assert "by symbol: SYM077 23, " in told
    assert told.endswith(" and 92 more")
    assert "none has an action" in tally.nothing_of(Wanted(actions=frozenset({"hold"})), "t")
