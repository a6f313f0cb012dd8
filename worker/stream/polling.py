"""The polling of a consumer in its group until another must replace it."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, IllegalStateError, KafkaError, OffsetOutOfRangeError

from worker.kafka.backoff import MOST, BackOff
from worker.kafka.errors import damaged, group_failure
from worker.kafka.seams import arrivals, rest_when_idle, watch
from worker.kafka.seams.rounds import LEAST, OF_TRANSACTIONS, Rounds, fetch_in_rounds
from worker.settings import Settings
from worker.stream.consumer import Consumer

log = logging.getLogger(__name__)
DAMAGED = 3  # consecutive polls with damaged records before giving up
LET_GO = 5.0  # seconds for a cancelled poll to end


class Polling:
    """A consumer to start and poll. `over` is True when only another consumer can go on."""

    def __init__(self, consumer: Consumer, settings: Settings) -> None:
        self._consumer, self._settings = consumer, settings
        self._given_up = False
        self._damaged = 0
        self._direct = arrivals.known()
        self._found: Mapping[str, asyncio.Task[Any]] = {}  # the client's tasks, once it has all
        self.rounds = Rounds()  # of the fetches

    @property
    def over(self) -> bool:
        """Whether a new consumer must rejoin: after an error, or if a background task of the client has died."""
        if not self._given_up and (ended := watch.first_ended(self._living())):
            log.warning(f"a background task of the client has ended: {ended}")
            self._given_up = True
        return self._given_up

    async def start(self) -> None:
        """Join the group. After an error that another consumer may avoid, this one is over.

        Raises:
            AlphapulseError: the group or the brokers permanently refuse this worker.
        """
        try:
            await self._consumer.start()
        except KafkaError as error:
            await self._give_up(error)
        else:
            processing = self._settings.processing
            least = OF_TRANSACTIONS if processing.guarantee == "exactly_once" else LEAST
            self.rounds = fetch_in_rounds(self._consumer, processing.round_share, least)
            rest_when_idle(self._consumer)

    async def poll(
        self, named: list[TopicPartition], seconds: float, others: set[asyncio.Future[Any]]
    ) -> dict[TopicPartition, list[Any]] | None:
        """Return getmany's records, or None if it was abandoned.

        It is abandoned when one of `others` ends first, when a client task on which it depends dies, or after an error
        that needs another consumer.

        Raises:
            OffsetOutOfRangeError: the broker does not have the records at these offsets.
            CorruptRecordException: the fetched records are lost; fetch again from the same offsets.
            DataError: the records arrive damaged each time.
            AlphapulseError: the group or the brokers permanently refuse this worker.
        """
        try:
            if self._direct and named and arrivals.at_hand(self._consumer):
                found = await self._arrived(named, seconds, others)
            else:
                found = await self._in_task(named, seconds, others)
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

    async def _arrived(
        self, named: list[TopicPartition], seconds: float, others: set[asyncio.Future[Any]]
    ) -> dict[TopicPartition, list[Any]] | None:
        if arrivals.nothing(self._consumer, named):
            await arrivals.wait(self._consumer, seconds, (*others, *self._living().values()))
        if not arrivals.at_hand(self._consumer):
            return {}
        found = await self._consumer.getmany(*named, timeout_ms=0)
        return None if not found and any(other.done() for other in others) else found

    async def _in_task(
        self, named: list[TopicPartition], seconds: float, others: set[asyncio.Future[Any]]
    ) -> dict[TopicPartition, list[Any]] | None:
        poll = asyncio.ensure_future(self._consumer.getmany(*named, timeout_ms=math.ceil(seconds * 1000)))
        living = set(self._living().values())
        await asyncio.wait({poll, *others, *living}, return_when=asyncio.FIRST_COMPLETED)
        if not poll.done():
            poll.cancel()
            await asyncio.wait({poll}, timeout=LET_GO)
        if not poll.done():
            log.warning("a poll of the client does not end when it is cancelled")
            self._given_up = True
            return None
        return None if poll.cancelled() else poll.result()

    def _living(self) -> Mapping[str, asyncio.Task[Any]]:
        if len(self._found) < watch.OF_MEMBER:
            self._found = watch.tasks(self._consumer)
        return self._found

    async def positions(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset to fetch next of those that are still assigned."""
        found = {}
        for tp in tps:
            with suppress(IllegalStateError, KafkaError):
                found[tp] = await self._consumer.position(tp)
        return found

    async def _give_up(self, error: KafkaError) -> None:
        failure = group_failure(error, self._settings.processing, self._settings.topics.input)
        if failure is not None:
            raise failure from error
        log.warning("leaving and rejoining the group", extra={"error": str(error)})
        self._given_up = True
        await asyncio.sleep(BackOff(MOST).next())  # the next consumer may get the same error
