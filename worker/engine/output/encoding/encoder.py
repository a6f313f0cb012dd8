"""Encoder of the accepted rows of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import BAR
from worker.engine.output.encoding.lanes import new_lanes
from worker.engine.output.encoding.layout import SPARE
from worker.engine.output.encoding.layouts import Layouts
from worker.engine.output.encoding.lines import Rows, put_lines
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.output.voices import Voices
from worker.engine.pipeline import OUTPUT
from worker.engine.records.records import Records
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded

Column = NDArray[Any]


class EncodedLines(NamedTuple):
    """Lines of JSON, one per row: `text[ends[row - 1]:ends[row]]`, its line feed included."""

    text: memoryview
    ends: NDArray[np.int64]


class DecisionEncoder:
    """Encoder of one configuration's decisions, byte for byte as `msgspec` encodes those of `OutcomeBuilder`."""

    def __init__(self, settings: EngineSettings, names: ModelNames | None = None, voices: Voices | None = None) -> None:
        self._layouts = Layouts(settings, names, voices)
        self._builder = OutcomeBuilder(settings, names, voices)
        self._full = settings.decision.detail == "full"
        self._buffer, self._lanes = np.zeros(0, np.uint8), new_lanes()

    def warm_up(self) -> None:
        """Compile the kernel, or load it from the cache."""
        self.encode(np.zeros(0, BAR), np.zeros(0, OUTPUT), [])

    def lines(self, bars: Column, outs: Column, symbols: Sequence[str]) -> bytes:
        """Encode one line per row: BAR rows, output rows (all accepted), and the rows' symbols."""
        return self._exact(bars, outs, symbols) if self._full else bytes(self.encode(bars, outs, symbols).text)

    def lines_of(self, bars: Column, outs: Column, symbol: str) -> bytes | memoryview:
        """Encode rows of one symbol as `lines`; valid until the next call."""
        if self._full:
            return self._exact(bars, outs, [symbol] * len(bars))
        spans = np.empty((len(bars), 2), np.int64)
        spans[:] = 0, len(symbol)
        return self._encode(bars, outs, np.frombuffer(symbol.encode("ascii"), np.uint8), spans).text

    def encode(self, bars: Column, outs: Column, symbols: Sequence[str]) -> EncodedLines:
        """Encode as `lines` and return the end of each line too; not with `detail=full`.

        The text is valid until the next call.
        """
        return self._encode(bars, outs, *_names(symbols))

    def _encode(self, bars: Column, outs: Column, names: NDArray[np.uint8], spans: NDArray[np.int64]) -> EncodedLines:
        ends = np.zeros(len(bars), np.int64)
        parts = list(self._layouts.runs(outs, np.arange(len(outs))))
        needed = sum((end - first) * layout.widest for first, end, layout in parts) + SPARE
        if self._buffer.size < needed:
            self._buffer = np.empty(needed, np.uint8)
        done = 0
        for first, end, layout in parts:
            rows, room = rows_as_bytes(bars[first:end], outs[first:end]), self._buffer[done:]
            put_lines(room, layout, rows, names, spans[first:end], ends[first:end], self._lanes)
            ends[first:end] += done
            done = int(ends[end - 1]) if end else 0
        return EncodedLines(self._buffer[:done].data, ends)

    def _exact(self, bars: Column, outs: Column, symbols: Sequence[str]) -> bytes:
        count = len(bars)
        records = Records([symbol.encode() for symbol in symbols], [None] * count, [0] * count)
        decoded = Decoded(bars, {}, np.ones(count, np.bool_), {})
        return msgspec.json.Encoder().encode_lines(self._builder.build(records, decoded, outs))


def rows_as_bytes(bars: Column, outs: Column) -> Rows:
    """Return the rows' memory, contiguous."""
    return Rows(view_as(outs, np.dtype(np.uint8)), view_as(bars, np.dtype(np.uint8)))


def view_as(rows: Column, kind: np.dtype[Any]) -> Column:
    """Return the memory of structured rows as an array of one type, shape (n, items per row)."""
    return np.ascontiguousarray(rows).view(kind).reshape(len(rows), rows.dtype.itemsize // kind.itemsize)


def _names(symbols: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the symbols' text, and each row's span in it."""
    ends = np.cumsum(np.fromiter(map(len, symbols), np.int64, len(symbols)), dtype=np.int64)
    spans = np.stack([np.concatenate(([0], ends[:-1])) if ends.size else ends, ends], axis=1)
    return np.frombuffer("".join(symbols).encode("ascii"), np.uint8), spans
