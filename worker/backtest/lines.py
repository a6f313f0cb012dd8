"""Outcomes as lines: each is the value that live workers publish, byte for byte, and a line feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.backtest.tape import BarPart, RawPart
from worker.engine.output.encoding import DecisionEncoder
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.output.voices import Voices
from worker.engine.records.records import Records
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded, rows_of


class Lines(NamedTuple):
    """Lines that a slice adds to each of the two files."""

    decisions: bytes | memoryview  # valid until the next slice
    rejections: bytes


class Writer:
    """Encoder of the outcomes of one configuration."""

    def __init__(self, settings: EngineSettings, names: ModelNames | None = None, voices: Voices | None = None) -> None:
        self._builder = OutcomeBuilder(settings, names, voices)
        self._decisions = DecisionEncoder(settings, names, voices)
        self._json = msgspec.json.Encoder()

    def warm_up(self) -> None:
        """Compile the encoder's kernel, or load it from the cache."""
        self._decisions.warm_up()

    def lines(self, part: RawPart | BarPart, start: int, decoded: Decoded, outs: NDArray[Any]) -> Lines:
        """Encode a slice that begins at row `start` of `part`; each file's lines are in the order of the records."""
        accepted = outs["validation"]["accepted"]
        if accepted.all():
            return Lines(self._decided(part, decoded.bars, outs), b"")
        lost = np.flatnonzero(~accepted)
        records = part.records((lost + start).tolist())
        rejected = self.rejected(records, rows_of(decoded, lost), outs[lost])
        # Encode run by run: a copy of the accepted rows would cost more than their lines.
        ends = [*lost.tolist(), len(outs)]
        runs = [(first, end) for first, end in zip([0, *(lost + 1).tolist()], ends, strict=True) if first < end]
        texts = (bytes(self._decided(part, decoded.bars[first:end], outs[first:end])) for first, end in runs)
        return Lines(b"".join(texts), rejected)

    def values(self, bars: NDArray[Any], outs: NDArray[Any], symbols: Sequence[str]) -> list[bytes]:
        """Encode accepted rows of any symbols, one value each, in their order."""
        return bytes(self._decisions.lines(bars, outs, symbols)).splitlines()

    def rejected(self, records: Records, decoded: Decoded, outs: NDArray[Any]) -> bytes:
        """Encode rejected rows as lines."""
        return self._json.encode_lines(self._builder.build(records, decoded, outs))

    def _decided(self, part: RawPart | BarPart, bars: NDArray[Any], outs: NDArray[Any]) -> bytes | memoryview:
        if part.key is None or not len(bars):
            return b""
        return self._decisions.lines_of(bars, outs, part.key.decode())
