"""Finished record batches of decisions, from columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.compiled.call import Call
from worker.engine.output.encoding.encoder import rows_as_bytes, view_as
from worker.engine.output.encoding.lanes import new_lanes
from worker.engine.output.encoding.layout import Layout
from worker.engine.output.encoding.layouts import Layouts
from worker.engine.output.encoding.lines import Rows
from worker.engine.output.voices import Voices
from worker.engine.records.raw import RawRecords
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import EngineSettings
from worker.wire.framing import HEADER, put_header
from worker.wire.headers import Headers
from worker.wire.records import Input, put_records

SMALL = 4_096  # bytes of an input, which bound its records well enough
VARINTS = 192  # bytes per record for its varints, numbers and times, and for what may be written past its end


class RecordBatch(NamedTuple):
    """A record batch (v2) without producer and CRC, with its number of records."""

    data: memoryview
    records: int


class DecisionWriter:
    """Writer of the decisions of one input partition."""

    def __init__(
        self,
        settings: EngineSettings,
        header_layout: Headers,
        max_batch: int,
        transactional: bool,
        names: ModelNames | None = None,
        voices: Voices | None = None,
    ) -> None:
        """Limit batches to `max_batch` bytes, unless the first record alone is larger."""
        if settings.decision.detail == "full":
            raise ValueError("decisions in full detail have no compiled writer")
        self._layouts = Layouts(settings, names, voices)
        self._headers, self._max, self._transactional = header_layout, max_batch, transactional
        self._puts: dict[int, tuple[Layout, Call]] = {}  # by the identity of a layout, which is kept with it
        self._times, self._lanes = np.zeros(2, np.int64), new_lanes()

    def batches(
        self, raw: RawRecords, bars: NDArray[Any], outs: NDArray[Any], rows: NDArray[np.int64]
    ) -> Iterator[RecordBatch]:
        """Yield the decisions of `rows` (of all three, each accepted) in order. Each batch has its own memory.

        Exhaust it before the next call.
        """
        source, seen = _input(raw), rows_as_bytes(bars, outs)
        for first, end, layout in self._layouts.runs(outs, rows):
            yield from self._alike(raw, seen, source, rows[first:end], layout)

    def _alike(
        self, raw: RawRecords, seen: Rows, source: Input, rows: NDArray[np.int64], layout: Layout
    ) -> Iterator[RecordBatch]:
        """Yield the decisions of rows that have one layout."""
        widest, times, done = self._widest(layout, raw), self._times, 0
        _, put = self._puts.get(id(layout)) or self._puts.setdefault(id(layout), (layout, Call(put_records)))
        while done < rows.size:
            buffer = np.empty(HEADER.size + min(self._max, widest * (rows.size - done)) + widest, np.uint8)
            arrays = buffer, rows, self._lanes, times
            size, count = put(arrays, self._max, done, layout, seen, source, self._headers)
            put_header(buffer, size, (int(times[0]), int(times[1])), count, self._transactional)
            yield RecordBatch(buffer.data[:size], count)
            done += count

    def _widest(self, layout: Layout, raw: RawRecords) -> int:
        most = raw.data.size
        if most > SMALL:
            most = int(raw.rows["headers_size"].max(initial=0)) + int(raw.rows["key_size"].max(initial=0))
        return layout.widest + self._headers.text.size + VARINTS + most


def _input(raw: RawRecords) -> Input:
    # numba compiles kernels again for writable arrays: make these read-only always.
    seen = raw.data.view(), view_as(raw.rows, np.dtype(np.uint8))
    for array in seen:
        array.flags.writeable = False
    return Input(*seen)
