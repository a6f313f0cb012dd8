"""A group's committed offsets: read from outside the group, and set while it has no members."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType

from worker.errors import NotPermitted
from worker.kafka.asking.certain import SECONDS, Doubt, refused, until_certain
from worker.kafka.protocol.answers import worst
from worker.kafka.protocol.codes import Code
from worker.kafka.protocol.offsets import (
    Membership,
    Position,
    commit_offsets,
    committed,
    fetch_offsets,
    fetched,
)
from worker.kafka.protocol.strict import Unclear
from worker.kafka.seams.clients import ask, coordinator_of

T = TypeVar("T")
NOBODY = Membership(-1, "", None)  # the coordinator accepts it only for a group without members
DENIED = (Code.GROUP_AUTHORIZATION_FAILED, Code.TOPIC_AUTHORIZATION_FAILED)


async def committed_positions(
    client: AIOKafkaClient, group: str, tps: Collection[TopicPartition], seconds: float = SECONDS
) -> dict[TopicPartition, Position | None]:
    """Return the group's offsets; None only where the coordinator says that the group has committed nothing.

    Offsets of an open transaction are ignored: a dead worker's transaction must not block a reader.

    Raises:
        NotPermitted: no right to the group.
        TryAgain, BrokerUnavailable: no certain answer within `seconds`.
    """
    what = f"the offsets of the group {group}"
    request = fetch_offsets(group, tps, stable=False)
    return await _asked(client, group, request, lambda answer: fetched(answer, tps), what, seconds)


async def set_positions(
    client: AIOKafkaClient, group: str, positions: Mapping[TopicPartition, Position], seconds: float = SECONDS
) -> None:
    """Commit offsets for a group without members.

    Raises:
        NotPermitted: no right to the group.
        TryAgain, BrokerUnavailable: no certain answer within `seconds`, for example while the group has members.
    """
    request, tps = commit_offsets(group, NOBODY, positions), positions.keys()
    await _asked(client, group, request, lambda answer: committed(answer, tps), f"the offsets of {group}", seconds)


async def _asked(
    client: AIOKafkaClient, group: str, request: Any, found: Callable[[Any], T], what: str, seconds: float
) -> T:
    async def attempt() -> T:
        try:
            node = await coordinator_of(client, CoordinationType.GROUP, group)
            answer = await ask(client, node, request, ConnectionGroup.COORDINATION)
        except errors.BrokerResponseError as error:
            raise _settled(error.errno, group) from error
        if code := worst(answer.codes()):
            raise _settled(code, group)
        try:
            return found(answer)
        except Unclear as unclear:
            raise Doubt(str(unclear)) from unclear

    return await until_certain(attempt, what, seconds)


def _settled(code: int, group: str) -> Exception:
    if code in DENIED:
        return NotPermitted(
            f"the broker refuses access: no right to the group {group}",
            "Grant the rights listed in docs/operations (Access control)",
        )
    return refused(code)
