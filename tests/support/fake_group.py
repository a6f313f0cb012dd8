"""A group's coordinator for one member, which is its leader: JoinGroup 5, SyncGroup 3, Heartbeat 1, LeaveGroup 1."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.protocol import group

from tests.support.fake_broker import Answer, Api, Asked, FakeBroker

MEMBER = "m"


class FakeGroup:
    """Lets a broker coordinate a group. `codes` of a request are answered one after the other, then all goes well."""

    def __init__(self, broker: FakeBroker, codes: Mapping[Api, list[int]] | None = None) -> None:
        self.generation = 0
        self.assigned: list[list[tuple[str, list[int]]]] = []  # what the leader gave its only member, each time
        self.joined_as: list[str] = []  # member ids of the joins
        self._codes = {api: deque(found) for api, found in (codes or {}).items()}
        broker.on(Api.JOIN_GROUP, self._join)
        broker.on(Api.SYNC_GROUP, self._sync)
        broker.on(Api.HEARTBEAT, lambda asked: group.HeartbeatResponse_v1(0, self._code(asked.api)))
        broker.on(Api.LEAVE_GROUP, lambda asked: group.LeaveGroupResponse_v1(0, self._code(asked.api)))

    def then(self, api: Api, *codes: int) -> None:
        """Answer the next requests of this kind with these codes."""
        self._codes.setdefault(api, deque()).extend(codes)

    @property
    def waiting(self) -> bool:
        """Whether a code has not been answered yet."""
        return any(self._codes.values())

    def _code(self, api: Api) -> int:
        left = self._codes.get(api)
        return left.popleft() if left else 0

    def _join(self, asked: Asked) -> Answer:
        request: Any = asked.read(group.JoinGroupRequest_v5)
        self.joined_as.append(request.member_id)
        if code := self._code(asked.api):
            return group.JoinGroupResponse_v5(0, code, -1, "", "", MEMBER, [])
        self.generation += 1
        name, subscription = request.group_protocols[0]
        return group.JoinGroupResponse_v5(0, 0, self.generation, name, MEMBER, MEMBER, [(MEMBER, None, subscription)])

    def _sync(self, asked: Asked) -> Answer:
        request: Any = asked.read(group.SyncGroupRequest_v3)
        assignment = dict(request.group_assignment)[MEMBER]
        if code := self._code(asked.api):
            return group.SyncGroupResponse_v3(0, code, b"")
        self.assigned.append(list(ConsumerProtocol.ASSIGNMENT.decode(assignment).assignment))
        return group.SyncGroupResponse_v3(0, 0, assignment)
