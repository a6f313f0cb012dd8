"""What a fleet does with its records: the parts of the work that the partition loop does not know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from aiokafka import TopicPartition
from numpy.typing import NDArray

from worker.engine.controls import Controls
from worker.engine.partition import SymbolState
from worker.engine.records.raw import RawRecords
from worker.kafka.records.outputs import Output, Prepared


class Keys(Protocol):
    """Which key's state lies in a slot."""

    def key(self, slot: int) -> bytes:
        """The key."""


class Fingerprints(Protocol):
    """What stored state must have been made with to be used again."""

    def of(self, symbol: str) -> str:
        """A symbol's fingerprint."""


class Engine(Protocol):
    """State of one partition and the step over a batch of its records; see `PartitionEngine`."""

    controls: Controls
    touched: NDArray[Any]

    @property
    def symbols(self) -> Keys:
        """Slots of the known symbols."""

    @property
    def fingerprints(self) -> Fingerprints:
        """Of the parameters in use."""

    @property
    def known(self) -> int:
        """Symbols with a state."""

    @property
    def most(self) -> int:
        """Symbols that it takes."""

    @property
    def spilled(self) -> int:
        """Symbols whose state is not in memory."""

    def step_raw(self, raw: RawRecords) -> Any:
        """The results of a batch, for the job's publisher."""

    def advance_raw(self, raw: RawRecords) -> None:
        """As `step_raw`, for the state alone."""

    def warm_again_raw(self, raw: RawRecords) -> None:
        """Rebuild `derived` parts from records that their `carry` parts contain already."""

    def reserve(self, symbols: int) -> None:
        """Make room."""

    def export(self, slot: int) -> SymbolState:
        """The state in a slot."""

    def load(self, key: bytes, carry: bytes, derived: bytes | None) -> int:
        """Set a symbol's state; returns its slot."""


class Publisher(Protocol):
    """Turns the results of one partition into records."""

    def outputs(self, raw: RawRecords, results: Any) -> Iterable[Output | Prepared]:
        """One output a record; in order within each topic."""

    def count(self, raw: RawRecords, results: Any) -> None:
        """Count a committed batch in the metrics."""


class Job(Protocol):
    """The work of one group's workers under one configuration."""

    version: str  # of the engine
    config_hash: str

    def warm_up(self) -> None:
        """Compile everything, or load it from the cache, before the group is joined."""

    def engine(self) -> Engine:
        """A new partition's engine, without any state."""

    def publisher(self, tp: TopicPartition, batch_bytes: int) -> Publisher:
        """The publisher for an input partition; no batch of records may be larger than `batch_bytes`."""
