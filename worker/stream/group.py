"""What the group has committed, and the checks that need it."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from worker.settings import Settings
from worker.stream import asking, topics
from worker.stream.checkpoint import Committed, committed
from worker.stream.client import client_options
from worker.stream.judging import Report
from worker.stream.preflight import admin_client
from worker.stream.protocol.offsets import Position
from worker.stream.reading import Reader
from worker.stream.seams.clients import client_of
from worker.stream.stored import read_state
from worker.stream.topics import partitions_changed
from worker.stream.verify import verify

POLL_SECONDS = 0.2


async def committed_offsets(admin: AIOKafkaAdminClient, settings: Settings, partitions: int) -> dict[int, int]:
    """The group's next input offset per partition; 0 where it has committed nothing.

    Raises:
        NotPermitted: no right to the group.
        TryAgain, BrokerUnavailable: the coordinator gives no certain answer.
    """
    found = await _positions(admin, settings, partitions)
    return {tp.partition: at.offset if at else 0 for tp, at in found.items()}


async def checkpoints(admin: AIOKafkaAdminClient, settings: Settings, partitions: int) -> dict[int, Committed]:
    """What the group has committed, by partition; nothing where it has committed nothing.

    Raises:
        NotPermitted, TryAgain, BrokerUnavailable: as `committed_offsets`.
    """
    found = await _positions(admin, settings, partitions)
    return {tp.partition: has for tp, at in found.items() if (has := committed(at)) is not None}


async def _positions(
    admin: AIOKafkaAdminClient, settings: Settings, partitions: int
) -> dict[TopicPartition, Position | None]:
    tps = [TopicPartition(settings.topics.input, p) for p in range(partitions)]
    return await asking.committed_positions(client_of(admin), settings.processing.group, tps)


async def check_partitions(settings: Settings, partitions: int) -> None:
    """Refuse to join on an input that has other partitions than the group's state was made for.

    Raises:
        ConfigError: with the migration.
        NotPermitted: no right to the group.
    """
    async with admin_client(settings.kafka) as admin:
        found = await checkpoints(admin, settings, partitions)
    for has in found.values():
        made_for = has.checkpoint.partitions if has.checkpoint else partitions
        if made_for != partitions:
            raise partitions_changed(settings.topics.input, made_for, partitions)


async def members(admin: AIOKafkaAdminClient, group: str) -> int:
    """Number of members of a consumer group.

    Raises:
        ConfigError: a consumer of the new protocol is in it, so that nobody can count the fleet's own members.
        NotPermitted: no right to the group.
        TryAgain, BrokerUnavailable: the coordinator gives no certain answer.
    """
    return await asking.members(client_of(admin), group)


async def end_offsets(settings: Settings, partitions: int) -> dict[int, int]:
    """Last stable offset per input partition."""
    async with Reader(client_options(settings.kafka)) as reader:
        return {p: (await reader.bounds(TopicPartition(settings.topics.input, p)))[1] for p in range(partitions)}


async def wait_caught_up(admin: AIOKafkaAdminClient, settings: Settings, partitions: int, seconds: float) -> bool:
    """Wait until the group has committed all that is in the input now; False when the time ran out."""
    ends = await end_offsets(settings, partitions)
    deadline = time.monotonic() + seconds
    while True:
        reached = await committed_offsets(admin, settings, partitions)
        if all(reached[p] >= end for p, end in ends.items()):
            return True
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)  # the broker offers no way to be told of a commit


async def check_group(settings: Settings, wait: float = 0.0) -> Report:
    """`alphapulse verify`: optionally let the group catch up, then compare."""
    async with admin_client(settings.kafka) as admin:
        found = await topics.describe(admin, settings.topics.required)
        topics.check(settings, found, settings.topics.required)
        partitions = found[settings.topics.input].partitions
        if wait:
            await wait_caught_up(admin, settings, partitions, wait)
        now = partial(committed_offsets, admin, settings, partitions)
        again = partial(resets, settings)
        return await verify(settings, client_options(settings.kafka), await now(), resets=again, now=now)


async def resets(settings: Settings, partition: int) -> list[int]:
    """Input offsets from which the partition's symbols began anew after `alphapulse state reset`, ascending."""
    async with admin_client(settings.kafka) as admin:
        if settings.state_topic not in await topics.describe(admin, (settings.state_topic,)):
            return []
    async with Reader(client_options(settings.kafka)) as reader:
        return (await read_state(reader, TopicPartition(settings.state_topic, partition))).resets
