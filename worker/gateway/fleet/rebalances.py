"""The rebalances of a group, noticed from look to look."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from worker.kafka.asking import Group

KEPT = 200
REST = ("Stable", "Empty", "Dead")


class Rebalance(NamedTuple):
    """One rebalance."""

    ts: int  # epoch ms at which it was first seen
    members: int  # after it
    seconds: float | None  # for which it was seen to last; None where it passed between two looks


class Rebalances:
    """Counts since the first look. Generations that a worker's probe names count those that no look has seen."""

    def __init__(self) -> None:
        self.seen: deque[Rebalance] = deque(maxlen=KEPT)
        self.count = 0
        self._before: frozenset[object] | None = None
        self._begun: tuple[float, int] | None = None
        self._generation = 0

    def note(self, now: float, ts: int, group: Group, generation: int | None) -> None:
        """Look at the group at a time in seconds and in epoch ms."""
        if group.state not in REST:
            self._begun = self._begun or (now, ts)
            return
        owned = frozenset((member.member_id, tuple(sorted(member.assignment.items()))) for member in group.members)
        further = max((generation or 0) - self._generation, 0) if self._generation else 0
        self._generation = max(self._generation, generation or 0)
        changed = self._before is not None and owned != self._before
        if self._begun or changed or further:
            self.count += max(further, 1)
            began, at = self._begun or (None, ts)
            seconds = None if began is None else round(now - began, 2)
            self.seen.append(Rebalance(at, len(group.members), seconds))
        self._before, self._begun = owned, None
