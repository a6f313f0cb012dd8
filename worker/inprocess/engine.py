"""The partition engine, fed with data points and with user objects between its stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from worker.engine.steps import Own, Share
from worker.engine.strategy.hooked import Hooked
from worker.engine.switching.turns import Met
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


@dataclass(kw_only=True)
class PointOwn(Own):
    """The user's objects between the stages of one engine."""

    overrides: Overrides
    points: Sequence[DataPoint] = ()  # of the batch on its way
    notes: dict[int, Note] = field(default_factory=dict)  # likewise, by row

    @property
    def decides(self) -> bool:
        """Whether the user's objects decide, or a strategy."""
        return self._user_decides or super().decides

    @property
    def _user_decides(self) -> bool:
        return self.overrides.given.deciding and len(self.points) > 0

    def ask(self, share: Share, place: slice, bars: NDArray[Any], outs: NDArray[Any]) -> None:
        """Ask the user's objects before the configured model, which reads their values."""
        if self.overrides.given.observing and len(self.points):
            for row in np.flatnonzero(outs["validation"]["accepted"]).tolist():
                self.overrides.observed(self.points[row], outs[row], self._note(row))
        super().ask(share, place, bars, outs)

    def decide(
        self,
        met: Met | None,
        share: Share,
        bars: NDArray[Any],
        outs: NDArray[Any],
        params: Params,
        extras: NDArray[np.float64],
    ) -> None:
        """Decide by the user's objects, stage by stage, or by a strategy."""
        if not self._user_decides:
            super().decide(met, share, bars, outs, params, extras)
            return
        s = self.symbols
        for row in share.order.tolist():
            slot = int(share.frames[row])
            if slot < 0:
                continue

            def part(stage: int, slot: int = slot, row: int = row) -> None:
                decide_part(s.states, s.instruments, slot, row, bars, outs, stage, self.params, NOBODY)

            if outs[row]["validation"]["accepted"]:
                self.overrides.decide(self.points[row], outs[row], s.instruments[slot], self._note(row), part)
            else:
                part(SIGNAL)

    def _note(self, row: int) -> Note:
        if row not in self.notes:
            self.notes[row] = new_note()
        return self.notes[row]


class PointEngine(PartitionEngine):
    """The engine over the symbols of one worker thread. Without user objects it equals a Kafka worker's."""

    def __init__(
        self,
        settings: EngineSettings,
        overrides: Overrides,
        scorer: Scorer | None = None,
        strategy: Hooked | None = None,
    ) -> None:
        self._reader, self._overrides = PointReader(settings), overrides
        super().__init__(settings, scorer=scorer, strategy=strategy)

    def run(self, points: Sequence[DataPoint]) -> PointBatch:
        """Advance the states by `points`, in order."""
        decoded, own = self._reader.read(points), self._own
        assert isinstance(own, PointOwn)
        own.points, own.notes = points, {}
        return PointBatch(self.step(list(map(key_of, points)), decoded), decoded.details, own.notes)

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

    def _owned(self) -> Own:
        return PointOwn(**vars(super()._owned()), overrides=self._overrides)

    def _compile_parts(self) -> None:
        states, instruments = np.zeros(1, STATE), np.zeros(1, INSTRUMENT)
        decide_part(states, instruments, 0, 0, np.zeros(1, BAR), np.zeros(1, OUTPUT), SIGNAL, self._params, NOBODY)
