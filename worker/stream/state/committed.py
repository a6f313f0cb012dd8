"""The checkpoints that a group has committed, and the check of the input's partition count against them."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient

from worker.kafka.group import positions
from worker.kafka.preflight import admin_client
from worker.kafka.topics import partitions_changed
from worker.settings import Settings
from worker.stream.state.checkpoint import Committed, committed


async def checkpoints(admin: AIOKafkaAdminClient, settings: Settings, partitions: int) -> dict[int, Committed]:
    """Return the group's commits by partition, without the partitions that have none.

    Raises:
        NotPermitted, TryAgain, BrokerUnavailable: as `committed_offsets`.
    """
    found = await positions(admin, settings, partitions)
    return {tp.partition: has for tp, at in found.items() if (has := committed(at)) is not None}


async def check_partitions(settings: Settings, partitions: int) -> None:
    """Refuse an input whose partition count differs from that of the group's state.

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
