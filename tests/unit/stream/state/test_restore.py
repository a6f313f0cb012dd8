"""A restore from snapshots of different age gives the state, and so the outputs, that was never interrupted."""

from __future__ import annotations

from functools import cache

import msgspec
import pytest
from aiokafka import ConsumerRecord

from schemas import Decision, Rejection
from schemas.state import StateOwner
from tests.support.consumed import outcomes_of, to_records
from tests.support.record_engine import RecordEngine
from worker.engine.settings import EngineSettings, engine_settings
from worker.errors import ConfigError
from worker.kafka.reader import Consumed
from worker.kafka.records.columns import raw_of
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.stream.state.checkpoint import Checkpoint
from worker.stream.state.dirty import DirtySymbols, Limits
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.records import OWNER, REPLAY_FROM, pack, unpack
from worker.stream.state.restore import Rebuild, advance, load_snapshots
from worker.stream.state.snapshots import SnapshotWriter, Taken
from worker.stream.state.topic import StateRecords, check_owner

OWNER_RECORD = StateOwner(1, "g", "ticks.raw", 0, 4, "1", "cafe")
BATCH = 40
LIMIT = 1_000_000_000  # bytes a transaction
TOTAL, STOP = 1_600, 1_200


@cache
def log() -> list[Consumed]:
    """Records with offsets that begin at 100."""
    made = simulated_records(Simulation(symbols=8, bars=TOTAL // 8, seed=5, fault_rate=0.05))
    return [
        ConsumerRecord("ticks.raw", 0, 100 + i, r.timestamp_ms, 0, r.key, r.value, None, 0, 0, ())
        for i, r in enumerate(made)
    ]


@cache
def undisturbed() -> list[Decision | Rejection]:
    """Every outcome of one engine over the whole log."""
    return RecordEngine(EngineSettings()).process(to_records(log()))


def run(state: PartitionState, topic: dict[bytes, bytes], records: list[Consumed]) -> list[Decision | Rejection]:
    """Process in batches; what is due goes to `topic` as compaction would leave it."""
    found: list[Decision | Rejection] = []
    for start in range(0, len(records), BATCH):
        part = records[start : start + BATCH]
        found += outcomes_of(state, part)
        taken = state.due(part[-1].offset + 1, LIMIT)
        store(topic, taken)
        state.committed(part[-1].offset + 1, taken)
    return found


def store(topic: dict[bytes, bytes], taken: Taken) -> None:
    """What compaction leaves of the state topic once these records are in it."""
    for record in taken.records:
        assert record.value is not None
        topic[record.key or b""] = record.value


def symbol(number: int) -> str:
    """One of the log's symbols."""
    return sorted({(r.key or b"").decode() for r in log()})[number]


def new_state(settings: EngineSettings | None = None) -> PartitionState:
    engine, dirty = RecordEngine(settings or EngineSettings()), DirtySymbols(Limits(30, 250))
    return PartitionState(engine, dirty, SnapshotWriter("s", OWNER_RECORD, engine, dirty, set()), 100, 100, {})


@cache
def before() -> tuple[dict[bytes, bytes], Checkpoint]:
    """The state topic and the checkpoint after STOP records."""
    topic: dict[bytes, bytes] = {}
    state = new_state()
    assert run(state, topic, log()[:STOP]) == undisturbed()[:STOP]
    assert state.checkpoint is not None
    return topic, state.checkpoint


def slots(state: PartitionState) -> dict[bytes, int]:
    """Each known symbol's slot."""
    return {state.engine.symbols.key(slot): slot for slot in range(state.engine.known)}


async def restored(
    topic: dict[bytes, bytes],
    checkpoint: Checkpoint,
    settings: EngineSettings | None = None,
    cut_short: bool = False,
) -> tuple[PartitionState, Rebuild]:
    """A new owner's state from the state topic and the log."""
    state = new_state(settings)
    stored = StateRecords({key: value for key, value in topic.items() if key not in (OWNER, REPLAY_FROM)})
    stop = 100 + STOP
    rebuild = await load_snapshots(stored, checkpoint, stop, False, state.engine, state._dirty, cut_short)
    records = [r for r in log() if rebuild.start <= r.offset < stop]
    for start in range(0, len(records), 33):
        advance(raw_of(records[start : start + 33]), state.engine, state._dirty, rebuild)
    state.committed(stop, state.due(stop, LIMIT))
    return state, rebuild


async def test_outputs_go_on_as_if_nothing_had_happened() -> None:
    topic, checkpoint = before()
    state, rebuild = await restored(topic, checkpoint)
    assert checkpoint.saved == state.engine.known == 8
    assert 100 + STOP - checkpoint.replay_from <= 250 + BATCH
    assert 0 < rebuild.replayed < 250 + BATCH
    assert run(state, {}, log()[STOP:]) == undisturbed()[STOP:]


async def test_a_damaged_snapshot_is_rebuilt_from_the_first_record() -> None:
    topic, checkpoint = before()
    key = next(key for key in topic if key not in (OWNER, REPLAY_FROM))
    broken = topic | {key: topic[key][:-9] + bytes(9)}
    state, rebuild = await restored(broken, checkpoint)
    assert (rebuild.damaged, rebuild.start) == (1, checkpoint.origin)
    assert run(state, {}, log()[STOP:]) == undisturbed()[STOP:]


async def test_a_lost_snapshot_is_missed_and_rebuilt() -> None:
    topic, checkpoint = before()
    key = next(key for key in topic if key not in (OWNER, REPLAY_FROM))
    state, rebuild = await restored({k: v for k, v in topic.items() if k != key}, checkpoint)
    assert (rebuild.damaged, rebuild.start) == (1, checkpoint.origin)
    assert run(state, {}, log()[STOP:]) == undisturbed()[STOP:]


class History(dict[bytes, bytes]):
    """The state topic before compaction: every record in order."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[tuple[bytes, bytes]] = []

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.records.append((key, value))
        super().__setitem__(key, value)


@pytest.mark.parametrize("lost", [5, 20, 60])
async def test_older_snapshots_look_sound_so_a_topic_cut_short_is_rebuilt(lost: int) -> None:
    history, state = History(), new_state()
    run(state, history, log()[:STOP])
    assert state.checkpoint is not None
    cut = dict(history.records[: len(history.records) - lost])
    state, rebuild = await restored(cut, state.checkpoint, cut_short=True)
    assert (rebuild.damaged > 0, rebuild.start) == (True, 100)
    assert run(state, {}, log()[STOP:]) == undisturbed()[STOP:]


async def test_a_snapshot_ahead_of_the_committed_offset_is_not_used() -> None:
    topic, checkpoint = before()
    key = next(key for key in topic if key not in (OWNER, REPLAY_FROM))
    ahead = topic | {key: pack(unpack(key, topic[key])._replace(offset=100 + STOP))}
    state, rebuild = await restored(ahead, checkpoint)
    assert rebuild.damaged == 1
    assert run(state, {}, log()[STOP:]) == undisturbed()[STOP:]


async def test_other_parameters_keep_the_carry_and_rebuild_the_rest() -> None:
    topic: dict[bytes, bytes] = {}
    old = new_state()
    run(old, topic, log()[:STOP])
    store(topic, old.rest(LIMIT))
    settings = engine_settings({"regime": {"adx_enter": 35.0}, "instruments": {symbol(0): {"tick": 0.01}}})
    whole = RecordEngine(settings)
    whole.advance(to_records(log()[:STOP]))
    state, rebuild = await restored(topic, Checkpoint(100, 100 + STOP, 8, 4), settings)
    assert (rebuild.damaged, rebuild.replayed, len(rebuild.warming)) == (0, 0, 8)
    assert rebuild.warmed > 0.9 * STOP
    for key in rebuild.held:
        now, before_now = (each.engine.export(slots(each)[key]) for each in (state, old))
        assert now.carry == before_now.carry
        assert now.derived == whole.export(whole.symbols.add(key)).derived
    went_on, wanted = run(state, {}, log()[STOP:]), undisturbed()[STOP:]
    assert [outcome.sequence for outcome in went_on] == [outcome.sequence for outcome in wanted]


async def test_parameters_of_one_symbol_concern_no_other() -> None:
    topic, checkpoint = before()
    settings = engine_settings({"instruments": {symbol(0): {"tick": 0.01}}})
    _, rebuild = await restored(topic, checkpoint, settings)
    assert list(rebuild.warming) == [symbol(0).encode()]


async def test_a_state_begun_anew_removes_the_old_snapshots_before_it_writes() -> None:
    topic, _ = before()
    engine, dirty = RecordEngine(EngineSettings()), DirtySymbols(Limits(1, 0))
    old = [key for key in topic if key not in (OWNER, REPLAY_FROM)]
    state = PartitionState(engine, dirty, SnapshotWriter("s", OWNER_RECORD, engine, dirty, set(), old), 0, 0, {})
    state.step(raw_of(log()[:4]))
    taken = state.due(104, LIMIT)
    newest = {record.key: record.value for record in taken.records}
    kept = {key for key in old if newest[key] is not None}
    assert kept == {r.key for r in log()[:4]} & set(old)
    assert taken.checkpoint.saved == len(kept)
    state.committed(104, taken)
    assert all(record.value is not None for record in state.due(104, LIMIT).records)


async def test_a_transaction_carries_a_bounded_number_of_snapshots() -> None:
    state = new_state()
    state.step(raw_of(log()[:400]))
    sizes: list[int] = []
    while state.dirty:
        taken = state.rest(5_000)
        assert len(taken.slots) > 0
        assert taken.checkpoint.saved == len(taken.slots) + sum(sizes)
        sizes.append(len(taken.slots))
        state.committed(500, taken)
    assert len(sizes) > 1
    assert sum(sizes) == 8
    assert state.checkpoint is not None
    assert state.checkpoint.replay_from == 500


async def test_at_least_once_a_symbol_ahead_of_the_commit_is_not_repeated() -> None:
    topic, checkpoint = before()
    committed = 100 + STOP - BATCH  # the crash came between the last snapshots and their offset
    stored = StateRecords({key: value for key, value in topic.items() if key not in (OWNER, REPLAY_FROM)})
    engine, dirty = RecordEngine(EngineSettings()), DirtySymbols(Limits(30, 250))
    rebuild = await load_snapshots(stored, checkpoint._replace(saved=0), committed, True, engine, dirty)
    advance(raw_of([r for r in log() if rebuild.start <= r.offset < committed]), engine, dirty, rebuild)
    writer = SnapshotWriter("s", OWNER_RECORD, engine, dirty, set())
    state = PartitionState(engine, dirty, writer, 100, committed, rebuild.held)
    ahead = {key for key, offset in rebuild.held.items() if offset >= committed}
    assert ahead, "the last batch must have saved something"
    handled = [r for r in log()[STOP - BATCH : STOP] if r.key not in ahead]
    assert state.unseen(raw_of(log()[STOP - BATCH : STOP])).rows["offset"].tolist() == [r.offset for r in handled]
    outcomes = outcomes_of(state, log()[STOP - BATCH : STOP])
    assert outcomes == [undisturbed()[r.offset - 100] for r in handled]
    state.committed(100 + STOP, state.due(100 + STOP, LIMIT))
    assert run(state, {}, log()[STOP:]) == undisturbed()[STOP:]


def test_each_symbol_is_saved_with_the_offset_it_contains() -> None:
    topic, _ = before()
    for key, value in topic.items():
        if key not in (OWNER, REPLAY_FROM):
            assert unpack(key, value).offset < 100 + STOP


def test_states_of_another_partition_count_or_input_are_refused() -> None:
    check_owner(None, OWNER_RECORD)
    check_owner(OWNER_RECORD, OWNER_RECORD)
    for name, value in (("partitions", 8), ("input", "other"), ("group", "h")):
        found = msgspec.structs.replace(OWNER_RECORD, **{name: value})
        with pytest.raises(ConfigError):
            check_owner(found, OWNER_RECORD)
