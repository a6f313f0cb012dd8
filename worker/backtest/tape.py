"""Tapes, the input of a backtest: each symbol's records in input order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.state import JournalEntry
from schemas.tick import Tick, encode_tick
from worker.engine.records.records import Records
from worker.engine.stages.ingestion import NO_EXTRAS, Decoded, Decoder

Key: TypeAlias = "bytes | None"
Raw = tuple[Key, bytes | None, int]  # key, value, timestamp in epoch ms
Columns = Mapping[str, NDArray[np.float64]]
# Symbol, interval as in the records, BAR rows that need no decoding (finite numbers and times, a valid symbol and
# interval), and extra columns by name.
Bars = tuple[bytes, str, NDArray[Any], Columns]


class Journal(NamedTuple):
    """The journal of an input partition."""

    partition: int
    entries: Sequence[JournalEntry]


class RawPart(NamedTuple):
    """Records as in a topic."""

    key: Key
    values: list[bytes | None]
    timestamps: list[int]

    def __len__(self) -> int:
        return len(self.values)

    def between(self, start: int, stop: int) -> RawPart:
        """Return the records `start` to `stop`."""
        return RawPart(self.key, self.values[start:stop], self.timestamps[start:stop])

    def read(self, decoder: Decoder, start: int, stop: int) -> Decoded:
        """Decode the records `start` to `stop`."""
        return decoder.decode(self.records(range(start, min(stop, len(self)))))

    def records(self, rows: Sequence[int]) -> Records:
        """Return the records of `rows`, unchanged."""
        return Records([self.key] * len(rows), [self.values[r] for r in rows], [self.timestamps[r] for r in rows])


class BarPart(NamedTuple):
    """Bars; records are made only on request, for rejected bars."""

    key: bytes
    interval: str
    bars: NDArray[Any]
    extra: Columns = MappingProxyType({})  # finite or NaN

    def __len__(self) -> int:
        return len(self.bars)

    def between(self, start: int, stop: int) -> BarPart:
        """Return the bars `start` to `stop`."""
        return BarPart(self.key, self.interval, self.bars[start:stop], _of_rows(self.extra, slice(start, stop)))

    def read(self, decoder: Decoder, start: int, stop: int) -> Decoded:
        """Return the bars as decoded from their records."""
        bars = self.bars[start:stop]
        return Decoded(bars, {}, np.ones(len(bars), np.bool_), {}, self._extras(decoder.extra, start, stop))

    def _extras(self, names: Sequence[str], start: int, stop: int) -> NDArray[np.float64]:
        if not self.extra or not names:
            return NO_EXTRAS
        unknown = np.full(len(self), np.nan)
        return np.stack([self.extra.get(name, unknown)[start:stop] for name in names], axis=1)

    def records(self, rows: Sequence[int]) -> Records:
        """Return the records that `publish` would send."""
        at = np.asarray(rows, np.int64)
        bars, extra = self.bars[at], _of_rows(self.extra, at)
        values: list[bytes | None] = []
        for n, (ts, _, _, open_, high, low, close, volume, _) in enumerate(bars.tolist()):
            tick = Tick(self.key.decode(), ts, open_, high, low, close, volume, self.interval)
            values.append(encode_tick(tick, {name: float(column[n]) for name, column in extra.items()}))
        return Records([self.key] * len(rows), values, bars["ingest_ts"].tolist())


def _of_rows(extra: Columns, rows: slice | NDArray[np.int64]) -> Columns:
    return {name: column[rows] for name, column in extra.items()}


def first(bars: Bars, count: int) -> Bars:
    """Return the first `count` of some bars."""
    key, interval, rows, extra = bars
    return key, interval, rows[:count], _of_rows(extra, slice(count))


@dataclass
class Tape:
    """All records of one key. Keys share no state, so each tape can be run by itself."""

    key: Key
    parts: list[RawPart | BarPart] = field(default_factory=list)
    journal: Journal | None = None  # with `offsets`, one a record: what the records met in a live partition
    offsets: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def name(self) -> str:
        """The symbol, for people."""
        return "(no key)" if self.key is None else self.key.decode(errors="replace")

    def add(self, value: bytes | None, timestamp: int) -> None:
        """Append a record."""
        last = self.parts[-1] if self.parts else None
        if not isinstance(last, RawPart):
            last = RawPart(self.key, [], [])
            self.parts.append(last)
        last.values.append(value)
        last.timestamps.append(timestamp)

    def join(self) -> None:
        """Join neighbouring bars to one part: files hold few of a symbol in a row, and no slice spans two parts."""
        joined: list[RawPart | BarPart] = []
        for alike, parts in groupby(self.parts, _alike):
            run = list(parts)
            joined += run if alike is None or len(run) == 1 else [_joined(self.key or b"", run)]
        self.parts = joined

    def between(self, start: int, stop: int) -> Tape:
        """Return the records `start` to `stop` (exclusive) as a tape."""
        cut, seen = Tape(self.key, journal=self.journal, offsets=self.offsets[start:stop]), 0
        for part in self.parts:
            first, last = max(start - seen, 0), max(min(stop - seen, len(part)), 0)
            if first < last:
                cut.parts.append(part.between(first, last))
            seen += len(part)
        return cut

    def record(self, row: int) -> Raw:
        """Return one record."""
        for part in self.parts:
            if row < len(part):
                [(key, value, timestamp)] = zip(*part.records([row]), strict=True)
                return key, value, timestamp
            row -= len(part)
        raise IndexError("the tape is shorter")

    def slices(self, size: int) -> Iterator[tuple[RawPart | BarPart, int, int]]:
        """Yield (part, start, stop) of at most `size` records each, in order."""
        for part in self.parts:
            for start in range(0, len(part), size):
                yield part, start, min(start + size, len(part))


def _alike(part: RawPart | BarPart) -> tuple[str, ...] | None:
    return (part.interval, *part.extra) if isinstance(part, BarPart) else None


def _joined(key: bytes, run: Sequence[RawPart | BarPart]) -> BarPart:
    parts = [part for part in run if isinstance(part, BarPart)]
    extra = {name: np.concatenate([part.extra[name] for part in parts]) for name in parts[0].extra}
    return BarPart(key, parts[0].interval, np.concatenate([part.bars for part in parts]), extra)


def tapes(records: Iterable[Raw | Bars]) -> list[Tape]:
    """Return one tape per key, in the order of the keys' first records."""
    found: dict[Key, Tape] = {}
    for given in records:
        tape = found.get(given[0])
        if tape is None:
            tape = found[given[0]] = Tape(given[0])
        if isinstance(given[2], int):
            tape.add(given[1], given[2])
        else:
            tape.parts.append(BarPart(*given))
    for tape in found.values():
        tape.join()
    return list(found.values())
