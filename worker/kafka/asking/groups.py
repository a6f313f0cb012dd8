"""The members of a group, as its coordinator lists them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from aiokafka import errors
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

from worker.errors import ConfigError, NotPermitted
from worker.kafka.asking.certain import SECONDS, Doubt, exactly, refused, until_certain
from worker.kafka.asking.messages import describe_group, describe_new_group
from worker.kafka.seams.clients import ask, coordinator_of

T = TypeVar("T")
UNKNOWN = ("", "Unknown")  # no states of a group that one can rely on
CLASSIC = "consumer"  # protocol type of consumer groups; empty for a group without members
NOT_OF_THIS_KIND = (errors.GroupIdNotFound.errno, errors.UnsupportedVersionError.errno)


class Member(NamedTuple):
    """A member of a group, as its coordinator lists it."""

    member_id: str
    instance_id: str | None
    client_id: str
    host: str
    assignment: Mapping[str, tuple[int, ...]]  # partitions by topic; empty while the group rebalances


class Group(NamedTuple):
    """A group: `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty` or `Dead`."""

    state: str
    members: tuple[Member, ...]


async def describe(client: AIOKafkaClient, group: str, seconds: float = SECONDS) -> Group:
    """Return a group's state and members.

    Raises:
        ConfigError, NotPermitted, TryAgain, BrokerUnavailable: as `members`.
    """
    found = await _asked(client, group, describe_group(group), _described, seconds)
    if not found.members:
        await refuse_new_protocol(client, group, seconds)  # the coordinator would list none of its members
    return found


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


def _described(group: str, answer: Any) -> Group:
    _count(group, answer)
    _, _, state, _, _, found, *_ = answer.groups[0]
    if state in UNKNOWN:
        raise Doubt(f"the group is in the state {state!r}")
    return Group(state, tuple(_member(row, state) for row in found))


def _member(row: Any, state: str) -> Member:
    member_id, instance_id, client_id, host, _, assignment = row
    owned: dict[str, tuple[int, ...]] = {}
    if assignment and state == "Stable":
        try:
            found = ConsumerProtocolMemberAssignment.decode(assignment).assignment
            owned = {topic: tuple(sorted(partitions)) for topic, partitions in found}
        except (ValueError, TypeError, struct.error) as error:
            raise Doubt(f"the assignment of {member_id} can't be read") from error
    return Member(member_id, instance_id or None, client_id, host.removeprefix("/"), owned)


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
