"""A fleet under a monitor, each at its own pace: its decisions and the monitor's steps come out again."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from schemas.control import Control
from schemas.portfolio import Entered, Portfolio
from schemas.state import JournalEntry
from tests.unit.backtest.portfolio.portfolios import CALM, crashing
from worker.backtest.lines import Writer
from worker.backtest.portfolio.fleet import decided, monitored
from worker.backtest.portfolio.journal import Journal, Noted
from worker.backtest.tape import Journal as Met
from worker.backtest.tape import Raw, Tape, tapes
from worker.engine.partition import PartitionEngine
from worker.engine.records.raw import raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.risk.monitor import Monitor, Output

ENGINE = EngineSettings()
PARTITIONS = 3
_portfolio = msgspec.json.Decoder(Portfolio).decode


class Worker:
    """The owner of one partition: its engine, its journal, and how far it has come."""

    def __init__(self, records: list[Raw]) -> None:
        self.records, self.done = records, 0
        self.engine, self.writer = PartitionEngine(ENGINE), Writer(ENGINE)
        self.journal, self.waiting = Journal(), list[tuple[int, str, bytes | None]]()
        self.log = list[tuple[int, bytes]]()  # offset, value; each batch ends with the marker of its transaction

    @property
    def entries(self) -> list[JournalEntry]:
        return self.journal.entries

    def step(self, count: int, seen: int) -> None:
        """Decide the next records; only `seen` of the control records that wait have arrived."""
        batch = self.records[self.done : self.done + count]
        newest = {key: (ts, value) for ts, key, value in self.waiting[:seen]}
        del self.waiting[:seen]
        for key, (ts, value) in sorted(newest.items()):
            control = msgspec.json.decode(value, type=Control) if value else None
            self.engine.controls.add(self.journal.note(Noted(self.done, ts, key, control)))
        offsets = list(range(self.done, self.done + len(batch)))
        decoded, outs = self.engine.step_raw(raw_records(Records(*map(list, zip(*batch, strict=True))), offsets))
        names = [(key or b"").decode() for key, _, _ in batch]
        assert outs["validation"]["accepted"].all()
        at = self.log[-1][0] + 2 if self.log else 0
        self.log += enumerate(self.writer.values(decoded.bars, outs, names), at)
        self.done += len(batch)


class Fleet:
    """Workers and a monitor that take turns at random."""

    def __init__(self, records: list[list[Raw]], seed: int) -> None:
        self.rng, self.outputs = np.random.default_rng(seed), list[Output]()
        self.workers = [Worker(each) for each in records]
        self.monitor, self.read = Monitor(CALM, ENGINE, PARTITIONS), [0] * PARTITIONS
        while any(worker.done < len(worker.records) for worker in self.workers) or self._behind():
            self._work()
            self._watch()

    def _behind(self) -> bool:
        return any(read < len(worker.log) for read, worker in zip(self.read, self.workers, strict=True))

    def _work(self) -> None:
        busy = [worker for worker in self.workers if worker.done < len(worker.records)]
        if busy:
            # None runs far ahead of the others, as none does where bars come as they close.
            worker = min(busy, key=lambda one: (one.done * 8 // len(one.records), self.rng.random()))
            worker.step(int(self.rng.integers(1, 60)), int(self.rng.integers(0, len(worker.waiting) + 1)))

    def _watch(self) -> None:
        for partition, worker in enumerate(self.workers):
            stop = int(self.rng.integers(self.read[partition], len(worker.log) + 1))
            for offset, value in worker.log[self.read[partition] : stop]:
                self.monitor.take(partition, offset, value)
            self.read[partition] = stop
        ended = [read == len(worker.log) for read, worker in zip(self.read, self.workers, strict=True)]
        while (ts := self.monitor.due(ended)) is not None:
            wall = ts + int(self.rng.integers(0, 5_000))
            repeated = wall if self.rng.random() < 0.1 else None
            acknowledged = ["kill"] if self.rng.random() < 0.01 else []
            output = self.monitor.advance(ts, Entered(acknowledged=acknowledged, repeated_ms=repeated))  # type: ignore[arg-type]
            self.outputs.append(output)
            for worker in self.workers:
                worker.waiting += [(wall, key, value) for key, value in output.controls]

    def journaled(self) -> list[Tape]:
        """The input as tapes, with offsets and journals."""
        found = []
        for partition, worker in enumerate(self.workers):
            for tape in tapes(worker.records):
                tape.journal = Met(partition, worker.entries)
                tape.offsets = [at for at, record in enumerate(worker.records) if record[0] == tape.key]
                found.append(tape)
        return found


def partitioned() -> list[list[Raw]]:
    found: list[list[Raw]] = [[] for _ in range(PARTITIONS)]
    for at, tape in enumerate(crashing()):
        found[at % PARTITIONS] += [tape.record(row) for row in range(len(tape))]
    return [sorted(records, key=lambda record: record[2]) for records in found]


@pytest.mark.parametrize("seed", range(3))
def test_decisions_and_steps_come_out_again(seed: int) -> None:
    fleet = Fleet(partitioned(), seed)
    values = decided(fleet.journaled()[::-1], ENGINE, PARTITIONS)
    assert values == [[value for _, value in worker.log] for worker in fleet.workers]
    steps = [_portfolio(output.portfolio) for output in fleet.outputs]
    offsets = [[offset for offset, _ in worker.log] for worker in fleet.workers]
    assert list(monitored(values, offsets, steps, ENGINE, CALM)) == fleet.outputs
    assert "symbol" in {trip.rule for step in steps for trip in step.trips}
    assert all(any(b'"budget_cap"' in value for value in each) for each in values)


def test_a_journal_of_other_offsets_decides_otherwise() -> None:
    fleet = Fleet(partitioned(), 0)
    later = fleet.journaled()
    for tape in later:
        tape.offsets = [offset + 400 for offset in tape.offsets]
    assert decided(later, ENGINE, PARTITIONS) != [[value for _, value in worker.log] for worker in fleet.workers]
