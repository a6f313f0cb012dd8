"""A member says of its end whether all that it had begun is committed, in time and whatever its partitions wait for."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import Any

import pytest
from aiokafka import TopicPartition

from worker.errors import ConfigError
from worker.kafka.backoff import BackOff
from worker.kafka.deadline import Deadline
from worker.kafka.errors import Fenced, OutcomeUnknown
from worker.settings import ProcessingSettings, Settings, StateSettings
from worker.stream.member import Member
from worker.stream.phases import TRANSITIONS, Event, Machine, Phase
from worker.stream.shutdown import Shutdown

TP = TopicPartition("ticks.raw", 0)
SECONDS = 1.0
SLACK = 2.0


async def for_ever(*_: Any) -> Any:
    await asyncio.Event().wait()


async def at_once(*_: Any) -> None:
    await asyncio.sleep(0)


class FakePartition:
    """A partition whose steps do what the test wants."""

    def __init__(self, tp: TopicPartition) -> None:
        self.tp, self.next, self.linger_until = tp, 5, 0.0
        self._machine = Machine("fake", Phase.RESTORING, TRANSITIONS)
        self.idle = self.overdue = self.unsettled = False
        self.due = math.inf
        self.open: Any = at_once
        self.process: Any = at_once
        self.settle: Any = at_once
        self.release: Any = at_once
        self.saved = 0
        self.trouble = BackOff(0.001, 0.001)

    @property
    def phase(self) -> Phase:
        return self._machine.state

    def on(self, event: Event) -> None:
        self._machine.on(event)

    async def save(self) -> bool:
        self.saved += 1
        return False


class FakeConsumer:
    """A consumer that has fetched nothing."""

    def assignment(self) -> set[TopicPartition]:
        return {TP}

    def seek(self, *_: Any) -> None: ...
    def pause(self, *_: Any) -> None: ...
    def resume(self, *_: Any) -> None: ...

    async def getmany(self, *_: Any, **__: Any) -> Any:
        await for_ever()


class NoRecords:
    """A batch."""

    def __len__(self) -> int:
        return 1

    def slice(self, *_: int) -> NoRecords:
        return self


def member_of(partition: FakePartition) -> Member:
    settings = Settings(
        processing=ProcessingSettings(shutdown_timeout_ms=1_000), state=StateSettings(drain_flush_ms=100)
    )
    fake: Any = FakeConsumer()
    return Member(fake, settings, lambda tp: partition)  # type: ignore[arg-type, return-value]


async def assigned(partition: FakePartition) -> Member:
    """A member that owns the partition, opened as far as it lets itself be."""
    member = member_of(partition)
    await member.on_partitions_assigned({TP})
    await asyncio.sleep(0.01)
    return member


def begin(member: Member, partition: FakePartition) -> None:
    """Start a batch."""
    partition.on(Event.STARTED)
    records: Any = NoRecords()
    owned = member.partitions[TP]
    member._tasks.start(TP, member._guarded(owned, member._slices(owned, records, partition.next)))


async def closed(member: Member) -> bool:
    """What `close` says, after checking that it keeps its deadline."""
    begun = time.monotonic()
    committed = await member.close(Deadline(SECONDS))
    assert time.monotonic() - begun < SECONDS + SLACK
    return committed


async def test_a_batch_that_ends_in_time_is_committed() -> None:
    partition = FakePartition(TP)
    member = await assigned(partition)
    begin(member, partition)
    assert await closed(member)


async def test_a_batch_that_gets_no_answer_is_not() -> None:
    partition = FakePartition(TP)
    partition.process = for_ever
    member = await assigned(partition)
    begin(member, partition)
    await asyncio.sleep(0)
    assert not await closed(member)


@pytest.mark.parametrize(("opening", "known"), [(for_ever, False), (at_once, True)])
async def test_an_unknown_outcome_is_known_when_the_partition_is_open_again(opening: Any, known: bool) -> None:
    partition = FakePartition(TP)
    member = await assigned(partition)

    async def unknown(*_: Any) -> None:
        raise OutcomeUnknown("no answer")

    partition.process, partition.open = unknown, opening
    begin(member, partition)
    await member._tasks.wait([TP], 1.0 if known else 0.05)
    assert await closed(member) is known


async def test_what_another_owner_took_is_not_ours() -> None:
    partition = FakePartition(TP)
    member = await assigned(partition)

    async def fenced(*_: Any) -> None:
        raise Fenced("a newer epoch")

    partition.process = fenced
    begin(member, partition)
    await asyncio.sleep(0.01)
    assert await closed(member)


async def test_an_offset_that_cannot_be_committed_is_missing() -> None:
    partition = FakePartition(TP)
    member = await assigned(partition)
    partition.settle = for_ever
    assert not await closed(member)


async def test_a_restore_and_clients_that_never_close_keep_nothing_back() -> None:
    partition = FakePartition(TP)
    partition.open = for_ever
    partition.release = for_ever
    member = await assigned(partition)
    assert partition.phase is Phase.RESTORING
    assert await closed(member)


async def test_a_stop_saves_and_a_failure_does_not() -> None:
    partition = FakePartition(TP)
    member = await assigned(partition)
    shutdown = Shutdown(60.0)
    running = asyncio.ensure_future(member.run(shutdown))
    await asyncio.sleep(0.01)
    shutdown.asked.set()
    await asyncio.wait_for(running, SLACK)
    assert await closed(member)
    assert partition.saved == 1

    partition = FakePartition(TP)

    async def hopeless(*_: Any) -> None:
        raise ConfigError("no such topic")

    partition.open = hopeless
    member = await assigned(partition)
    with pytest.raises(ConfigError):
        await asyncio.wait_for(member.run(Shutdown(60.0)), SLACK)
    await closed(member)
    assert partition.saved == 0


async def test_more_members_than_partitions_are_on_standby(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "worker.stream.member")
    member = member_of(FakePartition(TP))
    await member.on_partitions_assigned(set())
    assert [record.getMessage() for record in caplog.records] == ["standby: more members than partitions"]
