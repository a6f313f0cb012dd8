"""Whatever is spilled when, outputs and states keep their bytes; a damaged or full disk is never silent."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import Decision, Rejection
from schemas.state import StateOwner
from tests.support.examples import drawn
from tests.support.record_engine import RecordEngine
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.state.frames import Spill
from worker.kafka.errors import StateLost
from worker.settings import StateSettings
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.stream.state.checkpoint import Checkpoint
from worker.stream.state.dirty import DirtySymbols, Limits
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.restore import advance, load_snapshots
from worker.stream.state.snapshots import SnapshotWriter, Taken
from worker.stream.state.spill import SpillFile, Spilling
from worker.stream.state.topic import StateRecords
from worker.telemetry.metrics import METRICS

SYMBOLS, BARS, FEW, LIMIT = 24, 40, 9, 10**9
OWNER = StateOwner(1, "g", "ticks.raw", 0, 4, "1", "cafe")
# One symbol's own instrument must follow its state from frame to frame.
INSTRUMENTS = {"instruments": {"SIM0003": {"tick": 0.5, "lot": 3.0}}}
SETTINGS = engine_settings(INSTRUMENTS)
LIMITED = engine_settings(INSTRUMENTS | {"ingestion": {"max_symbols": FEW}})


@cache
def log() -> RawRecords:
    """Symbol by symbol in stretches of a few bars, with faults: some begin with what is no accepted bar."""
    made = list(simulated_records(Simulation(symbols=SYMBOLS, bars=BARS, seed=11, fault_rate=0.1)))
    stretches = [made[start : start + 5 * SYMBOLS] for start in range(0, len(made), 5 * SYMBOLS)]
    records = list(chain(*(sorted(stretch, key=lambda record: record.key or b"") for stretch in stretches)))
    return raw_records(Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records]))


@cache
def undisturbed(engine_settings: Callable[[], EngineSettings]) -> tuple[list[Decision | Rejection], dict[bytes, bytes]]:
    """All outcomes and states of an engine that holds everything in memory."""
    engine = RecordEngine(engine_settings())
    return engine.process_raw(log()), states(engine)


def plain() -> EngineSettings:
    return SETTINGS


def limited() -> EngineSettings:
    return LIMITED


def states(engine: RecordEngine) -> dict[bytes, bytes]:
    """The state of each known symbol, as bytes."""
    found = {key: engine.snapshot(key) for key in sorted(set(log().all_keys()) - {None}, key=str) if key is not None}
    return {key: state for key, state in found.items() if state is not None}


def spilling(folder: Path, resident: int) -> Spilling:
    return Spilling(StateSettings(resident_symbols=resident, spill_dir=folder))


def file_of(spill: Spill | None) -> SpillFile:
    assert spill is not None
    assert isinstance(spill.store, SpillFile)
    return spill.store


def parts(raw: RawRecords, sizes: Sequence[int]) -> Iterator[RawRecords]:
    """`raw` in batches of these sizes, again and again."""
    start = number = 0
    while start < len(raw):
        stop = start + sizes[number % len(sizes)]
        yield raw.slice(start, stop)
        start, number = stop, number + 1


def distinct(raw: RawRecords) -> int:
    return len(set(raw.all_keys()))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=6)
MANY = settings(max_examples=drawn(3, 15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(resident=st.integers(1, SYMBOLS), sizes=SIZES, settings_of=st.sampled_from([plain, limited]))
def test_spilling_shows_in_no_byte(
    folder: Path, resident: int, sizes: list[int], settings_of: Callable[[], EngineSettings]
) -> None:
    engine = RecordEngine(settings_of(), spilling(folder, resident).new())
    found, most = [], 0
    for part in parts(log(), sizes):
        found += engine.process_raw(part)
        most = max(most, distinct(part))
        assert len(engine.symbols.states) <= max(resident, most)
    wanted, kept = undisturbed(settings_of)
    assert found == wanted
    assert states(engine) == kept
    assert engine.known == len(kept)
    assert engine.known - engine.spilled <= max(resident, most)
    assert list(folder.iterdir()) == []


class Owner:
    """One owner of the partition: its state, and the state topic as compaction would leave it."""

    def __init__(self, spill: Spill | None, topic: dict[bytes, bytes]) -> None:
        self.engine, self.dirty, self.topic = RecordEngine(SETTINGS, spill), DirtySymbols(Limits(9, 120)), topic
        writer = SnapshotWriter("s", OWNER, self.engine, self.dirty, set(topic))
        self.state = PartitionState(self.engine, self.dirty, writer, 0, 0, {})
        self.checkpoint = Checkpoint(0, 0, 0, 4)

    async def restore(self, checkpoint: Checkpoint, stop: int) -> None:
        stored = StateRecords({key: value for key, value in self.topic.items() if not key.startswith(b"__")})
        rebuild = await load_snapshots(stored, checkpoint, stop, False, self.engine, self.dirty)
        assert rebuild.damaged == 0
        for part in parts(log().slice(rebuild.start, stop), [13]):
            advance(part, self.engine, self.dirty, rebuild)

    def run(self, raw: RawRecords, sizes: Sequence[int]) -> list[tuple[int, bytes]]:
        """Verdict and decision of each record; what is due is saved."""
        found = []
        for part in parts(raw, sizes):
            _, outs = self.state.step(part)
            found += list(zip(outs["validation"]["mask"].tolist(), outs["decision"].copy().tolist(), strict=True))
            stop = int(part.rows["offset"][-1]) + 1
            self.save(self.state.due(stop, LIMIT), stop)
        return found

    def save(self, taken: Taken, stop: int) -> None:
        self.topic |= {record.key or b"": record.value or b"" for record in taken.records}
        self.state.committed(stop, taken)
        self.checkpoint = taken.checkpoint


@cache
def uninterrupted() -> tuple[str, dict[bytes, bytes]]:
    """The outcomes, as text for their NaN, and the states of an owner that goes through the log at once."""
    owner = Owner(None, {})
    return str(owner.run(log(), [LIMIT])), states(owner.engine)


@MANY
@given(resident=st.integers(1, 12), cut=st.integers(1, SYMBOLS * BARS - 100), sizes=SIZES, other=SIZES)
def test_a_restore_in_the_middle_shows_in_no_byte(
    folder: Path, resident: int, cut: int, sizes: list[int], other: list[int]
) -> None:
    wanted, end = uninterrupted()
    spill = spilling(folder, resident)
    first = Owner(spill.new(), {})
    found = first.run(log().slice(0, cut), sizes)
    heir = Owner(spill.new(), first.topic)
    asyncio.run(heir.restore(first.checkpoint, cut))
    assert states(heir.engine) == states(first.engine)
    found += heir.run(log().slice(cut, len(log())), other)
    assert str(found) == wanted
    assert states(heir.engine) == end
    heir.save(heir.state.rest(LIMIT), len(log()))
    assert len([key for key in heir.topic if not key.startswith(b"__")]) == heir.engine.known


def test_restoring_more_symbols_than_stay_in_memory_spills_while_loading(tmp_path: Path) -> None:
    first = Owner(None, {})
    first.run(log(), [100])
    first.save(first.state.rest(LIMIT), len(log()))
    heir = Owner(spilling(tmp_path, 3).new(), first.topic)
    asyncio.run(heir.restore(first.checkpoint, len(log())))
    assert len(heir.engine.symbols.states) == 3
    assert heir.engine.spilled == heir.engine.known - 3 == len(states(first.engine)) - 3
    assert states(heir.engine) == states(first.engine)


def test_changed_parameters_warm_up_spilled_symbols(tmp_path: Path) -> None:
    engines = RecordEngine(SETTINGS), RecordEngine(SETTINGS, spilling(tmp_path, 2).new())
    for engine in engines:
        for part in parts(log(), [7]):
            engine.advance_raw(part)
        for key in states(engine):
            engine.load(key, engine.export(engine.symbols.add(key)).carry, None)
        for part in parts(log(), [7]):
            engine.warm_again_raw(part)
    assert engines[1].spilled > 0
    assert states(engines[0]) == states(engines[1])


def damaged(fd: int, slot: int, size: int) -> None:
    place = slot * size + size // 2
    os.pwrite(fd, bytes([os.pread(fd, 1, place)[0] ^ 1]), place)


@pytest.mark.parametrize("how", ["flipped", "cut", "stale"])
def test_what_the_file_lost_is_never_used(tmp_path: Path, how: str) -> None:
    """A state that was put there before is refused, too: its own bytes would be sound."""
    process = spilling(tmp_path, 2)
    engine = RecordEngine(SETTINGS, spill := process.new())
    file, before = file_of(spill), METRICS.spill_faults._value.get()
    half = len(log()) // 2
    for part in parts(log().slice(0, half), [20]):
        engine.advance_raw(part)
    victim = min(engine.symbols.frames._spilled)
    size = engine.symbols.states.itemsize
    old = os.pread(file.fd, size, victim * size)
    if how == "flipped":
        damaged(file.fd, victim, size)
    elif how == "cut":
        os.ftruncate(file.fd, victim * size + 1)
    else:
        slots = np.array([victim])
        engine.symbols.frames.of(slots)
        engine.symbols.states["carry"]["sequence"][engine.symbols.frames.of(slots)[0]] += 1
        for other in range(engine.known):
            engine.symbols.frames.of(np.array([other]))
        assert victim in engine.symbols.frames._spilled
        os.pwrite(file.fd, old, victim * size)
    key = engine.symbols.key(victim)
    with pytest.raises(StateLost, match="can't be read back"):
        engine.snapshot(key)
    with pytest.raises(StateLost):
        engine.advance_raw(log().where(np.array([found == key for found in log().all_keys()])))
    assert METRICS.spill_faults._value.get() > before
    assert process.new() is None, "the partition is restored in memory"


def test_a_full_disk_ends_spilling_and_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    process = spilling(tmp_path, 2)
    engine = RecordEngine(SETTINGS, spill := process.new())
    full = os.open("/dev/full", os.O_RDWR)
    os.dup2(full, file_of(spill).fd)
    os.close(full)
    found = [outcome for part in parts(log(), [20]) for outcome in engine.process_raw(part)]
    wanted, kept = undisturbed(plain)
    assert (found, states(engine), engine.spilled) == (wanted, kept, 0)
    assert [record.message for record in caplog.records] == ["spilling stopped: states stay in memory"]
    assert process.new() is None


def test_a_disk_that_fills_up_keeps_what_it_has(tmp_path: Path) -> None:
    process = spilling(tmp_path, 4)
    engine = RecordEngine(SETTINGS, process.new())
    found = []
    for number, part in enumerate(parts(log(), [20])):
        if number == 10:
            assert engine.spilled > 0
            process.end("full")
        found += engine.process_raw(part)
    assert (found, states(engine)) == undisturbed(plain)


def test_a_folder_that_cannot_be_made_ends_spilling(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    process = spilling(tmp_path / "file" / "spill", 4)
    assert process.new() is None
    assert process.ended


def test_the_file_has_no_name_and_its_space_comes_back(tmp_path: Path) -> None:
    engine = RecordEngine(SETTINGS, spill := spilling(tmp_path, 2).new())
    fd = file_of(spill).fd
    for part in parts(log(), [20]):
        engine.advance_raw(part)
    assert engine.spilled > 0
    assert list(tmp_path.iterdir()) == []
    del engine, spill
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
