"""A group's committed offsets, number of members and lag."""

from __future__ import annotations

import asyncio
import time

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from worker.kafka import asking
from worker.kafka.client import client_options
from worker.kafka.protocol.offsets import Position
from worker.kafka.reader import Reader
from worker.kafka.seams.clients import client_of
from worker.settings import Settings

POLL_SECONDS = 0.2


async def committed_offsets(admin: AIOKafkaAdminClient, settings: Settings, partitions: int) -> dict[int, int]:
    """Return the group's next input offset per partition; 0 where it has committed nothing.

    Raises:
        NotPermitted: no right to the group.
        TryAgain, BrokerUnavailable: the coordinator gives no certain answer.
    """
    found = await positions(admin, settings, partitions)
    return {tp.partition: at.offset if at else 0 for tp, at in found.items()}


async def positions(
    admin: AIOKafkaAdminClient, settings: Settings, partitions: int
) -> dict[TopicPartition, Position | None]:
    """Return the group's committed position per input partition; None where it has committed nothing.

    Raises:
        NotPermitted, TryAgain, BrokerUnavailable: as `committed_offsets`.
    """
    tps = [TopicPartition(settings.topics.input, p) for p in range(partitions)]
    return await asking.committed_positions(client_of(admin), settings.processing.group, tps)


async def members(admin: AIOKafkaAdminClient, group: str) -> int:
    """Return the number of members of a consumer group.

    Raises:
        ConfigError: the group has a consumer of the new protocol, and the fleet's own members can't be counted.
        NotPermitted: no right to the group.
        TryAgain, BrokerUnavailable: the coordinator gives no certain answer.
    """
    return await asking.members(client_of(admin), group)


async def end_offsets(settings: Settings, partitions: int) -> dict[int, int]:
    """Return the last stable offset per input partition."""
    async with Reader(client_options(settings.kafka)) as reader:
        return {p: (await reader.bounds(TopicPartition(settings.topics.input, p)))[1] for p in range(partitions)}


async def wait_caught_up(admin: AIOKafkaAdminClient, settings: Settings, partitions: int, seconds: float) -> bool:
    """Wait until the group has committed all of the present input; return False when the time ran out."""
    ends = await end_offsets(settings, partitions)
    deadline = time.monotonic() + seconds
    while True:
        reached = await committed_offsets(admin, settings, partitions)
        if all(reached[p] >= end for p, end in ends.items()):
            return True
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)  # brokers don't notify of commits
