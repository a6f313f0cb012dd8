"""The partition engine with what tests ask of it and no worker: outcomes as objects, and a symbol's bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas import Decision, Rejection
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.output.voices import Voices
from worker.engine.partition import PartitionEngine
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records


class RecordEngine(PartitionEngine):
    """`process` takes the way of data points, `process_raw` that of raw records."""

    def speak(self, voices: Voices) -> None:
        """Name strategies that a switch brings as these do."""
        self._builder = OutcomeBuilder(self._settings, None if self._scorer is None else self._scorer.names, voices)

    def process(self, records: Records, offsets: NDArray[np.int64] | None = None) -> list[Decision | Rejection]:
        """One outcome a record, in order. Where `controls` has entries, input `offsets` (n,) and the way of raw
        records are needed."""
        if not records.keys:
            return []
        if offsets is not None:
            return self.process_raw(raw_records(records, offsets))
        decoded = self.decoder.decode(records)
        return self._builder.build(records, decoded, self.step(records.keys, decoded))

    def process_raw(self, raw: RawRecords) -> list[Decision | Rejection]:
        """As `process`, for raw records."""
        if not len(raw):
            return []
        decoded, outs = self.step_raw(raw)
        return self._builder.build(raw.records(), decoded, outs)

    def advance(self, records: Records) -> None:
        """As `process`, for the state alone."""
        if records.keys:
            self.step(records.keys, self.decoder.decode(records))

    def warm_again(self, records: Records) -> None:
        """As `warm_again_raw`, for records."""
        self.warm_again_raw(raw_records(records))

    def snapshot(self, key: bytes) -> bytes | None:
        """The bytes of one symbol's state; None when it is unknown."""
        slot = self.symbols.get(key)
        return None if slot is None else self.symbols.frames.read(slot).tobytes()
