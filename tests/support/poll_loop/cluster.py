"""The input of a group, what it has committed of it, and what came out."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, NamedTuple, TypeAlias

from aiokafka import TopicPartition

from tests.support.counting import Counted
from worker.kafka.protocol.offsets import Position
from worker.settings import ProcessingSettings, Settings, StateSettings
from worker.stream.state.checkpoint import Checkpoint, committed

TOPIC, SYMBOLS = "ticks.raw", 3
STEP = 0.001  # seconds that a broker takes

Fault: TypeAlias = "str | Exception"


class Row(NamedTuple):
    """A record of the input."""

    offset: int
    key: bytes
    timestamp: int = 1
    value: bytes = b"bar"
    headers: tuple[()] = ()


class Input:
    """A partition of the input: its records, what the group has committed of it, and what came out."""

    def __init__(self, tp: TopicPartition) -> None:
        self.tp = tp
        self.rows: list[Row] = []
        self.end = self.start = 100
        self.committed: Position | None = None
        self.outputs: list[Counted] = []
        self.owner = 0  # number of the newest one; former ones are fenced
        self.faults: list[Fault] = []  # of the next commits: see `FakeSink`
        self.seconds = STEP  # that a commit takes
        self.refusals: list[Exception] = []  # of the next openings and questions
        self.openings = 0
        self.answers = asyncio.Event()  # unless it is set, openings and questions wait
        self.answers.set()
        self.hears = asyncio.Event()  # what is deaf to its first cancellation ends when it is set

    def produce(self, count: int) -> None:
        """Append records."""
        for _ in range(count):
            self.rows.append(Row(self.end, b"S%d" % (self.end * self.end % SYMBOLS)))
            self.end += 1

    def marker(self) -> None:
        """Append what is no record, as the end of a producer's transaction."""
        self.end += 1

    def between(self, start: int, stop: int) -> list[Row]:
        """Records from `start` on, before `stop`."""
        return [row for row in self.rows if start <= row.offset < stop]

    def expected(self, stop: int) -> list[Counted]:
        """What comes out for all records before `stop`."""
        counts: Counter[bytes] = Counter()
        found = []
        for row in self.between(0, stop):
            counts[row.key] += 1
            found.append((row.offset, row.key, counts[row.key]))
        return found

    @property
    def offset(self) -> int:
        """The next offset, as the group has it."""
        return self.start if self.committed is None else self.committed.offset


class Cluster:
    """The inputs and outputs of one group, and what was found to be against a rule.

    What a rule of the loop forbids is noted in `broken`: an exception would be taken for one of the broker's.
    """

    def __init__(self, partitions: int = 1, guarantee: str = "exactly_once", **processing: Any) -> None:
        self.inputs = {tp: Input(tp) for tp in (TopicPartition(TOPIC, n) for n in range(partitions))}
        self.broken: list[str] = []
        self.transactional = guarantee == "exactly_once"
        self.saves = 0
        self.changed = asyncio.Event()  # the inputs
        self.settings = Settings(
            processing=ProcessingSettings(
                **{"group": "g", "guarantee": guarantee, "max_batch_records": 10, "shutdown_timeout_ms": 10_000}
                | processing
            ),
            state=StateSettings(save_records=1_000, save_offsets=1_000, idle_flush_ms=1_000),
        )

    @property
    def first(self) -> Input:
        """The only input of most tests."""
        return next(iter(self.inputs.values()))

    def rule(self, holds: bool, broken: str) -> None:
        """Note a rule that does not hold."""
        if not holds:
            self.broken.append(broken)

    def produce(self, count: int, number: int = 0) -> None:
        """Append records to an input."""
        self.inputs[TopicPartition(TOPIC, number)].produce(count)
        self.changed.set()

    def rival(self, of: Input, records: int) -> None:
        """Another member takes a partition over and processes some of it."""
        of.owner += 1
        stop = min([row.offset for row in of.between(of.offset, of.end)][records:], default=of.end)
        if not records or stop <= of.offset:
            return
        of.outputs += [counted for counted in of.expected(stop) if counted[0] >= of.offset]
        found = committed(of.committed)
        origin = found.checkpoint.origin if found and found.checkpoint else of.start
        checkpoint = Checkpoint(origin, stop, 0, len(self.inputs), offset=stop)
        of.committed = Position(stop, text=checkpoint.text)

    def check(self) -> None:
        """No rule was broken, and each record before the committed offset has its one output."""
        assert not self.broken, self.broken
        for of in self.inputs.values():
            expected = of.expected(of.offset)
            if self.transactional:
                assert of.outputs == expected
            else:
                assert set(of.outputs) >= set(expected)
                assert set(of.outputs) <= set(of.expected(of.end))
