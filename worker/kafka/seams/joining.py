"""Seam: retries of JoinGroup, SyncGroup and Heartbeat, and a leader that assigns only known topics.

aiokafka ends with a bare KafkaError on unexpected codes of these requests, even if a retry would do. And a leader that
does not know a topic assigns none of its partitions.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import errors
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator

from worker.kafka.backoff import BackOff, Rarely
from worker.kafka.seams.assignor import PartitionsUnknown
from worker.kafka.seams.metadata import said_unknown_for

log = logging.getLogger(__name__)

JOIN, HEARTBEAT, SYNC = 11, 12, 14
NAMES = {JOIN: "JoinGroup", HEARTBEAT: "Heartbeat", SYNC: "SyncGroup"}
# Meaning of the codes of all three requests; those left to aiokafka are in `_left_to_aiokafka`.
ASK_AGAIN = frozenset({7, 14, 27})
LOOK_UP = frozenset({15, 16})
FATAL = frozenset({23, 24, 26, 30, 81, 82})
REBALANCE, MEMBER_ID_REQUIRED = 27, 79
KNOWN_WITHIN = 30.0  # seconds for a leader to learn of a topic's partitions


class GroupRefused(errors.KafkaError):
    """The coordinator permanently refuses this member; `code` is the reason."""

    def __init__(self, code: int = -1) -> None:
        super().__init__(f"error {code}")
        self.code = code


class _Troubles:
    """The consecutive refused requests of one member."""

    def __init__(self) -> None:
        self._backoffs = {api: BackOff() for api in NAMES}
        self._rarely = {api: Rarely() for api in NAMES}

    async def wait(self, api: int, code: int) -> None:
        """Wait before the request is sent again."""
        if self._rarely[api].due(code):
            log.warning("the group's coordinator refuses a request", extra={"request": NAMES[api], "code": code})
        await asyncio.sleep(self._backoffs[api].next())

    def over(self, api: int) -> None:
        """Reset the delays: the request was answered without an error."""
        self._backoffs[api].reset()
        self._rarely[api].reset()


def _troubles(coordinator: Any) -> _Troubles:
    found: _Troubles = coordinator.__dict__.setdefault("_troubles", _Troubles())
    return found


class _Stop(Exception):
    """The carrier of a `GroupRefused` past aiokafka's handlers of KafkaErrors."""


_send, _heartbeat = GroupCoordinator._send_req, GroupCoordinator._do_heartbeat
_join, _lead = CoordinatorGroupRebalance.perform_group_join, CoordinatorGroupRebalance._on_join_leader


async def send_req(self: Any, request: Any) -> Any:
    """Replace `GroupCoordinator._send_req`: raise codes that aiokafka can't handle as errors of the request."""
    answer = await _send(self, request)
    if request.API_KEY not in NAMES:
        return answer
    api, code, troubles = request.API_KEY, answer.error_code, _troubles(self)
    if code == 0 or _left_to_aiokafka(self, api, code):
        troubles.over(api)
        return answer
    if code in FATAL:
        raise _Stop(code)
    if code in LOOK_UP:
        self.coordinator_dead()
    elif code not in ASK_AGAIN:
        # The group or the broker no longer accepts this member: leave, and join as a new one.
        if code not in (errors.IllegalGenerationError.errno, errors.UnknownMemberIdError.errno):
            await self._maybe_leave_group()
        self.reset_generation()
    await troubles.wait(api, code)
    raise errors.KafkaError(f"{NAMES[api]}: error {code}")


def _left_to_aiokafka(coordinator: Any, api: int, code: int) -> bool:
    if code == REBALANCE:
        return api != JOIN
    if api == JOIN and code == MEMBER_ID_REQUIRED:
        # aiokafka retries at once with the id that it was given: only once, or it would spin.
        return not coordinator.member_id
    return False


async def do_heartbeat(self: Any) -> Any:
    """Replace `GroupCoordinator._do_heartbeat`.

    Raises:
        GroupRefused: the coordinator permanently refuses the member.
    """
    try:
        return await _heartbeat(self)
    except _Stop as stop:
        raise GroupRefused(*stop.args) from None


async def perform_group_join(self: Any) -> Any:
    """Replace `CoordinatorGroupRebalance.perform_group_join`.

    Raises:
        GroupRefused: the coordinator permanently refuses the member.
    """
    try:
        return await _join(self)
    except _Stop as stop:
        raise GroupRefused(*stop.args) from None


async def on_join_leader(self: Any, response: Any) -> Any:
    """Replace `CoordinatorGroupRebalance._on_join_leader`: assign nothing while partitions are unknown.

    No heartbeats are sent meanwhile, so after a part of the session timeout the join fails and is retried.

    Raises:
        UnknownTopicOrPartitionError: brokers have not known a topic for `KNOWN_WITHIN` seconds, and still do not.
    """
    coordinator, clock = self._coordinator, asyncio.get_running_loop().time
    backoff, deadline = BackOff(), clock() + self._session_timeout_ms / 3000
    while True:
        try:
            assigned = await _lead(self, response)
        except errors.KafkaError as error:
            if not isinstance(error.__cause__, PartitionsUnknown):
                raise
            topic = str(error.__cause__)
        else:
            coordinator._said_unknown = False
            return assigned
        if not getattr(coordinator, "_said_unknown", False):
            coordinator._said_unknown = True
            log.warning("the leader of the group does not know the partitions yet", extra={"topic": topic})
        # Over many joins: the answer to one of them may come in the next, since refreshes back off.
        if said_unknown_for(coordinator._client.cluster, topic) >= KNOWN_WITHIN:
            raise errors.UnknownTopicOrPartitionError(topic)
        if clock() >= deadline:
            coordinator.request_rejoin()
            return None
        refresh = coordinator._client.force_metadata_update()
        await asyncio.wait([refresh], timeout=max(deadline - clock(), 0.0))
        await asyncio.sleep(backoff.next())


def install() -> None:
    """Patch every member of a group."""
    coordinator: Any = GroupCoordinator
    rebalance: Any = CoordinatorGroupRebalance
    coordinator._send_req, coordinator._do_heartbeat = send_req, do_heartbeat
    rebalance.perform_group_join, rebalance._on_join_leader = perform_group_join, on_join_leader
