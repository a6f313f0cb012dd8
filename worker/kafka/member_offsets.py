"""A group's offsets, committed and read in the name of one of its members."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import IllegalOperation

from worker.kafka.protocol.offsets import Membership, Position, commit_offsets, committed, fetch_offsets, fetched
from worker.kafka.transactions.coordinator import Coordinator

PAUSE = 0.05  # seconds before the first repeat


class MemberOffsets:
    """Requests of its own to the group's coordinator: an answer counts when it speaks of exactly what was asked."""

    def __init__(self, client: AIOKafkaClient, group: str, member: Callable[[], Membership]) -> None:
        self._coordinator = Coordinator(client, CoordinationType.GROUP, group, PAUSE)
        self._group, self._member = group, member
        self._written_at: int | None = None

    async def commit(self, offsets: Mapping[TopicPartition, Position]) -> None:
        """Commit, and try again for as long as the caller waits.

        Raises:
            NoLongerOurs: the group has gone on without the member.
            KafkaError: the coordinator refuses.
        """
        request = commit_offsets(self._group, self._member(), offsets)
        answered = await self._coordinator.asked(request, check=lambda answer: committed(answer, offsets.keys()))
        self._written_at = answered.node

    async def fetch(self, tp: TopicPartition) -> Position | None:
        """What the group has committed for a partition, by the very broker that took the last commit: it has a quorum.
        None where that is nothing.

        Raises:
            IllegalOperation: nothing was committed before.
            KafkaError: that broker does not coordinate the group any more, or can't be reached.
        """
        if self._written_at is None:
            raise IllegalOperation("nothing was committed before")
        answered = await self._coordinator.asked(
            fetch_offsets(self._group, (tp,)), check=lambda answer: fetched(answer, (tp,)), node=self._written_at
        )
        return fetched(answered.answer, (tp,))[tp]
