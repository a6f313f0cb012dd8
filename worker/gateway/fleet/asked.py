"""What the brokers say about the group: members, committed offsets and ends, without joining it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, RequestTimedOutError

from worker.errors import AlphapulseError, NotPermitted
from worker.kafka import asking
from worker.kafka.asking import Group
from worker.kafka.backoff import Attempts
from worker.kafka.deadline import GRACE, within
from worker.kafka.leaders import Leaders
from worker.kafka.protocol.answers import failure
from worker.kafka.seams import watch
from worker.kafka.seams.clients import close_client

log = logging.getLogger(__name__)
PATIENCE = 3.0  # seconds for one look
CALM, UNREST = 1.0, 0.25  # seconds between two looks; the shorter while partitions change hands
MOST_RATE = 100.0  # partitions looked at a second
TOPIC_EVERY = 30.0  # seconds between two looks for more partitions
OTHER_EVERY = 5.0  # seconds between two looks at the other group
# The client library raises a bare AssertionError in a task that has failed before.
LOST = (AlphapulseError, KafkaError, OSError, TimeoutError, AssertionError)


UNREACHED, BROKEN = "they can't be reached", "the connection broke"


def reason_of(error: BaseException) -> str:
    """Return why the brokers give no answer, for every reader: addresses and texts of libraries stay in the log."""
    if isinstance(error, AlphapulseError):
        return "they refuse it" if isinstance(error, NotPermitted) else "they gave no certain answer"
    if isinstance(error, TimeoutError | KafkaTimeoutError | RequestTimedOutError):
        return "they did not answer in time"
    return UNREACHED if isinstance(error, OSError | KafkaConnectionError) else BROKEN


class Told(NamedTuple):
    """One look: offsets by input partition; `first` only where nothing is committed."""

    at: float  # monotonic
    group: Group
    committed: dict[int, int | None]
    first: dict[int, int]
    ends: dict[int, int]


class Asked:
    """Looks about each second, and calls `heard` with what it has found; now and then also at another group."""

    def __init__(
        self, options: dict[str, Any], group: str, topic: str, other: str, heard: Callable[[Told], None]
    ) -> None:
        self._options, self._group, self._topic, self._heard = options, group, topic, heard
        self._other, self._looked = other, 0.0
        self.other: Group | None = None  # None: it could not be looked at
        self._partitions = 0
        self._counted = 0.0
        self.problem = ""  # of the last look; empty after a good one
        self.calm = True

    async def run(self) -> None:
        """Look until cancelled; after an error with a new client."""
        attempts = Attempts(f"the group {self._group}", 0.5, 5.0)
        while True:
            client = AIOKafkaClient(**self._options)
            try:
                await client.bootstrap()
                leaders = Leaders(client)
                while (ended := watch.ended(client)) is None:
                    async with asyncio.timeout(PATIENCE):
                        told = await self._look(client, leaders)
                    self.problem = ""
                    attempts.worked()
                    self._heard(told)
                    if told.at - self._looked > OTHER_EVERY:
                        self.other, self._looked = await self._look_at_other(client), told.at
                    pause = CALM if self.calm else UNREST
                    await asyncio.sleep(max(pause, len(told.ends) / MOST_RATE))  # brokers do not notify
                log.warning("the client has ended", extra={"cause": ended})
                self.problem = BROKEN
            except LOST as error:
                self.problem = reason_of(error)
                self._counted = 0.0
                await attempts.wait(getattr(error, "message", "") or f"{type(error).__name__} {error}".rstrip())
            finally:
                await within(GRACE, close_client(client))

    async def _look_at_other(self, client: AIOKafkaClient) -> Group | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await asking.describe(client, self._other, PATIENCE)
        except LOST as error:
            log.debug("a group can't be looked at", extra={"group_id": self._other, "cause": str(error)})
            return None

    async def _look(self, client: AIOKafkaClient, leaders: Leaders) -> Told:
        if not self._partitions or time.monotonic() - self._counted > TOPIC_EVERY:
            topic = (await leaders.topics((self._topic,)))[self._topic]
            if topic.error_code:
                raise failure(topic.error_code, self._topic)
            self._partitions, self._counted = len(topic.leaders), time.monotonic()
        tps = [TopicPartition(self._topic, partition) for partition in range(self._partitions)]
        # The ends are asked for last: an older one could lie before what is committed.
        group = await asking.describe(client, self._group, PATIENCE)
        positions = await asking.committed_positions(client, self._group, tps, PATIENCE)
        committed = {tp.partition: at.offset if at else None for tp, at in positions.items()}
        first = {tp.partition: await leaders.first(tp) for tp in tps if committed[tp.partition] is None}
        ends = await asyncio.gather(*(leaders.end(tp) for tp in tps))
        return Told(time.monotonic(), group, committed, first, dict(enumerate(ends)))
