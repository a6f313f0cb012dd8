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
        self._ahead = 0  # rebalances that looks have seen, and no generation yet

    def lasts(self, now: float) -> float:
        """Return for how many seconds the present rebalance has been seen; 0 without one."""
        return now - self._begun[0] if self._begun else 0.0

    def note(self, now: float, ts: int, group: Group, generation: int | None) -> None:
        """Look at the group at a time in seconds and in epoch ms."""
        if group.state not in REST:
            self._begun = self._begun or (now, ts)
            return
        owned = frozenset((member.member_id, tuple(sorted(member.assignment.items()))) for member in group.members)
        seen = bool(self._begun) or (self._before is not None and owned != self._before)
        unseen = self._unseen(generation or 0, seen)
        if seen or unseen:
            self.count += seen + unseen
            began, at = self._begun or (None, ts)
            seconds = None if began is None else round(now - began, 2)
            self.seen.append(Rebalance(at, len(group.members), seconds))
        self._before, self._begun = owned, None

    def _unseen(self, generation: int, seen: bool) -> int:
        """Return how many generations have passed that no look has seen: a probe may tell of one a look later."""
        self._ahead += seen
        if generation <= self._generation:
            return 0
        passed = generation - self._generation if self._generation else self._ahead
        self._generation = generation
        unseen, self._ahead = max(passed - self._ahead, 0), max(self._ahead - passed, 0)
        return unseen
