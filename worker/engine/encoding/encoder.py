"""Encodes the accepted rows of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import BAR
from worker.engine.encoding.layout import layout
from worker.engine.encoding.lines import Views, put_lines
from worker.engine.outcomes import OutcomeBuilder
from worker.engine.pipeline import OUTPUT
from worker.engine.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded

Rows = NDArray[Any]
TYPES = (np.float64, np.int64, np.uint32, np.int16, np.int8, np.uint8)


class Encoded(NamedTuple):
    """Lines of JSON, one a row: `text[ends[row - 1]:ends[row]]`, its line feed included."""

    text: memoryview
    ends: NDArray[np.int64]


class DecisionEncoder:
    """Writes decisions of one configuration as `msgspec.json.encode` writes what `OutcomeBuilder` builds."""

    def __init__(self, settings: EngineSettings) -> None:
        self._layout = layout(settings.config_hash())
        self._builder = OutcomeBuilder(settings)
        self._full = settings.decision.detail == "full"
        self._buffer = np.zeros(0, np.uint8)

    def warm_up(self) -> None:
        """Compile the kernel, or load it from the cache."""
        self.encode(np.zeros(0, BAR), np.zeros(0, OUTPUT), [])

    def lines(self, bars: Rows, outs: Rows, symbols: Sequence[str]) -> bytes:
        """One line a row: BAR rows, output rows (all accepted), and the rows' symbols."""
        if self._full or not len(bars) or outs["decision"]["control_all_version"].any():
            return self._exact(bars, outs, symbols)
        return bytes(self.encode(bars, outs, symbols).text)

    def encode(self, bars: Rows, outs: Rows, symbols: Sequence[str]) -> Encoded:
        """The same with where each line ends, but not with `detail=full` nor under limits for all symbols.

        The text is valid until the next call.
        """
        names, spans, owners = _names(symbols)
        needed = len(bars) * (self._layout.widest + 12 * max(map(len, symbols), default=0))
        if self._buffer.size < needed:
            self._buffer = np.empty(needed, np.uint8)
        ends = np.zeros(len(bars), np.int64)
        steps, text, words, places, _ = self._layout
        put_lines(self._buffer, steps, text, words, places, views(bars, outs), names, spans, owners, ends)
        return Encoded(self._buffer[: ends[-1] if ends.size else 0].data, ends)

    def _exact(self, bars: Rows, outs: Rows, symbols: Sequence[str]) -> bytes:
        count = len(bars)
        records = Records([None] * count, [None] * count, [0] * count)
        decoded = Decoded(bars, list(symbols), [True] * count, {})
        return msgspec.json.Encoder().encode_lines(self._builder.build(records, decoded, outs))


def views(bars: Rows, outs: Rows) -> Views:
    """The rows' memory as two-dimensional arrays; both dtypes are aligned to 8 bytes."""
    out_views = (_view(outs, np.dtype(kind)) for kind in TYPES)
    return Views(*out_views, *(_view(bars, np.dtype(kind)) for kind in (np.float64, np.int64)))


def _view(rows: Rows, kind: np.dtype[Any]) -> Rows:
    return np.ascontiguousarray(rows).view(kind).reshape(len(rows), rows.dtype.itemsize // kind.itemsize)


def _names(symbols: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct symbols as JSON text without quotes, their spans in it, and the span of each row."""
    index = {symbol: n for n, symbol in enumerate(dict.fromkeys(symbols))}
    texts = [msgspec.json.encode(symbol)[1:-1] for symbol in index]
    sizes = np.array([len(text) for text in texts], np.int64)
    ends = np.cumsum(sizes)
    owners = np.fromiter(map(index.__getitem__, symbols), np.int64, len(symbols))
    return np.array(list(b"".join(texts)), np.uint8), np.stack([ends - sizes, ends], axis=1), owners
