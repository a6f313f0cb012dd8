"""What routing remembers: alerts that are open or still to be told as ended, their groups, and the pace of messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from schemas.alert import Alert
from schemas.silence import Silence
from worker.alerts.evaluation.series import Table


class Member(msgspec.Struct, array_like=True):
    """An alert in its group."""

    alert: Alert
    group: str
    told: bool = False  # whether a message has said that it fires
    level: int = 0  # further receivers that it was escalated to


class Group(msgspec.Struct, array_like=True):
    """Alerts that are told together."""

    route: int
    rule: str
    labels: dict[str, str]
    due: int | None = None  # when changes are told, epoch ms; None while there are none
    sent: int | None = None  # when a message was written last


class Pace(msgspec.Struct, array_like=True):
    """When alerts of a rule were told by a route within the last minute, and how many each time."""

    told: list[tuple[int, int]] = []


class Memory:
    """All of it, in the state."""

    def __init__(self, stored: Mapping[str, bytes]) -> None:
        """Begin with what is stored.

        Raises:
            DataError: it can't be read.
        """
        self.members = Table("member", Member, stored)
        self.groups = Table("group", Group, stored)
        self.paces = Table("pace", Pace, stored)
        self.silences = Table("silence", Silence, stored)
        self.inside: defaultdict[str, set[str]] = defaultdict(set)  # fingerprints by group
        for mark, member in self.members.items():
            self.inside[member.group].add(mark)

    def within(self, group: str) -> list[tuple[str, Member]]:
        """Return a group's members in the order of their fingerprints."""
        found = [(mark, self.members.get(mark)) for mark in sorted(self.inside.get(group, ()))]
        return [(mark, member) for mark, member in found if member is not None]

    def leave(self, mark: str) -> None:
        """Remove a member, and its group after the last one."""
        member = self.members.get(mark)
        if member is None:
            return
        self.members.drop(mark)
        self.inside[member.group].discard(mark)
        if not self.inside[member.group]:
            del self.inside[member.group]
            self.groups.drop(member.group)
