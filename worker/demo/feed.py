"""What the demo publishes: two real histories woven into a simulated market, and what must become of each record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from worker.sources.datasets import DATASETS
from worker.sources.publisher import partition_of
from worker.sources.record import Record
from worker.sources.report import ReadReport
from worker.sources.simulation.simulator import Simulation, simulate
from worker.sources.source import open_dataset, read_records

FAULT_RATE = 0.01
ENDLESS = 1_000_000  # bars a symbol: more than any demo takes; they are made block by block
Place = tuple[int, int]  # (input partition, offset)


class Feed:
    """The records in the order of sending to an empty topic, and the ground truth of those that were sent.

    A record is counted as sent when the next one is requested, so the last one of an interrupted run is not counted.
    """

    def __init__(self, symbols: int, partitions: int, planned: int, seed: int = 1) -> None:
        """Plan for `planned` sent records; the real ones are spread over them."""
        self.expected: dict[Place, str] = {}  # labelled records → the code that must be among their rejection's
        self.ends: Counter[int] = Counter()  # records per partition
        self.real = 0
        self.simulated = 0
        self._partitions = partitions
        self._homes: dict[bytes, int] = {}
        self._market = simulate(Simulation(symbols, ENDLESS, seed, fault_rate=FAULT_RATE))
        report = ReadReport()
        histories = [list(read_records(open_dataset(name, None, report))) for name in DATASETS]
        self._real = [record for pair in zip(*histories, strict=True) for record in pair]
        self._every = max(planned // len(self._real), 2)

    @property
    def symbols(self) -> int:
        """Symbols that were sent."""
        return len(self._homes)

    def __iter__(self) -> Iterator[Record]:
        real = iter(self._real)
        for number, (record, label) in enumerate(self._market):
            if number % (self._every - 1) == 0 and (history := next(real, None)) is not None:
                yield history
                self._book(history, None)
                self.real += 1
            yield record
            self._book(record, label.reject)
            self.simulated += 1

    def _book(self, record: Record, code: str | None) -> None:
        partition = self._homes.get(record.key)
        if partition is None:
            partition = self._homes[record.key] = partition_of(record.key, self._partitions)
        if code is not None:
            self.expected[partition, self.ends[partition]] = code
        self.ends[partition] += 1
