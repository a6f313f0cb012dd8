"""Verification of promise 1 on live topics.

Every input record has exactly one outcome, every symbol's sequence has no gap, no time of a symbol has two decisions,
every key lies on one partition, and the committed offset agrees with input and outcomes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import msgspec
from aiokafka import TopicPartition

from worker.kafka import topics
from worker.kafka.client import client_options
from worker.kafka.group import committed_offsets, wait_caught_up
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Consumed, Reader, high_watermarks
from worker.operate.report import Outcome, PartitionReport, Report, judge
from worker.settings import Settings
from worker.stream.state.placement import Homes
from worker.stream.state.topic import read_state

Resets: TypeAlias = Callable[[int], Awaitable[Sequence[int]]]  # of a partition: input offsets, ascending
Offsets: TypeAlias = Callable[[], Awaitable[Mapping[int, int]]]  # the group's, by partition
SETTLE = 10.0  # seconds for the offset of a transaction whose outcomes are visible already
STEP = 0.2  # seconds between two reads of it


class _Sequenced(msgspec.Struct):
    sequence: int | None
    ts: int | None = None


def _outcomes(records: list[Consumed], source: bytes, accepted: bool, prefix: bytes) -> Iterable[Outcome]:
    decode = msgspec.json.Decoder(_Sequenced).decode
    for record in records:
        headers = dict(record.headers)
        identity = headers.get("ce_id", b"")
        if headers.get("ce_source") == source and identity.startswith(prefix):
            said = decode(record.value or b"")
            yield Outcome(int(identity[len(prefix) :]), record.key, said.sequence, accepted, said.ts)


async def check_group(settings: Settings, wait: float = 0.0) -> Report:
    """Verify a group for `alphapulse verify`; first wait up to `wait` seconds until it has caught up."""
    async with admin_client(settings.kafka) as admin:
        found = await topics.describe(admin, settings.topics.required)
        topics.check(settings, found, settings.topics.required)
        partitions = found[settings.topics.input].partitions
        if wait:
            await wait_caught_up(admin, settings, partitions, wait)
        now = partial(committed_offsets, admin, settings, partitions)
        again = partial(resets, settings)
        return await verify(settings, client_options(settings.kafka), await now(), resets=again, now=now)


async def resets(settings: Settings, partition: int) -> list[int]:
    """Return the input offsets of the partition's `alphapulse state reset`s, ascending; sequences restart there."""
    async with admin_client(settings.kafka) as admin:
        if settings.state_topic not in await topics.describe(admin, (settings.state_topic,)):
            return []
    async with Reader(client_options(settings.kafka)) as reader:
        return (await read_state(reader, TopicPartition(settings.state_topic, partition))).resets


async def verify(
    settings: Settings,
    options: dict[str, Any],
    committed: Mapping[int, int],
    on_progress: Callable[[int], None] = lambda records: None,
    resets: Resets | None = None,
    now: Offsets | None = None,
) -> Report:
    """Read input and outputs (read_committed) and compare.

    `committed` is the group's offset per partition, read before this call; `now` reads it again. `resets` is called
    only for partitions with sequence faults.
    """
    names = settings.topics
    outputs = [TopicPartition(topic, p) for topic in (names.output, names.rejections) for p in committed]
    ends = await high_watermarks(options, outputs)
    async with Reader(options) as reader:
        work = _Verification(settings, reader, ends, _Followed(now), on_progress)
        reports = [await work.partition(p, offset, resets) for p, offset in sorted(committed.items())]
    return Report(reports, work.homes.split)


class _Followed:
    """A wait for offsets to reach the outcomes already read, as they do within moments in a running group."""

    def __init__(self, now: Offsets | None) -> None:
        self._now, self._until = now, time.monotonic() + SETTLE

    async def behind(self, partition: int, reached: int) -> bool:
        """Return whether a partition's offset stays behind `reached`."""
        while self._now is not None:
            if (await self._now())[partition] >= reached:
                return False
            if time.monotonic() >= self._until:
                break
            await asyncio.sleep(STEP)  # brokers don't notify of commits
        return True


class _Verification:
    """A verification of one group; its partitions share the reader and the keys' homes."""

    def __init__(
        self,
        settings: Settings,
        reader: Reader,
        ends: Mapping[TopicPartition, int],
        followed: _Followed,
        on_progress: Callable[[int], None],
    ) -> None:
        self.homes = Homes()
        self._names, self._group = settings.topics, settings.processing.group
        self._exactly_once = settings.processing.guarantee == "exactly_once"
        self._reader, self._ends, self._followed, self._on_progress = reader, ends, followed, on_progress

    async def partition(self, partition: int, offset: int, resets: Resets | None) -> PartitionReport:
        """Judge one partition whose committed offset is `offset`."""
        found = await self._found(partition)
        reached = max((outcome.offset for outcome in found), default=-1) + 1
        # Under exactly_once no outcome precedes its offset. Under at_least_once one may: it will be repeated.
        wrong = self._exactly_once and reached > offset and await self._followed.behind(partition, reached)
        stop = reached if wrong else offset
        tp = TopicPartition(self._names.input, partition)
        first, end = await self._reader.bounds(tp)
        inputs: dict[int, bytes | None] = {}
        pending = 0
        async for records in self._reader.batches(tp):
            inputs.update((r.offset, r.key) for r in records if r.offset < stop)
            self.homes.note(partition, (r.key for r in records))
            pending += sum(r.offset >= stop for r in records)
            self._on_progress(len(records))
        # Outcomes outside were trimmed from the input, or are being committed right now.
        inside = [outcome for outcome in found if first <= outcome.offset < stop]
        past = sorted({outcome.offset for outcome in found if outcome.offset >= offset})

        def report(begun: Sequence[int] = ()) -> PartitionReport:
            told = PartitionReport(partition, pending=pending)
            if not self._exactly_once:
                told.published = len(past)
            for at in past if wrong else ():
                told.note("past_offset", at)
            if offset > end:
                told.note("beyond_end", offset)
            return judge(told, inputs, inside, self._exactly_once, first == 0, begun)

        judged = report()
        if judged.sequence_faults and resets and (begun := await resets(partition)):
            return report(begun)
        return judged

    async def _found(self, partition: int) -> list[Outcome]:
        """Return the group's outcomes."""
        found: list[Outcome] = []
        source, prefix = f"/alphapulse/{self._group}".encode(), f"{self._names.input}-{partition}-".encode()
        for topic, accepted in ((self._names.output, True), (self._names.rejections, False)):
            tp = TopicPartition(topic, partition)
            async for records in self._reader.batches(tp, stop=self._ends[tp]):
                found.extend(_outcomes(records, source, accepted, prefix))
                self._on_progress(len(records))
        return found
