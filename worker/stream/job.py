"""The interfaces of a fleet's job: the work on records that the partition loop does not know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from aiokafka import TopicPartition
from numpy.typing import NDArray

from schemas.state import StrategyState
from worker.engine.controls import Controls
from worker.engine.records.raw import RawRecords
from worker.engine.switching.keeping import SymbolState
from worker.kafka.records.outputs import Output, Prepared


class Keys(Protocol):
    """The keys of the slots."""

    def key(self, slot: int) -> bytes:
        """Return the key of a slot."""


class Fingerprints(Protocol):
    """The fingerprints that stored state must have to be reused."""

    def of(self, symbol: str) -> str:
        """Return the fingerprint of a symbol."""


class Engine(Protocol):
    """The state of one partition and the step over a batch of its records; see `PartitionEngine`."""

    controls: Controls
    touched: NDArray[Any]

    @property
    def symbols(self) -> Keys:
        """The slots of the known symbols."""

    @property
    def fingerprints(self) -> Fingerprints:
        """The fingerprints of the parameters in use."""

    @property
    def known(self) -> int:
        """The number of symbols with a state."""

    @property
    def most(self) -> int:
        """The limit of symbols."""

    @property
    def spilled(self) -> int:
        """The number of symbols whose state is not in memory."""

    def newest_time(self, key: bytes) -> int | None:
        """Return the newest decided time of a key, epoch ms UTC; None if nothing is known of it."""

    def step_raw(self, raw: RawRecords) -> Any:
        """Process a batch and return its results for the job's publisher."""

    def advance_raw(self, raw: RawRecords) -> None:
        """Process a batch like `step_raw`, but only change the state."""

    def warm_again_raw(self, raw: RawRecords) -> None:
        """Rebuild `derived` parts from records that the `carry` parts contain already."""

    def reserve(self, symbols: int) -> None:
        """Reserve space for so many symbols."""

    def export(self, slot: int) -> SymbolState:
        """Return the state in a slot."""

    def load(self, key: bytes, carry: bytes, derived: bytes | None, strategy: StrategyState | None = None) -> int:
        """Set a symbol's state and return its slot."""

    def wants_bars(self, slot: int) -> int | None:
        """Return how many bars of `warm_again_raw` a loaded state needs beside what its fingerprint says; None: none.

        0 is any number.
        """


class Publisher(Protocol):
    """The encoder of one partition's results as records."""

    def outputs(self, raw: RawRecords, results: Any) -> Iterable[Output | Prepared]:
        """Return one output per record, in order within each topic."""

    def count(self, raw: RawRecords, results: Any) -> None:
        """Count a committed batch in the metrics."""


class Job(Protocol):
    """The work of one group's workers under one configuration."""

    version: str  # of the engine
    config_hash: str

    def step(self, engines: Sequence[Any], raws: Sequence[RawRecords]) -> list[Any]:
        """Step several partitions' engines, each by records of its own, and return what `step_raw` of each would.

        An exception is in the place of results that there are not.
        """

    def warm_up(self) -> None:
        """Compile everything, or load it from the cache, before the group is joined."""

    def engine(self) -> Engine:
        """Create a partition's engine, without state."""

    def publisher(self, tp: TopicPartition, batch_bytes: int) -> Publisher:
        """Create an input partition's publisher; no batch of records may exceed `batch_bytes`."""
