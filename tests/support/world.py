"""A group of one partition whose topics lie in memory: what it commits, and its recovery as a worker does it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition

from schemas.state import StateOwner
from tests.support.counting import Counted, CountingEngine
from tests.support.fake_answers import healthy
from tests.support.fake_broker import FakeBroker
from tests.support.fake_logs import FakeLog, serve
from worker.engine.records.raw import RawRecords
from worker.errors import AlphapulseError
from worker.kafka.client import client_options
from worker.kafka.errors import OutcomeUnknown
from worker.kafka.protocol.offsets import Position
from worker.kafka.records.columns import raw_of
from worker.settings import KafkaSettings, ProcessingSettings, Settings, StateSettings
from worker.stream.control.table import ControlTable
from worker.stream.state.agreement import DOUBTS
from worker.stream.state.checkpoint import Opened
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.records import BARRIER, FORMAT
from worker.stream.state.recovery import Recovery
from worker.stream.state.snapshots import Taken

GROUP, BATCH, SYMBOLS = "g", 10, 7
RECORDS = 300  # in the input
REACHED = 220  # where a group has come to that has decided 120 records
LIMIT = 1_000_000  # bytes a transaction


class World:
    """A group's topics on one broker, of one partition each, and what the group has committed."""

    def __init__(self, broker: FakeBroker, settings: Settings) -> None:
        self.broker, self.settings = broker, settings
        names = settings.topics
        self.tp = TopicPartition(names.input, 0)
        self.input, self.output, self.rejected = FakeLog(11, start=100), FakeLog(12), FakeLog(13)
        self.state = FakeLog(14)
        self.logs = {
            self.tp: self.input,
            TopicPartition(names.output, 0): self.output,
            TopicPartition(names.rejections, 0): self.rejected,
            TopicPartition(settings.state_topic, 0): self.state,
        }
        self.committed: Position | None = None
        self.own = 0
        self.control_table: ControlTable | None = None
        self.recovery = self._recovery()
        healthy([broker], {})
        self.input.append(*((f"S{i * i % SYMBOLS}".encode(), b"bar", ()) for i in range(RECORDS)))
        self.elected()

    def _recovery(self) -> Recovery:
        owner = StateOwner(FORMAT, GROUP, self.tp.topic, 0, 1, "1", "cafe")
        options = client_options(self.settings.kafka)
        return Recovery(self.tp, self.settings, options, owner, CountingEngine, lambda *_: None, self.control_table)

    def elected(self) -> None:
        """Serve the logs as they are now."""
        serve(self.broker, self.logs)

    def restarted(self) -> None:
        """A new process: nothing is remembered."""
        self.own, self.recovery = 0, self._recovery()

    async def opened(self) -> PartitionState:
        """What a sink reads, then what is made of it."""
        barrier = self.state.append((BARRIER, b"now", ()))
        return await self.recovery.state(Opened(self.committed, barrier), self.own)

    def work(self, state: PartitionState, records: int, commit: bool = True) -> list[Counted]:
        """Process records in batches as a partition does; `commit` = False publishes only."""
        found: list[Counted] = []
        for _ in range(records // BATCH):
            raw = self.raw(state.next, state.next + BATCH)
            state.fetched(raw)
            unseen = state.unseen(raw)
            results = state.step(unseen)
            found += results
            self.publish(results)
            position = state.next + BATCH
            self.deliver(state, state.due(position, LIMIT), position, commit)
        return found

    def deliver(self, state: PartitionState, taken: Taken, position: int, commit: bool = True) -> None:
        """The state records of a batch, and its commit."""
        for record in taken.records:
            self.state.append((record.key, record.value, ()))
        checkpoint = taken.checkpoint
        if taken.records:
            checkpoint = checkpoint._replace(state_end=self.state.end)
        if commit:
            self.committed = Position(position, state.epoch, checkpoint.text)
            self.own = position
        state.committed(position, taken._replace(checkpoint=checkpoint))

    def publish(self, results: list[Counted]) -> None:
        """The outputs of records: each third is a rejection, but a symbol's first."""
        for offset, key, count in results:
            log = self.rejected if offset % 3 == 0 and count > 1 else self.output
            name = f"{self.tp.topic}-0-{offset}".encode()
            value = f'{{"sequence": {count}, "ts": {offset}}}'.encode()
            log.append((key, value, (("ce_id", name), ("ce_source", f"/alphapulse/{GROUP}".encode()))))

    def raw(self, start: int, stop: int) -> RawRecords:
        class Row:
            def __init__(self, offset: int, key: Any) -> None:
                self.offset, self.timestamp, self.key, self.value, self.headers = offset, 1, key, b"bar", ()

        rows = [Row(offset, key) for offset, (key, _, _) in self.input.records() if start <= offset < stop]
        raw = raw_of(rows)
        return RawRecords(raw.data, raw.rows, self.input.epoch)


@asynccontextmanager
async def world(guarantee: str = "exactly_once", **state: Any) -> AsyncIterator[World]:
    async with FakeBroker() as broker:
        settings = Settings(
            processing=ProcessingSettings(group=GROUP, guarantee=guarantee, fast_path=False),
            state=StateSettings(**({"save_records": 3, "save_offsets": 20} | state)),
            kafka=KafkaSettings(bootstrap_servers=broker.bootstrap, request_timeout_ms=2_000),
        )
        yield World(broker, settings)


def undisturbed() -> list[Counted]:
    """What one engine counts."""
    counts: dict[bytes, int] = {}
    found = []
    for i in range(RECORDS):
        key = f"S{i * i % SYMBOLS}".encode()
        counts[key] = counts.get(key, 0) + 1
        found.append((100 + i, key, counts[key]))
    return found


async def refused(world: World, kind: type[AlphapulseError]) -> AlphapulseError:
    """The failure of a recovery that contradicts what is known: first it is doubted, by every process anew."""
    for _ in range(DOUBTS - 1):
        with pytest.raises(OutcomeUnknown):
            await world.opened()
    with pytest.raises(kind) as raised:
        await world.opened()
    assert raised.value.fix
    return raised.value


def forget_outputs(w: World) -> None:
    """Delete all outputs, as retention does."""
    for log in (w.output, w.rejected):
        log.delete(log.end)


def forget_state(w: World) -> None:
    """Delete all records of the state, as retention does."""
    w.state.delete(w.state.end)
