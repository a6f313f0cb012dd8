"""The engine of one input partition: records in, outcomes out. Batch boundaries never show in a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas import Decision, Rejection
from schemas.tick import interval_ms
from worker.engine.bar import BAR
from worker.engine.outcomes import OutcomeBuilder
from worker.engine.pipeline import OUTPUT, decide, observe, params
from worker.engine.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded, Decoder
from worker.engine.symbols import Symbols


class PartitionEngine:
    """State of one partition's symbols and the step over a batch of its records."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._params = params(settings)
        intervals = {s: interval_ms(i.interval) for s, i in settings.instruments.items() if i.interval}
        self._decoder = Decoder(settings.ingestion, intervals)
        self._builder = OutcomeBuilder(settings)
        self.symbols = Symbols(settings)

    @property
    def known(self) -> int:
        """Symbols with at least one accepted bar."""
        return len(self.symbols)

    def process(self, records: Records) -> list[Decision | Rejection]:
        """One outcome a record, in order."""
        if not records.keys:
            return []
        decoded, outs = self._run(records)
        return self._builder.build(records, decoded, outs)

    def advance(self, records: Records) -> None:
        """As `process`, for the state alone: outputs are suppressed."""
        if records.keys:
            self._run(records)

    def step(self, keys: Sequence[bytes | None], decoded: Decoded) -> NDArray[Any]:
        """Output rows (`pipeline.OUTPUT`) of decoded records, in order: `process` for callers that build none."""
        clean = (decoded.bars["mask"] == 0).tolist()
        known = len(self.symbols)
        slots, new = self.symbols.slots(keys, clean)
        outs = self._kernels(decoded.bars, slots, self._order(slots), known)
        self.symbols.forget_unused(new)
        return outs

    def warm_up(self) -> None:
        """Compile every kernel, or load it from the cache, before the first record and before joining a group."""
        none = np.zeros(0, np.int64)
        self._kernels(np.zeros(0, BAR), none, none, 0)

    def snapshot(self, key: bytes) -> bytes | None:
        """The bytes of one symbol's record; None when it is unknown."""
        slot = self.symbols.get(key)
        return None if slot is None else self.symbols.states[slot].tobytes()

    def _run(self, records: Records) -> tuple[Decoded, NDArray[Any]]:
        decoded = self._decoder.decode(records)
        return decoded, self.step(records.keys, decoded)

    def _order(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        # Symbol by symbol keeps a state in cache. When the symbol limit may be met, who comes first matters.
        if len(self.symbols) > self._settings.ingestion.max_symbols:
            return np.arange(slots.size)
        return np.argsort(slots, kind="stable")

    def _kernels(
        self, bars: NDArray[Any], slots: NDArray[np.int64], order: NDArray[np.int64], known: int
    ) -> NDArray[Any]:
        outs = np.zeros(len(bars), OUTPUT)
        s = self.symbols
        limit = np.array([known, self._settings.ingestion.max_symbols])
        observe(s.states, s.raw, s.instruments, slots, order, bars, outs, limit, self._params)
        outs["validation"]["mask"][slots < 0] = bars["mask"][slots < 0]
        decide(s.states, s.instruments, slots, order, bars, outs, self._params)
        return outs
