"""One membership in the archive's group, which only shares the partitions out: positions are the tables' own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, OffsetOutOfRangeError

from worker.archive.archiver import Archiver
from worker.kafka.backoff import BackOff
from worker.kafka.deadline import within
from worker.kafka.errors import FAILURES, OutcomeUnknown, meaning
from worker.kafka.leaders import Leaders
from worker.kafka.seams.clients import client_of
from worker.settings import Settings
from worker.stream.failpoints import failpoint
from worker.stream.polling import Polling
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
POLL = 0.25  # seconds
OFFSETS = 2.0  # seconds for the group's offsets, which only show the lag
MAX_TROUBLE = 10.0  # seconds between two attempts to open


class Member(ConsumerRebalanceListener):
    """From the join to the leave; it ends with a stop, with a failure, or to rejoin."""

    def __init__(
        self, consumer: AIOKafkaConsumer, settings: Settings, new_archiver: Callable[[set[TopicPartition]], Archiver]
    ) -> None:
        self.joined = False
        self.last_poll = time.monotonic()
        self.archiver: Archiver | None = None
        self._consumer, self._new_archiver = consumer, new_archiver
        self._polling, self._leaders = Polling(consumer, settings), Leaders(client_of(consumer))
        self._seconds = settings.processing.rebalance_timeout_ms / 2000
        self._assigned: set[TopicPartition] = set()
        self._changed = asyncio.Event()  # the archiver must stop: it does not own its partitions, or must load again
        self._turn = asyncio.Event()  # another archiver may begin
        self._trouble = BackOff(0.1, MAX_TROUBLE)

    @property
    def ready(self) -> dict[str, bool]:
        """What has come true: the join, the tables read, the last answer of the store."""
        mine = self.archiver
        opened = not self._assigned if mine is None else not self._changed.is_set() and mine.opened
        return {"joined": self.joined, "opened": opened, "store": mine is None or mine.store_ok}

    # -- rebalance: aiokafka calls these in the coordinator's task and swallows their exceptions

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Commit what was read, as far as time allows."""
        failpoint("archive_revoked")
        self._assigned = set()
        self._changed.set()
        for tp in revoked:
            METRICS.forget_archived(tp.topic, tp.partition)
        if self.archiver is not None:
            await within(self._seconds, self._finished(self.archiver))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Only note it: heartbeats wait for this callback."""
        self.joined = True
        METRICS.rebalances.inc()
        METRICS.assigned_partitions.set(len(assigned))
        for tp in assigned:
            # Seek and pause: else the client would begin at the group's offset.
            self._consumer.seek(tp, 0)
            self._consumer.pause(tp)
        self._assigned = set(assigned)
        self._again()
        log.info("assigned", extra={"partitions": sorted(f"{tp.topic}-{tp.partition}" for tp in assigned)})

    def _again(self) -> None:
        self._changed.set()
        self._turn.set()

    # -- the loops

    async def start(self) -> None:
        """Join the group.

        Raises:
            AlphapulseError: the group or the brokers permanently refuse this member.
        """
        await self._polling.start()

    async def run(self, asked: asyncio.Event) -> None:
        """Archive until a stop is `asked` or the member must rejoin.

        Raises:
            AlphapulseError: no retry can help.
            KafkaError: the membership is lost.
        """
        stop: asyncio.Future[Any] = asyncio.ensure_future(asked.wait())
        serve = asyncio.create_task(self._serve(), name="archive")
        poll = asyncio.create_task(self._poll({stop, serve}), name="poll")
        try:
            done, _ = await asyncio.wait({stop, serve, poll}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (stop, poll):
                task.cancel()
            await asyncio.wait({poll})
            await self._left(serve)

    async def _left(self, serve: asyncio.Task[None]) -> None:
        if self.archiver is not None and not serve.done():
            await within(self._seconds, self._finished(self.archiver))
        serve.cancel()
        await asyncio.wait({serve})

    async def _finished(self, archiver: Archiver) -> None:
        await archiver.finish()
        await self._tell_group(archiver)

    async def _poll(self, others: set[asyncio.Future[Any]]) -> None:
        while not self._polling.over and not any(other.done() for other in others):
            named = sorted(self._consumer.assignment())
            mine = self._reading()
            # Of a paused partition nothing comes, but to name it counts as polling.
            before = {tp: await self._consumer.position(tp) for tp in named} if mine else {}
            try:
                found = await self._polling.poll(named, POLL, set(others)) or {}
            except (OffsetOutOfRangeError, CorruptRecordException) as error:
                log.warning("opened again", extra={"cause": repr(error)})
                self._again()
                continue
            self.last_poll = time.monotonic()
            METRICS.last_poll_timestamp_seconds.set_to_current_time()
            if mine is not None and mine is self._reading(still=True):
                await self._take(mine, found, before)

    def _reading(self, still: bool = False) -> Archiver | None:
        """Return the archiver if it may read now; unless asked whether it is `still` so, pause or resume."""
        mine = self.archiver
        reads = mine is not None and mine.opened and not self._changed.is_set()
        if still:
            return mine if reads else None
        wants = mine is not None and reads and not mine.working
        for tp in self._consumer.assignment():
            (self._consumer.resume if wants else self._consumer.pause)(tp)
        return mine if wants else None

    async def _take(
        self, mine: Archiver, found: dict[TopicPartition, list[object]], before: dict[TopicPartition, int]
    ) -> None:
        try:
            spans = {tp: (begun, await self._consumer.position(tp)) for tp, begun in before.items()}
            await mine.take(found, spans)
        except (OutcomeUnknown, KafkaError) as unknown:  # a rebalance came between
            if mine is self.archiver:
                log.warning("opened again", extra={"cause": str(unknown)})
                self._again()

    async def _serve(self) -> None:
        while True:
            await self._turn.wait()
            self._turn.clear()
            self._changed.clear()
            if (former := self.archiver) is not None:
                self.archiver = None
                former.close()
            if self._assigned:
                await self._opened(self._new_archiver(self._assigned))

    async def _opened(self, archiver: Archiver) -> None:
        self.archiver = archiver
        try:
            starts = await archiver.open(self._leaders)
            if not self._changed.is_set():
                for tp, offset in starts.items():
                    self._consumer.seek(tp, offset)
                log.info("archiving", extra={"from": {f"{tp.topic}-{tp.partition}": at for tp, at in starts.items()}})
                archiver.opened = True
                self._trouble.reset()
                await self._commits(archiver)
        except FAILURES as error:
            failure = meaning(error, ", ".join(sorted({tp.topic for tp in self._assigned})))
            if not isinstance(failure, OutcomeUnknown):
                raise failure from error
            log.warning("opened again", extra={"cause": str(failure)})
            await asyncio.sleep(self._trouble.next())  # the failure may last
            self._again()

    async def _commits(self, archiver: Archiver) -> None:
        while not self._changed.is_set():
            if archiver.due and not archiver.working:
                for tp, offset in (await archiver.commit()).items():
                    if not self._changed.is_set():
                        self._consumer.seek(tp, offset)
                await self._tell_group(archiver)
            await within(archiver.patience(), self._changed.wait())

    async def _tell_group(self, archiver: Archiver) -> None:
        positions = archiver.positions()
        if positions and not await within(OFFSETS, self._consumer.commit(positions)):
            log.info("the group's offsets, which only show the lag, are not written")
        failpoint("archive_offsets")
