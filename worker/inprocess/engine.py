"""The partition engine, fed with data points and with user objects between its stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas import Decision, Rejection
from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.hooking import NOBODY
from worker.engine.partition import PartitionEngine
from worker.engine.pipeline import OUTPUT, Params
from worker.engine.rounding import decimals
from worker.engine.scoring.scorer import Scorer
from worker.engine.settings import EngineSettings
from worker.engine.state.layout import STATE
from worker.engine.strategy.hooked import Hooked
from worker.inprocess.objects.deciding import SIGNAL, decide_part
from worker.inprocess.objects.overrides import Note, Overrides, new_note
from worker.inprocess.point import DataPoint
from worker.inprocess.reader import PointReader, key_of

RATIO_DECIMALS = 6


class PointBatch(NamedTuple):
    """The engine's output for points, one entry per point; `notes` by row where user objects took part."""

    outs: NDArray[Any]
    details: dict[int, str]
    notes: dict[int, Note]


class PointEngine(PartitionEngine):
    """The engine over the symbols of one worker thread. Without user objects it equals a Kafka worker's."""

    def __init__(
        self,
        settings: EngineSettings,
        overrides: Overrides,
        scorer: Scorer | None = None,
        strategy: Hooked | None = None,
    ) -> None:
        super().__init__(settings, scorer=scorer, strategy=strategy)
        self._reader, self._overrides = PointReader(settings), overrides
        self._points: Sequence[DataPoint] = ()
        self._notes: dict[int, Note] = {}

    def run(self, points: Sequence[DataPoint]) -> PointBatch:
        """Advance the states by `points`, in order."""
        self._points, self._notes = points, {}
        decoded = self._reader.read(points)
        return PointBatch(self.step(list(map(key_of, points)), decoded), decoded.details, self._notes)

    def warm_up(self) -> None:
        """Compile every kernel that will be used, or load it from the cache."""
        super().warm_up()
        if self._overrides.given.deciding:
            self._compile_parts()

    def outcome(self, point: DataPoint, out: NDArray[Any], note: Note | None) -> Decision | Rejection:
        """Return the record that a worker would publish; `out` is the point's output row, shape (1,)."""
        points = (point,)
        [built] = self._builder.build(self._reader.records(points), self._reader.read(points), out)
        if note is not None and note.model and isinstance(built, Decision):
            card, p = note.model
            chance = None if p is None else decimals(p, RATIO_DECIMALS)
            return msgspec.structs.replace(built, model=card, model_prob=chance)
        return built

    def _ask(
        self, outs: NDArray[Any], frames: NDArray[np.int64], offsets: NDArray[np.int64] | None, bars: NDArray[Any]
    ) -> None:
        # Before the configured model, which reads the values of the user's objects.
        if self._overrides.given.observing and len(self._points):
            for row in np.flatnonzero(outs["validation"]["accepted"]).tolist():
                self._overrides.observed(self._points[row], outs[row], self._note(row))
        super()._ask(outs, frames, offsets, bars)

    def _decide(
        self,
        bars: NDArray[Any],
        slots: NDArray[np.int64],
        order: NDArray[np.int64],
        outs: NDArray[Any],
        params: Params,
        extras: NDArray[np.float64],
    ) -> None:
        if self._overrides.given.deciding and len(self._points):
            self._decide_by_part(bars, slots, order, outs)
        else:
            super()._decide(bars, slots, order, outs, params, extras)

    def _decide_by_part(
        self, bars: NDArray[Any], slots: NDArray[np.int64], order: NDArray[np.int64], outs: NDArray[Any]
    ) -> None:
        s = self.symbols
        for row in order.tolist():
            slot = int(slots[row])
            if slot < 0:
                continue

            def part(stage: int, slot: int = slot, row: int = row) -> None:
                decide_part(s.states, s.instruments, slot, row, bars, outs, stage, self._params, NOBODY)

            if outs[row]["validation"]["accepted"]:
                self._overrides.decide(self._points[row], outs[row], s.instruments[slot], self._note(row), part)
            else:
                part(SIGNAL)

    def _compile_parts(self) -> None:
        states, instruments = np.zeros(1, STATE), np.zeros(1, INSTRUMENT)
        decide_part(states, instruments, 0, 0, np.zeros(1, BAR), np.zeros(1, OUTPUT), SIGNAL, self._params, NOBODY)

    def _note(self, row: int) -> Note:
        if row not in self._notes:
            self._notes[row] = new_note()
        return self._notes[row]
