"""Decoder of records into BAR rows; each fault of a record sets bits of its mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.tick import Tick, interval_ms
from worker.engine.bar import BAR
from worker.engine.reasons import Reject, bits
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.stages.ingestion.extras import NO_EXTRAS, ExtraReader
from worker.engine.stages.ingestion.formats import is_msgpack, unframed
from worker.engine.stages.ingestion.intervals import Intervals
from worker.engine.stages.ingestion.nesting import MAX_DEPTH, json_too_deep, msgpack_too_deep
from worker.engine.stages.ingestion.scanner import COLUMNS, scan
from worker.engine.stages.ingestion.settings import Settings

MALFORMED, MISSING = bits(Reject.malformed_record), bits(Reject.missing_field)
TOMBSTONE, NO_KEY = bits(Reject.tombstone), bits(Reject.missing_key)
MISMATCH, TOO_LARGE = bits(Reject.key_mismatch), bits(Reject.payload_too_large)
SPARE = 1 << 16  # bytes; for larger values near a buffer's end the exact decoder makes its own copy


class Decoded(NamedTuple):
    """A decoded batch of n records. Values that few records need are stored by row, only for those."""

    bars: NDArray[Any]  # BAR, shape (n,)
    symbols: dict[int, str | None]  # of the payload, where it differs from the key; None where it is unreadable
    has_ts: NDArray[np.bool_]  # False: the bar's ts is a filler
    details: dict[int, str]  # what is unreadable
    extras: NDArray[np.float64] = NO_EXTRAS  # (n, names of `engine.ingestion.extra`), NaN = not known; or none at all


def rows_of(decoded: Decoded, rows: NDArray[np.int64]) -> Decoded:
    """Return the decoded records of `rows`, without what only strategies read."""
    at = rows.tolist()
    return Decoded(
        decoded.bars[rows],
        {n: decoded.symbols[row] for n, row in enumerate(at) if row in decoded.symbols},
        decoded.has_ts[rows],
        {n: decoded.details[row] for n, row in enumerate(at) if row in decoded.details},
    )


class _Unreadable(Exception):
    """A record that holds no complete bar."""

    def __init__(self, mask: int, detail: str, tick: Tick | None = None) -> None:
        super().__init__(detail)
        self.mask, self.detail, self.tick = mask, detail, tick


class Decoder:
    """Decoder of records into bars. `intervals` gives the bar length in ms of symbols that have their own.

    `extra` are the names of the columns of `Decoded.extras`.
    """

    def __init__(self, settings: Settings, intervals: Mapping[str, int]) -> None:
        self._json = msgspec.json.Decoder(Tick)
        self._msgpack = msgspec.msgpack.Decoder(Tick)
        self._max_bytes = settings.max_payload_bytes
        self._intervals = Intervals(intervals, interval_ms(settings.interval))
        self._known: dict[str, int] = {}
        self._spare = np.zeros(SPARE, np.uint8)
        self.extra = settings.extra
        self._extra = ExtraReader(settings.extra) if settings.extra else None

    def decode(self, records: Records) -> Decoded:
        """Decode one BAR row per record, in order; never raise for the content of a record."""
        return self.decode_raw(raw_records(records))

    def decode_raw(self, raw: RawRecords) -> Decoded:
        """Decode raw records without per-record objects: compiled code reads what is certain, `_read` the rest."""
        bars, exact = np.empty(len(raw), BAR), np.empty(len(raw), np.bool_)
        integers, numbers = (bars.view(kind).reshape(len(raw), COLUMNS) for kind in (np.int64, np.float64))
        scan(*raw.arrays(), self._spare, integers, numbers, exact, self._max_bytes)
        decoded = Decoded(bars, {}, np.ones(len(raw), np.bool_), {})
        self._decode_rows(raw, np.flatnonzero(exact), decoded)
        unstated = bars["interval_ms"] == 0
        if unstated.any():
            bars["interval_ms"][unstated] = self._intervals.of_keys(raw.where(unstated))
        if self._extra is None:
            return decoded
        return decoded._replace(extras=self._extra.read(raw, bars["mask"], exact, self._spare))

    def _decode_rows(self, raw: RawRecords, rows: NDArray[np.int64], decoded: Decoded) -> None:
        if not rows.size:
            return
        bars: list[tuple[int | float, ...]] = []
        for row, key, value, ingest_ts in zip(rows.tolist(), *raw.where(rows).records(), strict=True):
            try:
                tick = self._read(key, value)
                mask = 0
            except _Unreadable as problem:
                tick, mask = problem.tick or Tick(), problem.mask
                decoded.symbols[row], decoded.details[row] = tick.symbol, problem.detail
            decoded.has_ts[row] = tick.ts is not None
            bars.append(self._bar(tick, ingest_ts, mask))
        decoded.bars[rows] = np.array(bars, BAR)

    def _bar(self, tick: Tick, ingest_ts: int, mask: int) -> tuple[int | float, ...]:
        ts, nan = tick.ts if tick.ts is not None else 0, np.nan
        prices = (nan if x is None else x for x in (tick.open, tick.high, tick.low, tick.close, tick.volume))
        return ts, self._interval(tick), ingest_ts, *prices, mask

    def _interval(self, tick: Tick) -> int:
        if tick.interval is None:
            return self._intervals.of(tick.symbol)
        if tick.interval not in self._known:
            self._known[tick.interval] = interval_ms(tick.interval)
        return self._known[tick.interval]

    def _read(self, key: bytes | None, value: bytes | None) -> Tick:
        if key is None:
            raise _Unreadable(NO_KEY, "the record has no key")
        if value is None:
            raise _Unreadable(TOMBSTONE, "the record has no value")
        if len(value) > self._max_bytes:
            raise _Unreadable(TOO_LARGE, f"{len(value)} bytes; at most {self._max_bytes} are read")
        tick = self._parse(unframed(value))
        if tick.symbol is not None and tick.symbol.encode() != key:
            raise _Unreadable(MISMATCH, "the key is not the payload's symbol", tick)
        if tick.symbol is None or tick.ts is None or None in (tick.open, tick.high, tick.low, tick.close, tick.volume):
            absent = [name for name in tick.__struct_fields__ if getattr(tick, name) is None and name != "interval"]
            raise _Unreadable(MISSING, f"missing: {', '.join(absent)}", tick)
        return tick

    def _parse(self, value: bytes) -> Tick:
        first = value[0] if value else 0
        is_map = is_msgpack(first)
        if msgpack_too_deep(value) if is_map else json_too_deep(value):
            raise _Unreadable(MALFORMED, f"nested deeper than {MAX_DEPTH}")
        try:
            return self._msgpack.decode(value) if is_map else self._json.decode(value)
        except MemoryError:
            raise
        # The decoder also raises UnicodeDecodeError and others; every record must end as a bar or a rejection.
        except Exception as problem:
            raise _Unreadable(MALFORMED, str(problem)) from None
