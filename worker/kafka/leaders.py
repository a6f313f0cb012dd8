"""First offsets, end offsets and records of partitions, requested from their current leaders.

A broker that is cut off from the others still names itself the leader, and answers with the end of its own log. So all
brokers are asked for the leader, and the newest leader epoch counts. Each request carries that epoch: a former leader
refuses it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError

from worker.kafka.backoff import Attempts
from worker.kafka.protocol.answers import AGAIN, FIND_LEADER, UNREACHABLE, failure, worst
from worker.kafka.protocol.codes import name
from worker.kafka.protocol.fetching import Fetched, fetch, fetched
from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.log_ends import (
    COMMITTED,
    FIRST,
    LAST,
    UNCOMMITTED,
    AtTime,
    end_found,
    epoch_end,
    epoch_end_found,
    log_end,
    time_found,
)
from worker.kafka.protocol.metadata import NO_LEADER, Leader, Topic, describe_topics, described
from worker.kafka.protocol.strict import Unclear
from worker.kafka.seams.clients import ask, refresh

T = TypeVar("T")
GRACE = 0.3  # seconds for the remaining brokers when a majority has answered
LONG_GRACE = 3.0  # the same when fewer have
PATIENCE = 30.0  # seconds for one request, retries included


class Leaders:
    """The leaders of the partitions that one client asks for, cached until an answer contradicts them."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client
        self._known: dict[str, Topic] = {}

    async def topics(self, names: Collection[str]) -> dict[str, Topic]:
        """Return the topics by the newest description; one with an error code only where no broker knows it.

        Raises:
            KafkaConnectionError: no broker answers.
            Unclear: equally many brokers report two different ids of a topic.
        """
        answers = await self._ask_all(describe_topics(names), lambda answer: described(answer, names))
        found = {topic: _newest([answer[topic] for answer in answers]) for topic in names}
        self._known |= {topic: told for topic, told in found.items() if not told.error_code}
        return found

    async def cluster(self) -> str:
        """Return the id of the cluster.

        Raises:
            KafkaConnectionError: no broker answers.
            Unclear: brokers report none, or different ones.
        """
        found = {*await self._ask_all(describe_topics(()), lambda answer: answer.cluster_id)}
        if len(found) != 1 or not (only := found.pop()):
            raise Unclear(f"Metadata: {len(found) + 1} cluster ids")
        return str(only)

    async def first(self, tp: TopicPartition) -> int:
        """Return the first offset that the partition still has.

        Raises:
            KafkaTimeoutError: no leader answers within `PATIENCE`.
            KafkaError: the leader refuses permanently.
        """
        return await self._told(tp, lambda epoch: log_end(tp, epoch, FIRST), end_found)

    async def end(self, tp: TopicPartition, committed: bool = True) -> int:
        """Return the last stable offset, or the high watermark without `committed`.

        Raises:
            KafkaError: as `first`.
        """
        isolation = COMMITTED if committed else UNCOMMITTED
        return await self._told(tp, lambda epoch: log_end(tp, epoch, LAST, isolation), end_found)

    async def at_time(self, tp: TopicPartition, timestamp: int) -> AtTime | None:
        """Return the first committed offset with this time, epoch ms, or a later one; None for none.

        All records before it are older, whatever their order. It may be that of a transaction's marker, which bears
        the time of its commit, also where the records bear times long past.

        Raises:
            KafkaError: as `first`.
        """
        return await self._told(tp, lambda epoch: log_end(tp, epoch, timestamp), time_found)

    async def epoch_end(self, tp: TopicPartition, epoch: int) -> int:
        """Return the end offset of the records written by leaders up to this epoch; -1 where none is known.

        Raises:
            KafkaError: as `first`.
        """
        return await self._told(tp, lambda current: epoch_end(tp, current, epoch), epoch_end_found)

    async def records(self, tp: TopicPartition, offset: int) -> Fetched:
        """Return some committed records from an offset on, as the leader sends them; none at the end.

        Raises:
            OffsetOutOfRangeError: the leader has no such offset.
            KafkaError: as `first`.
        """
        return await self._told(tp, lambda _: fetch(tp, offset), fetched)

    async def _told(
        self, tp: TopicPartition, request: Callable[[int], Fixed], found: Callable[[Any, TopicPartition], T]
    ) -> T:
        attempts = Attempts(f"the leader of {tp.topic} partition {tp.partition}")
        cause = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    try:
                        leader = await self._leader(tp)
                        answer = await ask(self._client, leader.node, request(leader.epoch))
                        code = worst(answer.codes())
                        if not code:
                            what = found(answer, tp)
                            attempts.worked()
                            return what
                        cause = name(code)
                    except UNREACHABLE as error:
                        code, cause = 0, f"{type(error).__name__} {error}"
                    if code and code not in AGAIN:
                        raise failure(code, tp.topic)
                    if not code or code in FIND_LEADER:
                        self._known.pop(tp.topic, None)
                    await attempts.wait(cause)
        except TimeoutError:
            where = f"{tp.topic} partition {tp.partition}"
            raise KafkaTimeoutError(f"no leader of {where} answers within {PATIENCE:.0f} s: {cause}") from None

    async def _leader(self, tp: TopicPartition) -> Leader:
        topic = self._known.get(tp.topic) or (await self.topics((tp.topic,)))[tp.topic]
        if topic.error_code and topic.error_code not in AGAIN:
            raise failure(topic.error_code, tp.topic)
        leader = topic.leaders.get(tp.partition)
        if topic.error_code or leader is None or leader.node == NO_LEADER:
            self._known.pop(tp.topic, None)
            raise KafkaConnectionError(f"{tp.topic} partition {tp.partition} has no leader")
        return leader

    async def _ask_all(self, request: Fixed, read: Callable[[Any], T]) -> list[T]:
        """Return what `read` finds in the answers of all brokers, or of those that answer in time once one has."""
        nodes = [broker.nodeId for broker in self._client.cluster.brokers()]
        if not nodes:
            await refresh(self._client)
            nodes = [broker.nodeId for broker in self._client.cluster.brokers()]
        waiting = {asyncio.ensure_future(self._ask_one(node, request, read)) for node in nodes}
        answers: list[T] = []
        failed: BaseException | None = None
        try:
            while waiting:
                grace = GRACE if len(answers) > len(nodes) // 2 else LONG_GRACE
                done, waiting = await asyncio.wait(
                    waiting, timeout=grace if answers else None, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                for task in done:
                    failed = task.exception() or failed
                    answers += [] if task.exception() else [task.result()]
        finally:
            for task in waiting:
                task.cancel()
        if not answers:
            await refresh(self._client)
            raise failed or KafkaConnectionError("no broker is known")
        return answers

    async def _ask_one(self, node: int, request: Fixed, read: Callable[[Any], T]) -> T:
        return read(await ask(self._client, node, request, ConnectionGroup.DEFAULT))


def _newest(found: list[Topic]) -> Topic:
    """Return the topic id that most brokers report, and the leader with the newest epoch of each partition."""
    present = [topic for topic in found if not topic.error_code]
    if not present:
        return next((topic for topic in found if topic.error_code not in AGAIN), found[0])
    (identity, count), *others = Counter(topic.id for topic in present).most_common(2)
    if others and others[0][1] == count:
        raise Unclear(f"Metadata: as many brokers report the topic id {identity:032x} as {others[0][0]:032x}")
    leaders: dict[int, Leader] = {}
    for topic in present:
        for partition, leader in topic.leaders.items() if topic.id == identity else ():
            if partition not in leaders or _rank(leader) > _rank(leaders[partition]):
                leaders[partition] = leader
    return Topic(0, identity, leaders)


def _rank(leader: Leader) -> tuple[int, bool]:
    # A broker that can't reach the leader reports that there is none, with the same epoch.
    return leader.epoch, leader.node != NO_LEADER
