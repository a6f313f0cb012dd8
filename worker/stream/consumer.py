"""What the poll loop asks of a consumer, and no more: `AIOKafkaConsumer` in a worker, a log in memory in its tests."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Protocol

from aiokafka import TopicPartition


class Consumer(Protocol):
    """A member's consumer, as `AIOKafkaConsumer` documents it."""

    async def start(self) -> None:
        """Join the group."""

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = 0) -> dict[TopicPartition, list[Any]]:
        """Fetched records; positions go behind them."""

    def assignment(self) -> Set[TopicPartition]:
        """The partitions of the newest generation."""

    def partitions_for_topic(self, topic: str) -> Set[int] | None:
        """The partitions that a topic has, as far as the client knows."""

    async def position(self, partition: TopicPartition, /) -> int:
        """The offset that is fetched next."""

    def seek(self, partition: TopicPartition, offset: int, /) -> None:
        """Set the position, and drop what was fetched already."""

    def pause(self, *partitions: TopicPartition) -> None:
        """Fetch nothing of these, until they are resumed or assigned anew."""

    def resume(self, *partitions: TopicPartition) -> None:
        """Fetch again."""

    def last_stable_offset(self, partition: TopicPartition, /) -> int | None:
        """Where the committed part of the partition ended at its last fetch."""
