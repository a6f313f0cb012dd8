"""A group's offsets, committed and read by one of its members."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import IllegalOperation

from worker.kafka.protocol.offsets import Membership, Position, commit_offsets, committed, fetch_offsets, fetched
from worker.kafka.transactions.coordinator import Coordinator

PAUSE = 0.05  # seconds before the first repeat


class MemberOffsets:
    """Requests to the group's coordinator; an answer counts only when it holds exactly the requested partitions."""

    def __init__(self, client: AIOKafkaClient, group: str, member: Callable[[], Membership]) -> None:
        self._coordinator = Coordinator(client, CoordinationType.GROUP, group, PAUSE)
        self._group, self._member = group, member
        self._written_at: int | None = None

    async def commit(self, offsets: Mapping[TopicPartition, Position]) -> None:
        """Commit, and retry for as long as the caller waits.

        Raises:
            NoLongerOurs: the group has continued without the member.
            KafkaError: the coordinator refuses.
        """
        request = commit_offsets(self._group, self._member(), offsets)
        answered = await self._coordinator.asked(request, check=lambda answer: committed(answer, offsets.keys()))
        self._written_at = answered.node

    async def fetch(self, tp: TopicPartition) -> Position | None:
        """Return the group's committed position of a partition; None where it has committed nothing.

        The broker that took the last commit is asked, since that commit proves that it has a quorum.

        Raises:
            IllegalOperation: nothing was committed before.
            KafkaError: that broker no longer coordinates the group, or can't be reached.
        """
        if self._written_at is None:
            raise IllegalOperation("nothing was committed before")
        answered = await self._coordinator.asked(
            fetch_offsets(self._group, (tp,)), check=lambda answer: fetched(answer, (tp,)), node=self._written_at
        )
        return fetched(answered.answer, (tp,))[tp]
