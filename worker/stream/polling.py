"""A consumer in its group, polled until another must take its place."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, OffsetOutOfRangeError

from worker.kafka.backoff import MOST, BackOff
from worker.kafka.errors import damaged, group_failure
from worker.kafka.seams import fetch_each_alone, watch
from worker.settings import Settings
from worker.stream.consumer import Consumer

log = logging.getLogger(__name__)
DAMAGED = 3  # times in a row that records may arrive damaged
LET_GO = 5.0  # seconds for a poll that was cancelled


class Polling:
    """Starts and polls a consumer. `over` is True when only another consumer can go on."""

    def __init__(self, consumer: Consumer, settings: Settings) -> None:
        self._consumer, self._settings = consumer, settings
        self._given_up = False
        self._damaged = 0

    @property
    def over(self) -> bool:
        """Whether the group is to be joined anew: after an error, or when a background task of the client has died."""
        if not self._given_up and (ended := watch.ended(self._consumer)):
            log.warning(f"a background task of the client has ended: {ended}")
            self._given_up = True
        return self._given_up

    async def start(self) -> None:
        """Join the group. After an error that another consumer may not meet, this one is over.

        Raises:
            AlphapulseError: the group or the brokers refuse this worker for good.
        """
        try:
            await self._consumer.start()
        except KafkaError as error:
            await self._give_up(error)
        else:
            fetch_each_alone(self._consumer)

    async def poll(
        self, named: list[TopicPartition], seconds: float, others: set[asyncio.Future[Any]]
    ) -> dict[TopicPartition, list[Any]] | None:
        """What getmany returns; None when it was not waited for any longer: one of `others` came first, a task died
        that it waits for, or it met an error after which another consumer must go on.

        Raises:
            OffsetOutOfRangeError: the broker does not have the records at these offsets.
            CorruptRecordException: what it was about to return is gone; fetch again from where it began.
            DataError: the records arrive damaged each time.
            AlphapulseError: the group or the brokers refuse this worker for good.
        """
        poll = asyncio.ensure_future(self._consumer.getmany(*named, timeout_ms=math.ceil(seconds * 1000)))
        living = set(watch.tasks(self._consumer).values())
        await asyncio.wait({poll, *others, *living}, return_when=asyncio.FIRST_COMPLETED)
        if not poll.done():
            poll.cancel()
            await asyncio.wait({poll}, timeout=LET_GO)
        if not poll.done():
            log.warning("a poll of the client does not end when it is cancelled")
            self._given_up = True
            return None
        if poll.cancelled():
            return None
        try:
            found = poll.result()
        except OffsetOutOfRangeError:
            raise
        except CorruptRecordException as error:
            self._damaged += 1
            if self._damaged >= DAMAGED:
                raise damaged(error) from error
            raise
        except KafkaError as error:
            await self._give_up(error)
            return None
        if found:
            self._damaged = 0
        return found

    async def _give_up(self, error: KafkaError) -> None:
        failure = group_failure(error, self._settings.processing, self._settings.topics.input)
        if failure is not None:
            raise failure from error
        log.warning("the group is left and joined anew", extra={"error": str(error)})
        self._given_up = True
        await asyncio.sleep(BackOff(MOST).next())  # the next consumer may meet the same
