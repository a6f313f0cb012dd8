"""`pass` and `zscore` as jobs of this worker's runtime: its clients, transactions and snapshots, with little to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from aiokafka import TopicPartition
from numpy.typing import NDArray

from schemas.state import StrategyState
from tests.bench.peers.light_kernels import WIDTH, check, put_outputs
from worker.engine.controls import Controls
from worker.engine.output.encoding.encoder import view_as
from worker.engine.pipeline import params
from worker.engine.records.key_table import KeyTable
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoder
from worker.engine.switching.keeping import SymbolState
from worker.kafka.records.outputs import Prepared
from worker.kafka.seams.fast.sending import FinishedBatch
from worker.settings import Settings
from worker.wire.framing import put_header
from worker.wire.records import Input
from worker.wire.writer import RecordBatch

SLOTS = 64
ROOM = 256  # bytes of a record beside its key, written twice; and what kernels may write behind
CARRY = b"\0"


class Checked(NamedTuple):
    """Results of a batch: its bars, whether each is consistent, its z-score."""

    bars: NDArray[Any]
    ok: NDArray[np.bool_]
    z: NDArray[np.float64]


class Windows:
    """One window a symbol."""

    def __init__(self) -> None:
        self.rows = np.zeros((SLOTS, WIDTH))
        self._slots: dict[bytes, int] = {}
        self._keys: list[bytes] = []
        self._table = KeyTable(SLOTS)

    def __len__(self) -> int:
        return len(self._keys)

    def key(self, slot: int) -> bytes:
        """The symbol of a slot."""
        return self._keys[slot]

    def reserve(self, symbols: int) -> None:
        """Make room."""
        while len(self.rows) < symbols:
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
            self._table.reserve(len(self.rows))

    def add(self, key: bytes) -> int:
        """The slot of a symbol, a new one when it has none."""
        if key not in self._slots:
            self.reserve(len(self) + 1)
            self._slots[key] = len(self)
            self._table.put(key, len(self))
            self._keys.append(key)
        return self._slots[key]

    def slots(self, raw: RawRecords) -> NDArray[np.int64]:
        """Of each record's key; new ones get one."""
        found, wanted = np.empty(len(raw), np.int64), np.ones(len(raw), np.bool_)
        row = self._table.find(raw, wanted, found)
        while row < len(raw):
            found[row] = self.add(raw.key(row) or b"")
            row = self._table.find(raw, wanted, found, row + 1)
        return found


class Meaning:
    """One fingerprint for all."""

    def of(self, _symbol: str) -> str:
        """It never changes."""
        return "window-100"


class LightEngine:
    """Implements `worker.stream.job.Engine`; without windows it has no state."""

    def __init__(self, settings: EngineSettings, rolling: bool) -> None:
        self._decoder, self._rolling = Decoder(settings.ingestion, {}), rolling
        self.controls = Controls(params(settings).risk.limits)
        self.symbols, self.fingerprints = Windows(), Meaning()
        self.touched = np.zeros(0, np.int64)

    @property
    def known(self) -> int:
        """Symbols with a window."""
        return len(self.symbols)

    @property
    def most(self) -> int:
        """As many as come."""
        return sys.maxsize

    @property
    def spilled(self) -> int:
        """None: windows stay in memory."""
        return 0

    def newest_time(self, key: bytes) -> int | None:
        """None: windows have no times, and this job has no corporate actions."""

    def step_raw(self, raw: RawRecords) -> Checked:
        """Check each bar and add it to its window."""
        bars = self._decoder.decode_raw(raw).bars
        slots = self.symbols.slots(raw) if self._rolling else np.full(len(raw), -1, np.int64)
        ok, z = np.empty(len(raw), np.bool_), np.zeros(len(raw))
        check(view_as(bars, np.dtype(np.float64)), view_as(bars, np.dtype(np.int64)), slots, self.symbols.rows, ok, z)
        self.touched = slots
        return Checked(bars, ok, z)

    def advance_raw(self, raw: RawRecords) -> None:
        """For the state alone."""
        self.step_raw(raw)

    def warm_again_raw(self, raw: RawRecords) -> None:
        """Windows are never rebuilt: their fingerprint does not change."""

    def reserve(self, symbols: int) -> None:
        """Make room."""
        self.symbols.reserve(symbols)

    def export(self, slot: int) -> SymbolState:
        """A window."""
        return SymbolState(CARRY, self.symbols.rows[slot].tobytes())

    def load(self, key: bytes, carry: bytes, derived: bytes | None, strategy: StrategyState | None = None) -> int:
        """Set a window."""
        slot = self.symbols.add(key)
        self.symbols.rows[slot] = 0.0 if derived is None else np.frombuffer(derived)
        return slot

    def wants_bars(self, slot: int) -> int | None:
        """No bars must rebuild a window beside what the fingerprint says."""
        return None


class LightPublisher:
    """Implements `worker.stream.job.Publisher`."""

    def __init__(self, topic: str, batch_bytes: int, transactional: bool, rolling: bool) -> None:
        self._topic, self._limit = topic, batch_bytes
        self._transactional, self._rolling = transactional, rolling

    def outputs(self, raw: RawRecords, results: Checked) -> Iterator[Prepared]:
        """One record for each bar."""
        source = Input(raw.data, view_as(raw.rows, np.dtype(np.uint8)))
        numbers, integers = (view_as(results.bars, np.dtype(kind)) for kind in (np.float64, np.int64))
        widest, times, done = ROOM + 2 * int(raw.rows["key_size"].max(initial=0)), np.zeros(2, np.int64), 0
        limit = self._limit - widest
        while done < len(raw):
            buffer = np.empty(min(self._limit, widest * (len(raw) - done)) + widest, np.uint8)
            size, count = put_outputs(
                buffer, limit, done, numbers, integers, results.ok, results.z, self._rolling, source, times
            )
            put_header(buffer, size, (int(times[0]), int(times[1])), count, self._transactional)
            yield Prepared(self._topic, FinishedBatch(RecordBatch(buffer.data[:size], count)))
            done += count

    def count(self, raw: RawRecords, results: Checked) -> None:
        """No metrics of decisions: there are none."""


class LightJob:
    """Implements `worker.stream.job.Job`."""

    version = "light"

    def __init__(self, settings: Settings, rolling: bool) -> None:
        self._settings, self._rolling = settings, rolling
        self.config_hash = f"light-{'zscore' if rolling else 'pass'}"

    def warm_up(self) -> None:
        """Compile by one record that goes all the way."""
        bar = b'{"symbol":"A","ts":0,"open":1.5,"high":1.75,"low":1.25,"close":1.5,"volume":10,"interval":"1m"}'
        raw = raw_records(Records([b"A"], [bar], [60_000]))
        raw = RawRecords(np.frombuffer(raw.data.tobytes(), np.uint8), raw.rows)
        for _ in self.publisher(TopicPartition("", 0), 1 << 16).outputs(raw, self.engine().step_raw(raw)):
            pass

    def engine(self) -> LightEngine:
        """The engine of a partition."""
        return LightEngine(EngineSettings(), self._rolling)

    def step(self, engines: Sequence[LightEngine], raws: Sequence[RawRecords]) -> list[Checked]:
        """One after the other: a call is cheap."""
        return [engine.step_raw(raw) for engine, raw in zip(engines, raws, strict=True)]

    def publisher(self, _tp: TopicPartition, batch_bytes: int) -> LightPublisher:
        """The publisher of a partition."""
        transactional = self._settings.processing.guarantee == "exactly_once"
        return LightPublisher(self._settings.topics.output, batch_bytes, transactional, self._rolling)
