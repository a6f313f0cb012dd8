"""The consumer interface of the poll loop: `AIOKafkaConsumer` in a worker, a log in memory in its tests."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Protocol

from aiokafka import TopicPartition


class Consumer(Protocol):
    """A member's consumer, as `AIOKafkaConsumer` documents it."""

    async def start(self) -> None:
        """Join the group."""

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = 0) -> dict[TopicPartition, list[Any]]:
        """Return fetched records, and advance the positions past them."""

    def assignment(self) -> Set[TopicPartition]:
        """Return the partitions of the newest generation."""

    def partitions_for_topic(self, topic: str) -> Set[int] | None:
        """Return the partitions of a topic, as far as the client knows."""

    async def position(self, partition: TopicPartition, /) -> int:
        """Return the offset to fetch next."""

    def seek(self, partition: TopicPartition, offset: int, /) -> None:
        """Set the position, and drop records fetched already."""

    def pause(self, *partitions: TopicPartition) -> None:
        """Stop fetching these partitions until they are resumed or assigned again."""

    def resume(self, *partitions: TopicPartition) -> None:
        """Resume fetching these partitions."""

    def last_stable_offset(self, partition: TopicPartition, /) -> int | None:
        """Return the last stable offset of the partition at its last fetch."""
