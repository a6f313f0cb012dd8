"""What a strategy keeps of a symbol survives snapshots, spilling and upgrades, apart from what others keep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from aiokafka import ConsumerRecord

from schemas import Decision, Rejection
from schemas.state import StateOwner
from tests.support.consumed import to_records
from tests.support.hand_strategy import OWN, Hand
from tests.support.record_engine import RecordEngine
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.state.own import described, dtype_of
from worker.errors import ConfigError
from worker.kafka.reader import Consumed
from worker.kafka.records.columns import raw_of
from worker.settings import StateSettings
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.stream.state.checkpoint import Checkpoint
from worker.stream.state.dirty import WARM_UP, DirtySymbols, Limits
from worker.stream.state.records import Damaged, pack, unpack
from worker.stream.state.restore import Rebuild, advance, load_snapshots, warming_from
from worker.stream.state.snapshots import SnapshotWriter
from worker.stream.state.spill import Spilling
from worker.stream.state.topic import StateRecords

OWNER = StateOwner(1, "g", "ticks.raw", 0, 4, "1", "cafe")
SYMBOLS, BARS, STOP = 6, 120, 400


class Other(Hand):
    """The same strategy with indicators of another plan."""

    plan = "other averages"


class Grown(Hand):
    """A later version: one field more, between the others."""

    own = np.dtype([("steps", "i8"), ("new", "f8"), ("crosses", "i4")], align=True)


class Renamed(Hand):
    """A later version with a field of another name."""

    own = np.dtype([("steps", "i8"), ("turns", "i4")], align=True)


class Migrating(Renamed):
    def migrate(self, old: dict[str, Any]) -> Mapping[str, Any] | None:
        """Keep the count under its new name."""
        return {"steps": old["steps"], "turns": old["crosses"]}


def strategy_settings(**given: Any) -> EngineSettings:
    return engine_settings({"strategy": {"name": "hand", "version": 1, **given}})


@cache
def log() -> list[Consumed]:
    made = simulated_records(Simulation(symbols=SYMBOLS, bars=BARS, seed=5, fault_rate=0.05))
    return [
        ConsumerRecord("ticks.raw", 0, i, r.timestamp_ms, 0, r.key, r.value, None, 0, 0, ()) for i, r in enumerate(made)
    ]


def new_engine(hand: Hand | None = None, settings: EngineSettings | None = None, spill: Any = None) -> RecordEngine:
    return RecordEngine(settings or strategy_settings(), spill, strategy=hand or Hand(raise_every=31))


@cache
def undisturbed() -> tuple[list[Decision | Rejection], dict[bytes, Any]]:
    engine = new_engine()
    outcomes = engine.process(to_records(log()))
    return outcomes, states(engine)


def states(engine: RecordEngine) -> dict[bytes, Any]:
    keys = sorted({record.key or b"" for record in log()})
    return {key: engine.export(slot) for key in keys if (slot := engine.symbols.get(key)) is not None}


def saved(engine: RecordEngine) -> dict[bytes, bytes]:
    """Snapshots of all symbols after STOP records."""
    dirty = DirtySymbols(Limits(30, 250))
    writer = SnapshotWriter("s", OWNER, engine, dirty, set())
    engine.step_raw(raw := raw_of(log()[:STOP]))
    dirty.note(engine.touched, raw.rows["offset"])
    taken = writer.take(dirty.all(), STOP, 0, 10**9)
    return {r.key or b"": r.value or b"" for r in taken.records if not (r.key or b"").startswith(b"__")}


async def restored(engine: RecordEngine, stored: dict[bytes, bytes]) -> Rebuild:
    dirty = DirtySymbols(Limits(30, 250))
    rebuild = await load_snapshots(
        StateRecords(dict(stored)), Checkpoint(0, STOP, len(stored), 4), STOP, False, engine, dirty
    )
    records = [r for r in log() if rebuild.start <= r.offset < STOP]
    for start in range(0, len(records), 33):
        advance(raw_of(records[start : start + 33]), engine, dirty, rebuild)
    return rebuild


async def test_a_restore_goes_on_as_if_nothing_had_happened() -> None:
    stored, engine = saved(new_engine()), new_engine()
    rebuild = await restored(engine, stored)
    assert (rebuild.damaged, len(rebuild.warming)) == (0, 0)
    wanted, at_end = undisturbed()
    assert engine.process(to_records(log()[STOP:])) == wanted[STOP:]
    assert states(engine) == at_end


def test_spilling_shows_in_no_byte(tmp_path: Path) -> None:
    spilling = Spilling(StateSettings(resident_symbols=2, spill_dir=tmp_path))
    engine = new_engine(spill=spilling.new())
    found = []
    for start in range(0, len(log()), 3):
        found += engine.process(to_records(log()[start : start + 3]))
    wanted, at_end = undisturbed()
    assert engine.spilled > 0
    assert found == wanted
    assert states(engine) == at_end


class Long(Other):
    """With indicators that remember 2,500 bars."""

    intervals: list[int]

    def rebuilding(self, interval_ms: int) -> int:
        """Note the length of the bars."""
        self.intervals.append(interval_ms)
        return 2_500


async def test_a_long_memory_is_rebuilt_from_further_back() -> None:
    stored = {}
    for key, value in saved(new_engine()).items():
        snapshot = unpack(key, value)
        stored[key] = pack(snapshot._replace(warm_from=snapshot.offset - 50, warm_next=snapshot.offset - 10))
    ends = {key: unpack(key, value).offset + 1 for key, value in stored.items()}
    near = await restored(new_engine(Other(raise_every=31)), stored)
    assert near.warming == {key: end - 51 for key, end in ends.items()}
    long = Long(raise_every=31)
    long.intervals = []
    far = await restored(new_engine(long), stored)
    assert far.warming == {key: max(end - 3 * 51, 0) for key, end in ends.items()}
    assert far.warmed > near.warmed
    assert set(long.intervals) == {60_000}


def test_no_bar_before_the_origin_is_shown_again() -> None:
    [value] = list(saved(new_engine()).items())[:1]
    snapshot = unpack(*value)._replace(offset=10_000, warm_from=8_000)
    assert warming_from(snapshot, 0, 0) == warming_from(snapshot, WARM_UP, 0) == 8_000
    assert warming_from(snapshot, WARM_UP + 1, 0) == 10_001 - 2 * 2_001
    assert warming_from(snapshot, 10**5, 700) == 700
    assert warming_from(snapshot, 10**5, 8_500) == 8_000


async def test_other_indicators_are_rebuilt_and_nothing_else() -> None:
    stored, engine = saved(new_engine()), new_engine(Other(raise_every=31))
    before = {key: unpack(key, value) for key, value in stored.items()}
    rebuild = await restored(engine, stored)
    assert (rebuild.damaged, len(rebuild.warming)) == (0, SYMBOLS)
    for key, state in states(engine).items():
        assert (state.carry, state.derived) == (before[key].carry, before[key].derived)
        kept = before[key].strategy
        assert kept is not None
        assert (state.strategy.own, state.strategy.standing) == (kept.own, kept.standing)
        assert state.strategy.memory == kept.memory  # the averages of a window need no more bars than these
        assert state.strategy.plan != kept.plan
    assert engine.process(to_records(log()[STOP:])) == undisturbed()[0][STOP:]


async def test_other_parameters_of_the_rules_leave_the_indicators() -> None:
    stored, engine = (
        saved(new_engine()),
        new_engine(
            settings=engine_settings({"strategy": {"name": "hand", "version": 1}, "regime": {"adx_enter": 35.0}})
        ),
    )
    before = {key: unpack(key, value) for key, value in stored.items()}
    rebuild = await restored(engine, stored)
    assert len(rebuild.warming) == SYMBOLS
    for key, state in states(engine).items():
        kept = before[key].strategy
        assert kept is not None
        assert (state.carry, state.strategy.memory) == (before[key].carry, kept.memory)


async def test_a_new_field_begins_at_zero_and_the_others_keep_their_values() -> None:
    engine = new_engine(Grown())
    stored = saved(new_engine())
    await restored(engine, stored)
    for key, value in stored.items():
        old = unpack(key, value).strategy
        assert old is not None
        was, now = np.frombuffer(old.own, OWN)[0], np.frombuffer(states(engine)[key].strategy.own, Grown.own)[0]
        assert (now["steps"], now["crosses"], now["new"]) == (was["steps"], was["crosses"], 0.0)
        assert was["steps"] > 0


async def test_a_lost_field_needs_a_migration_or_a_reset() -> None:
    stored = saved(new_engine())
    with pytest.raises(ConfigError, match="crosses"):
        await restored(new_engine(Renamed()), stored)
    engine = new_engine(Migrating())
    await restored(engine, stored)
    key, value = next(iter(stored.items()))
    old = unpack(key, value).strategy
    assert old is not None
    was, now = np.frombuffer(old.own, OWN)[0], np.frombuffer(states(engine)[key].strategy.own, Renamed.own)[0]
    assert (now["steps"], now["turns"]) == (was["steps"], was["crosses"])
    engine = new_engine(Renamed(), strategy_settings(on_state_change="reset"))
    await restored(engine, stored)
    assert not any(states(engine)[key].strategy.own)


async def test_another_strategy_begins_anew_with_the_position_of_the_former() -> None:
    stored, engine = saved(new_engine()), new_engine(Renamed(), strategy_settings(name="another"))
    await restored(engine, stored)
    for key, value in stored.items():
        state, old = states(engine)[key], unpack(key, value)
        assert old.strategy is not None
        assert state.carry == old.carry
        assert not any(state.strategy.own)
        assert state.strategy.standing == old.strategy.standing


async def test_a_strategy_takes_over_from_the_rules_and_the_rules_from_a_strategy() -> None:
    rules = RecordEngine(EngineSettings())
    stored, engine = saved(rules), new_engine()
    rebuild = await restored(engine, stored)
    assert len(rebuild.warming) == SYMBOLS
    for key, state in states(engine).items():
        before = unpack(key, stored[key])
        assert (state.carry, state.derived) == (before.carry, before.derived)
        assert any(state.strategy.memory)
    back = RecordEngine(EngineSettings())
    assert not (await restored(back, saved(new_engine()))).warming


def test_a_snapshot_without_a_strategy_is_one_of_the_former_format() -> None:
    for engine, number in ((RecordEngine(EngineSettings()), 1), (new_engine(), 2)):
        for key, value in saved(engine).items():
            assert value[1] == number or value[3] == number  # an array of up to 15 fields, or of more
            assert pack(unpack(key, value)) == value


def test_a_snapshot_of_the_former_release_is_read() -> None:
    for key, value in saved(RecordEngine(EngineSettings())).items():
        fields = msgspec.msgpack.decode(value)
        assert fields[-1] is None
        assert unpack(key, msgspec.msgpack.encode(fields[:-1])) == unpack(key, value)


def test_a_damaged_strategy_part_is_refused() -> None:
    key, value = next(iter(saved(new_engine()).items()))
    with pytest.raises(Damaged):
        unpack(key, value[:-40] + bytes(1) + value[-39:])


def test_a_record_is_described_whole() -> None:
    for record in (OWN, Grown.own, np.dtype([("a", "u1"), ("b", "f8", (3, 2))], align=True), np.dtype([])):
        again = dtype_of(described(record))
        assert described(again) == described(record)
        assert again.itemsize == record.itemsize
