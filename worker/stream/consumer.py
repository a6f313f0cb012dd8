"""The consumer of a member: `AIOKafkaConsumer` in a process, a log in memory in the tests of the poll loop."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from worker.kafka.seams.assignor import sticky_assignor
from worker.settings import Settings


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


def group_consumer(settings: Settings, options: dict[str, Any], **more: Any) -> AIOKafkaConsumer:
    """Create a consumer in the group of the settings that commits nothing itself; `options` are every client's."""
    p = settings.processing
    return AIOKafkaConsumer(
        **options,
        group_id=p.group,
        group_instance_id=p.group_instance_id,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        partition_assignment_strategy=(sticky_assignor(),),
        session_timeout_ms=p.session_timeout_ms,
        heartbeat_interval_ms=p.heartbeat_interval_ms,
        rebalance_timeout_ms=p.rebalance_timeout_ms,
        max_poll_interval_ms=p.max_poll_interval_ms,
        fetch_max_wait_ms=50,
        **more,
    )
