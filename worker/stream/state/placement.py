"""The check of key placement: a key on another partition than murmur2's gives its symbol two states."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from aiokafka.partitioner import DefaultPartitioner
from numpy.typing import NDArray

from schemas.state import StateOwner
from worker.stream.job import Keys
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
EXAMPLES = 5  # keys in a report
NEXT = (
    "place keys by murmur2 in every producer (librdkafka: partitioner=murmur2_random), then publish the history "
    "into a new input under another topics.prefix and run another processing.group"
)
_place = DefaultPartitioner()
_TOLD: set[tuple[str, int]] = set()  # partitions about which this process has warned


def home(key: bytes, partitions: int) -> int:
    """Return the partition of a key by Java's default partitioner (murmur2)."""
    every = list(range(partitions))
    return int(_place(key, every, every))


class Placement:
    """The check of each symbol of a partition, once, at its first record: a producer may place keys otherwise."""

    def __init__(self, owner: StateOwner) -> None:
        """Create the check; `owner` has the input, its partition and the partition count."""
        self._owner = owner
        self._seen = np.ones(1, np.bool_)  # by slot; the last is for records without one
        self._misplaced = 0

    def note(self, slots: NDArray[np.int64], symbols: Keys) -> None:
        """Check the symbols in `slots` (-1: none) that are new."""
        most = int(slots.max(initial=-1)) + 1
        if most >= self._seen.size:
            grown = np.zeros(2 * most + 1, np.bool_)
            grown[: self._seen.size - 1], grown[-1] = self._seen[:-1], True
            self._seen = grown
        new = slots[~self._seen[slots]]
        if new.size:
            new = np.unique(new)
            self._seen[new] = True
            self._count([symbols.key(slot) for slot in new.tolist()])

    def _count(self, keys: Sequence[bytes]) -> None:
        topic, partition, partitions = self._owner.input, self._owner.partition, self._owner.partitions
        strangers = [key for key in keys if home(key, partitions) != partition]
        if not strangers:
            return
        self._misplaced += len(strangers)
        METRICS.keys_misplaced.labels(partition).set(self._misplaced)
        if (topic, partition) not in _TOLD:
            _TOLD.add((topic, partition))
            named = {"key": strangers[0].decode(errors="replace"), "murmur2": home(strangers[0], partitions)}
            log.warning(
                "a key is on a partition where murmur2 would not place it: one partitioner for all producers, or it "
                "gets two states",
                extra={"topic": topic, "partition": partition} | named,
            )


class Homes:
    """The partitions on which each key of a topic was seen."""

    def __init__(self) -> None:
        self._first: dict[bytes, int] = {}
        self._split: dict[bytes, set[int]] = {}

    def note(self, partition: int, keys: Iterable[bytes | None]) -> None:
        """Note that keys are on a partition."""
        for key in set(keys):
            if key is not None and (first := self._first.setdefault(key, partition)) != partition:
                self._split.setdefault(key, {first}).add(partition)

    @property
    def split(self) -> dict[str, list[int]]:
        """The keys on more than one partition, with these partitions, in key order."""
        return {key.decode(errors="replace"): sorted(found) for key, found in sorted(self._split.items())}


def told(split: Mapping[str, Sequence[int]]) -> str:
    """Return the report of these keys, with the fix."""
    named = [f"{key} on {' and '.join(map(str, found))}" for key, found in list(split.items())[:EXAMPLES]]
    more = f" and {len(split) - EXAMPLES} more" if len(split) > EXAMPLES else ""
    return (
        f"keys on two partitions: {', '.join(named)}{more}: producers with different partitioners, so that each symbol "
        f"has two states. Fix: {NEXT}"
    )
