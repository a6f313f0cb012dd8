"""Follows the control topic: to its end before anything is processed, and then for as long as the worker runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from worker.errors import AlphapulseError, BrokerUnavailable
from worker.stream.board import Board
from worker.stream.failures import FAILURES, meaning
from worker.stream.seams import stop_consumer
from worker.stream.shutdown import within

log = logging.getLogger(__name__)
POLL_MS = 200
BACKOFF = 1.0  # seconds


class ControlTopic:
    """A consumer without a group that puts every record on a board."""

    def __init__(self, options: dict[str, Any], topic: str, partitions: int, board: Board) -> None:
        self._topic, self._board = topic, board
        self._tps = [TopicPartition(topic, partition) for partition in range(partitions)]
        self._consumer = AIOKafkaConsumer(
            **options,
            group_id=None,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
        )

    async def start(self) -> None:
        """Read what is there.

        Raises:
            AlphapulseError: it can't be read.
        """
        try:
            await self._consumer.start()
            self._consumer.assign(self._tps)
            await self._consumer.seek_to_beginning(*self._tps)
            ends = await self._consumer.end_offsets(self._tps)
            for tp, end in ends.items():
                while await self._consumer.position(tp) < end:
                    await self._poll()
        except FAILURES as error:
            raise self._failure(error) from error
        log.info("control records read", extra={"topic": self._topic, "keys": len(self._board)})

    async def follow(self) -> None:
        """Go on reading until cancelled. While no broker answers what was read stays in force, and grows stale.

        Raises:
            AlphapulseError: the right to read was revoked, or the topic is gone.
        """
        while True:
            try:
                await self._poll()
            except FAILURES as error:
                failure = meaning(error, self._topic)
                if isinstance(failure, AlphapulseError):
                    raise failure from error
                log.warning("control records can't be read", extra={"topic": self._topic, "error": str(error)})
                await asyncio.sleep(BACKOFF)  # the broker is away; there is no condition of ours to wait for

    async def stop(self) -> None:
        """Release the connections."""
        await stop_consumer(self._consumer)

    async def _poll(self) -> None:
        for records in (await self._consumer.getmany(timeout_ms=POLL_MS)).values():
            for record in records:
                self._board.put(record)

    def _failure(self, error: BaseException) -> AlphapulseError:
        failure = meaning(error, self._topic)
        if isinstance(failure, AlphapulseError):
            return failure
        return BrokerUnavailable(f"{self._topic} can't be read: {error}", "Check the brokers that hold it")


@asynccontextmanager
async def following(
    options: dict[str, Any], topic: str, partitions: int, on_failure: Callable[[BaseException | None], None]
) -> AsyncIterator[Board | None]:
    """The board of `topic`, read to its end and followed within the block; None when it has no partitions.

    Raises:
        AlphapulseError: it can't be read.
    """
    if not partitions:
        log.warning("no control topic is read: the static limits hold")
        yield None
        return
    board = Board()
    reader = ControlTopic(options, topic, partitions, board)
    try:
        await reader.start()
        task = asyncio.create_task(reader.follow(), name="control")
        task.add_done_callback(lambda done: None if done.cancelled() else on_failure(done.exception()))
        try:
            yield board
        finally:
            await within(0.0, task)
    finally:
        await reader.stop()
