"""All symbols of a clock in one engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.player import Player
from worker.backtest.portfolio.clock import Clock, clock
from worker.backtest.tape import Tape
from worker.engine.controls import Controls
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import rows_of
from worker.errors import ConfigError


class Played(NamedTuple):
    """Outcomes of consecutive records of the clock, in order."""

    decisions: list[bytes]
    rejections: bytes  # lines


class Ensemble:
    """A clock and the engine that plays it, from an empty state.

    Raises:
        ConfigError: there are more symbols than a partition may have.
        AlphapulseError: as `Player`.
    """

    def __init__(self, tapes: Sequence[Tape], settings: EngineSettings, registry: Path | None = None) -> None:
        most = settings.ingestion.max_symbols
        if len(tapes) > most:
            raise ConfigError(
                f"the portfolio has {len(tapes):,} symbols, a partition at most {most:,}",
                "Raise engine.ingestion.max_symbols",
            )
        self._player = Player(settings, registry)
        self.clock: Clock = clock(tapes, self._player.decoder, settings.validation.clock_tolerance_ms)
        self._names = [tape.name for tape in self.clock.tapes]

    @property
    def controls(self) -> Controls:
        """The control records; they apply by the number of a record on the clock."""
        return self._player.stand.engine.controls

    def warm_up(self) -> None:
        """Compile every kernel, or load it from the cache."""
        self._player.warm_up()

    def play(self, start: int, stop: int) -> Played:
        """Play the records `start` to `stop`, those after the last played."""
        owners = self.clock.owner[start:stop].tolist()
        keys, decoded = [self.clock.tapes[owner].key for owner in owners], self.clock.between(start, stop)
        outs = self._player.stand.engine.step_keys(keys, decoded, np.arange(start, stop))
        accepted = outs["validation"]["accepted"]
        names = [self._names[owner] for owner in owners]
        if accepted.all():
            return Played(self._player.writer.values(decoded.bars, outs, names), b"")
        kept, lost = np.flatnonzero(accepted), np.flatnonzero(~accepted)
        decisions = self._player.writer.values(decoded.bars[kept], outs[kept], [names[row] for row in kept.tolist()])
        rejected = rows_of(self.clock.decoded, lost + start)
        return Played(decisions, self._player.writer.rejected(self._records(lost + start), rejected, outs[lost]))

    def _records(self, at: NDArray[np.int64]) -> Records:
        owners, rows = self.clock.owner[at].tolist(), self.clock.row[at].tolist()
        found = [self.clock.tapes[owner].record(row) for owner, row in zip(owners, rows, strict=True)]
        return Records(*(list(column) for column in zip(*found, strict=True)))
