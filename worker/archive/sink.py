"""What a place that keeps rows promises: rows and positions in one commit, and no commit over another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from worker.archive.rows.kinds import Kind

Positions = Mapping[int, int | None]  # partition → offset of the first record that is not kept; None: nothing was


class Conflict(Exception):
    """The table has gone on, or may have: load it, and compare before anything else."""


class StoreUnavailable(Exception):
    """The store gave no answer, or none that tells what became of the request: load the table when it answers."""


class Identity(NamedTuple):
    """Whose records a table holds."""

    cluster: str
    topic_id: str
    name: str  # of the archive

    def of(self, partition: int) -> str:
        """Return the id under which the position of a partition is kept."""
        return f"{self.cluster}/{self.topic_id}/{partition}/{self.name}"


class Kept(NamedTuple):
    """What a table and its companion hold of some partitions."""

    positions: dict[int, int | None]
    offsets: dict[int, NDArray[np.int64]]  # of all rows, ascending, repeats included
    unreadable: dict[int, int]  # how many of them lie in the companion


class Sink(Protocol):
    """One table and its companion. All methods block, and may run in any thread, one at a time."""

    kind: Kind

    def load(self, partitions: list[int]) -> dict[int, int | None]:
        """Read the table as it is now, and return the positions of some partitions.

        Raises:
            StoreUnavailable, AlphapulseError: the store does not answer, or the table is another one.
        """
        ...

    def append(self, rows: Any, unreadable: Any, before: Positions, after: Mapping[int, int]) -> None:
        """Append rows (two pyarrow Tables), and move the positions of all own partitions, in one commit.

        Raises:
            Conflict: the table has gone on since it was loaded: a position is not the one `before`.
            StoreUnavailable: whether the rows were kept is not known.
            AlphapulseError: no retry can help.
        """
        ...

    def look(self, partitions: list[int]) -> Kept:
        """Return what is kept, without making anything.

        Raises:
            StoreUnavailable, AlphapulseError: as `load`.
        """
        ...

    def close(self) -> None:
        """Release connections."""
        ...
