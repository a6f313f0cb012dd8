"""Control records enter the journal when a record first sees them; a restore from it repeats the same decisions."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from aiokafka import ConsumerRecord

from schemas import Control, Decision, Rejection
from schemas.control import MODEL_KEY, CorporateAction, ModelSwitch
from schemas.state import JournalEntry, StateOwner
from schemas.tick import Symbol
from tests.support.consumed import offsets_of, outcomes_of, to_records
from tests.support.record_engine import RecordEngine
from worker.engine.controls import MODEL, Controls
from worker.engine.settings import EngineSettings
from worker.engine.switching.keeping import SymbolState
from worker.kafka.reader import Consumed
from worker.kafka.records.columns import raw_of
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.stream.control.table import ControlTable
from worker.stream.state.dirty import DirtySymbols, Limits
from worker.stream.state.journal import Journal, missing
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.records import JOURNAL, Damaged, journal_key, pack_entry, symbol_of, unpack_entry
from worker.stream.state.restore import advance, load_snapshots
from worker.stream.state.snapshots import SnapshotWriter
from worker.stream.state.topic import StateRecords
from worker.telemetry.metrics import METRICS

OWNER = StateOwner(1, "g", "ticks.raw", 0, 4, "1", "cafe")
FIRST, TOTAL, BATCH, LIMIT = 100, 320, 20, 10**9
STATIC = EngineSettings().risk.params().limits


@cache
def log() -> list[Consumed]:
    made = simulated_records(Simulation(symbols=4, bars=TOTAL // 4, seed=5))
    return [
        ConsumerRecord("ticks.raw", 0, FIRST + i, r.timestamp_ms, 0, r.key, r.value, None, 0, 0, ())
        for i, r in enumerate(made)
    ]


def announce(table: ControlTable, key: str, version: int, offset: int, **fields: Any) -> None:
    value = msgspec.json.encode(Control(key, version, fields.pop("effective_ts", 0), **fields))
    put(table, key.encode(), value, offset)


def put(table: ControlTable, key: bytes | None, value: bytes | None, offset: int = 0) -> None:
    table.put(ConsumerRecord("risk.control", 0, offset, 1_000 + offset, 0, key, value, None, 0, 0, ()))


def journal(table: ControlTable, *stored: JournalEntry) -> tuple[Journal, Controls]:
    controls = Controls(STATIC)
    return Journal(controls, table, stored), controls


def known(controls: Controls) -> list[tuple[str, int, int]]:
    return [(entry.key, entry.version, entry.visible_from) for entry in controls]


def test_a_record_is_entered_when_a_symbol_meets_it_first() -> None:
    table = ControlTable()
    announce(table, "A", 4, 0)
    announce(table, "*", 9, 1)
    book, controls = journal(table)
    book.use(lambda: [b"B"], 50)
    assert known(controls) == [("*", 9, 50)]
    book.use(lambda: [b"B", None, b"A"], 70)
    book.use(lambda: [b"A"], 90)
    assert known(controls) == [("*", 9, 50), ("A", 4, 70)]


def test_of_several_records_before_the_next_batch_the_newest_counts() -> None:
    table = ControlTable()
    announce(table, "A", 1, 0)
    book, controls = journal(table)
    announce(table, "A", 2, 1)
    announce(table, "A", 3, 2, risk_mult=0.5)
    book.use(lambda: [b"A"], 5)
    assert [entry.control and entry.control.risk_mult for entry in controls] == [0.5]


@pytest.mark.parametrize(("decided", "late"), [(None, False), (499, False), (500, True), (900, True)])
def test_a_corporate_action_that_comes_too_late_is_told_once(
    decided: int | None, late: bool, caplog: pytest.LogCaptureFixture
) -> None:
    before, split = METRICS.actions_late._value.get(), CorporateAction(500, 0.25)
    table, controls = ControlTable(), Controls(STATIC)
    book = Journal(controls, table, newest_time=lambda key: decided)
    announce(table, "A", 1, 0, corp_action=split)
    book.use(lambda: [b"A"], 5)
    announce(table, "A", 2, 1, corp_action=split, risk_mult=0.5)
    book.use(lambda: [b"A"], 7)
    told = [record for record in caplog.records if "too late" in record.message]
    assert [(each.ex_ts, each.decided) for each in told] == ([(500, decided)] if late else [])  # type: ignore[attr-defined]
    assert METRICS.actions_late._value.get() - before == late
    assert len(controls) == 2


def test_a_corporate_action_of_all_symbols_is_refused() -> None:
    table = ControlTable()
    put(table, b"*", b'{"key":"*","version":1,"effective_ts":0,"corp_action":{"ex_ts":5,"price_factor":0.5}}')
    assert len(table) == 0
    put(table, b"A", b'{"key":"A","version":1,"effective_ts":0,"corp_action":{"ex_ts":5,"price_factor":0.5}}')
    assert len(table) == 1


@pytest.mark.parametrize("version", [6, 7])
def test_a_record_that_is_not_newer_is_not_used(version: int) -> None:
    table = ControlTable()
    announce(table, "A", 7, 0)
    book, controls = journal(table)
    book.use(lambda: [b"A"], 5)
    announce(table, "A", version, 1)
    book.use(lambda: [b"A"], 9)
    assert known(controls) == [("A", 7, 5)]


def test_a_worker_that_has_read_less_changes_nothing() -> None:
    entries = [JournalEntry(1, "A", 1, 7, 40, 0, 0, 12, Control("A", 7, 0))]
    behind = ControlTable()
    put(behind, b"A", None, 11)
    book, controls = journal(behind, *entries)
    book.use(lambda: [b"A"], 50)
    announce(behind, "A", 6, 10)
    book.use(lambda: [b"A"], 60)
    assert known(controls) == [("A", 7, 40)]


def test_a_removed_record_is_withdrawn_and_may_come_back() -> None:
    table = ControlTable()
    announce(table, "A", 7, 0)
    book, controls = journal(table)
    book.use(lambda: [b"A"], 5)
    put(table, b"A", None, 1)
    book.use(lambda: [b"A"], 9)
    assert [entry.control is None for entry in controls] == [False, True]
    announce(table, "A", 8, 2)
    book.use(lambda: [b"A"], 12)
    assert known(controls) == [("A", 7, 5), ("A", 7, 9), ("A", 8, 12)]


def test_removing_what_nobody_used_is_no_entry() -> None:
    table = ControlTable()
    put(table, b"A", None)
    book, controls = journal(table)
    book.use(lambda: [b"A"], 5)
    assert not controls


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"A", b"{}"),
        (b"A", b"not json"),
        (b"A", b'{"key":"B","version":1,"effective_ts":0}'),
        (b"A", b'{"key":"A","version":0,"effective_ts":0}'),
        (b"A", b'{"key":"A","version":1,"effective_ts":0,"risk_mult":1.5}'),
        (b"A", b'{"key":"A","version":1,"effective_ts":0,"max_notional":-1}'),
        (None, b'{"key":"A","version":1,"effective_ts":0}'),
        (b"", None),
    ],
)
def test_a_record_that_cannot_be_read_leaves_the_one_before(key: bytes | None, value: bytes | None) -> None:
    table = ControlTable()
    announce(table, "A", 1, 0)
    before = table.revision
    put(table, key, value, 1)
    assert (table.revision, len(table)) == (before, 1)


def test_the_entry_is_in_the_first_transaction_and_in_no_other() -> None:
    table = ControlTable()
    announce(table, "A", 1, 0)
    book, _ = journal(table)
    assert book.take(5, save=False) is None
    book.use(lambda: [b"A"], 5)
    changes = book.take(5, save=False)
    assert changes is not None
    ((key, value),) = changes.records
    assert key.startswith(JOURNAL)
    assert symbol_of(key) is None
    assert value is not None
    assert unpack_entry(key, value).visible_from == 5
    book.committed(changes)
    assert book.take(5, save=True) is None
    assert book.size == 1


def test_a_replaced_entry_is_removed_once_no_replay_begins_before_its_end() -> None:
    table = ControlTable()
    book, controls = journal(table)
    for version, offset in ((1, 5), (2, 8)):
        announce(table, "A", version, version)
        book.use(lambda: [b"A"], offset)
        changes = book.take(5, save=False)
        assert changes is not None
        assert all(value is not None for _, value in changes.records)
        book.committed(changes)
    assert book.take(7, save=True) is None
    changes = book.take(8, save=True)
    assert changes is not None
    assert [(value, changes.size, changes.whole_from) for _, value in changes.records] == [(None, 1, 8)]
    book.committed(changes)
    assert known(controls) == [("A", 2, 8)]
    assert book.whole_from == 8


def test_a_journal_that_is_kept_removes_nothing() -> None:
    table = ControlTable()
    controls = Controls(STATIC)
    book = Journal(controls, table, keep=True)
    for version in (1, 2):
        announce(table, "A", version, version)
        book.use(lambda: [b"A"], version)
        changes = book.take(9, save=True)
        assert changes is not None
        book.committed(changes)
    assert len(controls) == 2


def test_a_damaged_entry_is_refused() -> None:
    entry = JournalEntry(1, "A", 1, 7, 40, 0, 0, 12, Control("A", 7, 0))
    key, value = journal_key(entry), pack_entry(entry)
    assert msgspec.structs.replace(unpack_entry(key, value), crc32=0) == entry
    for broken in (value[:-1], value.replace(b"A", b"B", 1), value[:-5] + bytes(5)):
        with pytest.raises(Damaged):
            unpack_entry(key, broken)
    with pytest.raises(Damaged):
        unpack_entry(key + b"0", value)


def test_lost_entries_are_missed() -> None:
    entry = JournalEntry(1, "A", 1, 7, 40, 0, 0, 12, Control("A", 7, 0))
    assert missing([entry], 0, 1, ahead=False) == 0
    assert missing([entry], 0, 3, ahead=False) == 2
    assert missing([entry], 0, 3, ahead=True) == 0
    assert missing([entry], 1, 1, ahead=True) == 1


def speak(table: ControlTable, offset: int) -> None:
    """What the monitor says while the input reaches `offset`."""
    ts = log()[offset - FIRST].timestamp
    match offset - FIRST:
        case 40:
            announce(table, "*", 1, 0, risk_mult=0.5)
        case 80:
            announce(table, "SIM0001", 1, 1, allow_open=False, effective_ts=ts + 300_000)
        case 120:
            announce(table, "*", 2, 2, max_notional=500.0)
            announce(table, "SIM0002", 5, 3, kill="close_all")
        case 200:
            announce(table, "SIM0002", 6, 4)


class Owner:
    """A partition's state in one worker, and what the topic holds after each of its transactions."""

    def __init__(self, state: PartitionState, topic: dict[bytes, bytes], table: ControlTable) -> None:
        self.state, self.topic, self.table = state, topic, table
        self.entries: dict[bytes, bytes] = {}  # all there ever were

    def run(self, records: list[Consumed]) -> list[Decision | Rejection]:
        found: list[Decision | Rejection] = []
        for start in range(0, len(records), BATCH):
            part = records[start : start + BATCH]
            speak(self.table, part[0].offset)
            found += outcomes_of(self.state, part)
            position = part[-1].offset + 1
            taken = self.state.due(position, LIMIT)
            for record in taken.records:
                key = record.key or b""
                if record.value is None:
                    del self.topic[key]
                    continue
                self.topic[key] = record.value
                if key.startswith(JOURNAL):
                    self.entries[key] = record.value
            self.state.committed(position, taken)
        return found


def states(owner: Owner) -> dict[bytes, SymbolState]:
    """Each known symbol's state."""
    engine = owner.state.engine
    return {engine.symbols.key(slot): engine.export(slot) for slot in range(engine.known)}


def begin(table: ControlTable) -> Owner:
    engine, dirty = RecordEngine(EngineSettings()), DirtySymbols(Limits(20, 60))
    writer = SnapshotWriter("s", OWNER, engine, dirty, set(), journal=Journal(engine.controls, table))
    return Owner(PartitionState(engine, dirty, writer, FIRST, FIRST, {}), {}, table)


async def take_over(before: Owner, table: ControlTable) -> Owner:
    """Another worker restores what `before` has committed."""
    checkpoint, stop = before.state.checkpoint, before.state.next
    assert checkpoint is not None
    entries = [unpack_entry(k, v) for k, v in before.topic.items() if k.startswith(JOURNAL)]
    assert missing(entries, 0, checkpoint.journal, ahead=False) == 0
    stored = StateRecords({k: v for k, v in before.topic.items() if not k.startswith(b"__")}, journal=entries)
    engine, dirty = RecordEngine(EngineSettings()), DirtySymbols(Limits(20, 60))
    book = Journal(engine.controls, table, entries, checkpoint.journal_from)
    rebuild = await load_snapshots(stored, checkpoint, stop, False, engine, dirty)
    assert checkpoint.journal_from <= rebuild.start
    advance(raw_of([r for r in log() if rebuild.start <= r.offset < stop]), engine, dirty, rebuild)
    writer = SnapshotWriter("s", OWNER, engine, dirty, set(stored.snapshots), journal=book)
    heir = Owner(PartitionState(engine, dirty, writer, FIRST, stop, rebuild.held), dict(before.topic), table)
    heir.entries = before.entries
    return heir


@pytest.mark.parametrize("cut", [60, 100, 140, 160, 220])
async def test_a_replay_with_the_journal_equals_the_original(cut: int) -> None:
    undisturbed = begin(ControlTable())
    wanted = undisturbed.run(log())
    first = begin(ControlTable())
    found = first.run(log()[:cut])
    heir = await take_over(first, first.table)
    found += heir.run(log()[cut:])
    assert found == wanted
    assert states(heir) == states(undisturbed)
    assert len(heir.topic) < len(heir.entries) + 4 + 2, "replaced entries are removed"


async def test_the_journal_of_all_entries_alone_repeats_every_decision() -> None:
    owner = begin(ControlTable())
    found = owner.run(log())
    engine = RecordEngine(EngineSettings())
    for entry in sorted((unpack_entry(k, v) for k, v in owner.entries.items()), key=lambda entry: entry.ordinal):
        engine.controls.add(entry)
    assert engine.process(to_records(log()), offsets_of(log())) == found
    assert engine.process(to_records([]), np.zeros(0, np.int64)) == []
    plain = RecordEngine(EngineSettings()).process(to_records(log()))
    assert plain != found
    assert plain[:40] == found[:40]


def test_a_model_switch_is_entered_with_the_next_record_whatever_its_key() -> None:
    table = ControlTable()
    announce(table, MODEL_KEY, 3, 0, model=ModelSwitch("m", "1.0.0", "0" * 64))
    book, controls = journal(table)
    book.use(lambda: [b"B"], 50)
    announce(table, MODEL_KEY, 4, 1, effective_ts=9, model=ModelSwitch())
    book.use(lambda: [None], 60)
    put(table, MODEL, None, 2)
    book.use(lambda: [b"B"], 70)
    assert known(controls) == [(MODEL_KEY, 3, 50), (MODEL_KEY, 4, 60), (MODEL_KEY, 4, 70)]
    assert not controls, "it sets no limits"
    offsets, times = np.array([49, 50, 60, 60, 70]), np.array([9, 0, 8, 9, 0])
    assert controls.generations(offsets, times).tolist() == [0, 1, 1, 2, 3]
    changes = book.take(70, save=True)
    assert changes is not None
    assert {entry.ordinal for entry in changes.removed} == {1, 2}
    book.committed(changes)
    assert controls.generations(offsets[4:], times[4:]).tolist() == [3]


@pytest.mark.parametrize(
    "value",
    [
        b'{"key":"* model","version":1,"effective_ts":0}',
        b'{"key":"* model","version":1,"effective_ts":0,"kill":"close_all","model":{}}',
        b'{"key":"* model","version":1,"effective_ts":0,"model":{"name":"m"}}',
        b'{"key":"* model","version":1,"effective_ts":0,"model":{"name":"../m","version":"1","digest":"%s"}}'
        % (b"0" * 64),
        b'{"key":"A","version":1,"effective_ts":0,"model":{}}',
    ],
)
def test_a_model_switch_that_does_not_fit_is_refused(value: bytes) -> None:
    table = ControlTable()
    put(table, msgspec.json.decode(value)["key"].encode(), value)
    assert not len(table)


def test_the_key_of_switches_is_no_symbol() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(MODEL_KEY, Symbol)


def test_entries_from_before_switches_are_read() -> None:
    entry = JournalEntry(1, "A", 1, 3, 5, 0, 0, 0, Control("A", 3, 0, kill="close_all"))
    assert b"model" not in pack_entry(entry)
    switch = JournalEntry(
        1, MODEL_KEY, 1, 3, 5, 0, 0, 0, Control(MODEL_KEY, 3, 0, model=ModelSwitch("m", "1", "0" * 64))
    )
    packed = unpack_entry(journal_key(switch), pack_entry(switch))
    assert msgspec.structs.replace(packed, crc32=0) == switch
