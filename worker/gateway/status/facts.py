"""What the sentence is made of."""

from __future__ import annotations

from typing import NamedTuple


class Restoring(NamedTuple):
    """A partition that restores its state."""

    partition: int
    share: float | None  # of the way


class Facts(NamedTuple):
    """The figures of one moment; the usual ones are those of a fleet in good health."""

    silent_s: float = 0.0  # for which no topic could be read
    unseen_s: float = 0.0  # for which the group could not be looked at
    problem: str | None = None  # why
    known: bool = True  # the group has been looked at lately
    group_state: str = "Stable"
    unrest_s: float = 0.0  # for which the group has been rebalancing
    workers: int = 1
    partitions: int = 1
    unowned: tuple[int, ...] = ()
    stalled: tuple[int, ...] = ()
    restoring: tuple[Restoring, ...] = ()
    lag_records: int = 0
    lag_seconds: float = 0.0
    lag_grows: bool = False
    decisions_per_s: float = 0.0
    p99_ms: float | None = None
    rejected_share: float | None = None  # over ten minutes
    rejected: int = 0
    lost: int = 0
    missing: str = ""  # the newest gap, in words
    sequences: int = 0  # records whose sequence numbers were compared
    kill: bool = False
    monitor: str = "none"
    monitor_behind_s: float = 0.0
    blocking: tuple[str, ...] = ()  # why the monitor lets nothing be opened
