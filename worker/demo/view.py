"""One moment of the demo, as plain values: what a screen shows."""

from __future__ import annotations

from typing import NamedTuple


class Choice(NamedTuple):
    """A decision that is not `hold`."""

    symbol: str
    action: str
    score: float | None
    regime: str
    reasons: tuple[str, ...]


class WorkerRow(NamedTuple):
    """A worker process; `processed` counts its committed records."""

    name: str
    pid: int
    state: str
    partitions: tuple[int, ...]
    processed: int


class View(NamedTuple):
    """Counts since the beginning; rates in records per second over the last seconds."""

    seconds: float = 0.0
    workers: tuple[WorkerRow, ...] = ()
    published: int = 0
    published_rate: float = 0.0
    decided: int = 0
    decided_rate: float = 0.0
    rejected: int = 0
    lag: int = 0  # published and not yet committed by the group
    recent: tuple[Choice, ...] = ()  # oldest first
    reasons: tuple[tuple[str, int], ...] = ()  # rejections by reason, most frequent first
