"""The members of a group, as its coordinator lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from aiokafka import errors
from aiokafka.client import AIOKafkaClient, CoordinationType

from worker.errors import ConfigError, NotPermitted
from worker.kafka.asking.certain import SECONDS, Doubt, exactly, refused, until_certain
from worker.kafka.asking.messages import describe_group, describe_new_group
from worker.kafka.seams.clients import ask, coordinator_of

T = TypeVar("T")
CLASSIC = "consumer"  # protocol type of consumer groups; empty for a group without members
NOT_OF_THIS_KIND = (errors.GroupIdNotFound.errno, errors.UnsupportedVersionError.errno)


async def members(client: AIOKafkaClient, group: str, seconds: float = SECONDS) -> int:
    """Return the number of members of a consumer group.

    Raises:
        ConfigError: the group uses the new protocol, whose members are not counted here.
        NotPermitted: no right to the group.
        TryAgain, BrokerUnavailable: no certain answer within `seconds`.
    """
    await refuse_new_protocol(client, group, seconds)
    return await _asked(client, group, describe_group(group), _count, seconds)


async def refuse_new_protocol(client: AIOKafkaClient, group: str, seconds: float = SECONDS) -> None:
    """Refuse a group with a consumer of the new protocol (KIP-848).

    That consumer gets partitions, and the coordinator no longer lists the fleet's own members.

    Raises:
        ConfigError: the group has such a consumer.
        NotPermitted: no right to the group.
        TryAgain, BrokerUnavailable: no certain answer within `seconds`.
    """
    try:
        count = await _asked(client, group, describe_new_group(group), _count_new, seconds)
    except errors.IncompatibleBrokerVersion:
        return  # the broker has no such groups
    if count:
        raise ConfigError(
            f"the group {group} has been converted to the new protocol (KIP-848): "
            "a consumer with group.protocol=consumer has joined it",
            "Stop that consumer or give it another group.id; "
            "group.consumer.migration.policy=disabled on the brokers prevents the conversion",
        )


async def _asked(client: AIOKafkaClient, group: str, request: Any, judge: Callable[[str, Any], T], seconds: float) -> T:
    """Return what `judge` finds in the coordinator's answer; each attempt looks the coordinator up."""

    async def attempt() -> T:
        try:
            node = await coordinator_of(client, CoordinationType.GROUP, group)
        except errors.BrokerResponseError as error:
            raise _settled(error.errno, group) from error
        return judge(group, await ask(client, node, request))

    return await until_certain(attempt, f"the members of the group {group}", seconds)


def _count(group: str, answer: Any) -> int:
    code, _, _, kind, _, found, *_ = exactly([group], answer.groups, lambda row: str(row[1]))[group]
    if code:
        raise _settled(code, group)
    if found is None:
        raise Doubt("the answer has no list of members")
    if kind not in ("", CLASSIC):
        raise ConfigError(f"the group {group} has the protocol type {kind!r}, not 'consumer'", "Set processing.group")
    return len(found)


def _count_new(group: str, answer: Any) -> int:
    code, _, _, _, _, _, _, found, *_ = exactly([group], answer.groups, lambda row: str(row[2]))[group]
    if code in NOT_OF_THIS_KIND:
        return 0
    if code:
        raise _settled(code, group)
    if found is None:
        raise Doubt("the answer has no list of members")
    return len(found)


def _settled(code: int, group: str) -> Exception:
    """Return the error to raise for a code: a missing right, or a doubt."""
    if code == errors.GroupAuthorizationFailedError.errno:
        return NotPermitted(
            f"the broker refuses access: no right to the group {group}",
            "Grant the rights listed in docs/operations (Access control)",
        )
    return refused(code)
