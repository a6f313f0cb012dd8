"""Player of tapes through the workers' engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.tick import interval_ms
from worker.backtest.ledger import Book, Ledger, Rows, entry_cost
from worker.backtest.lines import Lines, Writer
from worker.backtest.tape import BarPart, RawPart, Tape
from worker.configured_strategy import shelf
from worker.engine.asking.intent import NO_TAG
from worker.engine.output.voices import Voices
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded, Decoder
from worker.engine.strategy.hooked import Hooked
from worker.models.serving.library import Library, configured_stages

SLICE = 1_024  # records per step, so that its rows and lines stay in cache; values do not depend on it


class Sink(Protocol):
    """A receiver of lines."""

    def write(self, lines: Lines) -> None:
        """Append lines."""


class Asked(Hooked, Protocol):
    """A strategy of one engine that plays one tape after the other."""

    def begin_anew(self) -> None:
        """Forget which indicators were known."""

    def unknown(self) -> tuple[str, ...]:
        """Return the indicators that were never known."""


class Played(NamedTuple):
    """A slice of a tape that begins at row `start` of `part`; `outs` are valid until the next."""

    part: RawPart | BarPart
    start: int
    decoded: Decoded
    outs: Rows


class Stand(NamedTuple):
    """An engine, and the configured strategy in it."""

    engine: PartitionEngine
    strategy: Asked | None


class Player:
    """Player of one tape after the other, each from an empty state.

    Each tape has the engine to itself: `ingestion.max_symbols`, which bounds a live partition, never rejects here.
    """

    def __init__(self, settings: EngineSettings, registry: Path | None = None, strategy: Asked | None = None) -> None:
        """Load the models, and the strategy unless it is given; `registry` is the folder of the configured model.

        Raises:
            AlphapulseError: there is no registry, this machine can't run models, or the strategy is refused.
        """
        self._settings = settings
        models = Library(settings.model, registry, stages=configured_stages(settings.plugins), voice=settings.voice)
        self._models, self._shelf = models, shelf(settings) if strategy is None else None
        self.stand = self._made(strategy)
        self._journaled: dict[int, Stand] = {}  # by partition
        intervals = {s: interval_ms(i.interval) for s, i in settings.instruments.items() if i.interval}
        self.decoder = Decoder(settings.ingestion, intervals)
        self.writer = Writer(settings, models.names, None if self._shelf is None else self._shelf.voices)

    def warm_up(self) -> None:
        """Compile every kernel, or load it from the cache."""
        self.stand.engine.warm_up()
        self.writer.warm_up()

    def play(self, tape: Tape, sink: Sink | None = None) -> Ledger:
        """Play a whole tape; its lines go to the sink.

        Raises:
            ConfigError: its journal switches to a strategy that the configuration does not name.
        """
        strategy = self._stand_of(tape).strategy
        budget, cost = self._settings.value_of("risk", "budget", tape.name), entry_cost(self._settings, tape.name)
        book = Book(tape.name, budget, cost, strategy is not None)
        for part, start, decoded, outs in self.steps(tape):
            if sink is not None:
                sink.write(self.writer.lines(part, start, decoded, outs))
            if self._shelf is not None and tape.journal is not None:
                _rename(outs, self._shelf.voices)
            book.add(decoded.bars, outs)
        return book.close(() if strategy is None else strategy.unknown())

    def steps(self, tape: Tape) -> Iterator[Played]:
        """Play a whole tape slice by slice, from an empty state.

        Raises:
            ConfigError: as `play`.
        """
        engine, strategy = self._stand_of(tape)
        engine.begin_anew()
        if strategy is not None:
            strategy.begin_anew()
        offsets, done = None if tape.journal is None else np.array(tape.offsets, np.int64), 0
        for part, start, stop in tape.slices(SLICE):
            decoded = part.read(self.decoder, start, stop)
            met = None if offsets is None else offsets[done : done + stop - start]
            done += stop - start
            yield Played(part, start, decoded, engine.step_key(tape.key, decoded.bars, decoded.extras, met))

    def _made(self, strategy: Asked | None = None) -> Stand:
        settings, strategies, scorer = self._settings, self._shelf, self._models.switchboard()
        if strategies is None:
            return Stand(PartitionEngine(settings, scorer=scorer, strategy=strategy), strategy)
        strategy = strategies.hooked()
        return Stand(PartitionEngine(settings, scorer=scorer, strategy=strategy, find=strategies.find), strategy)

    def _stand_of(self, tape: Tape) -> Stand:
        """Return the engine that has the journal of a tape's partition."""
        journal = tape.journal
        if journal is None:
            return self.stand
        if journal.partition not in self._journaled:
            made = self._journaled[journal.partition] = self._made()
            for entry in journal.entries:
                made.engine.controls.add(entry)
        return self._journaled[journal.partition]


def _rename(outs: NDArray[Any], voices: Voices) -> None:
    """Give the tags of versions that a switch brought the numbers that the configured one has for their names."""
    names = voices.settings[0].strategy.tags
    told, tags = outs["said"]["voice"], outs["said"]["intent"]["tag"]
    for voice, settings in enumerate(voices.settings[1:], 1):
        rows = np.flatnonzero(told == voice)
        numbers = [names.index(name) if name in names else NO_TAG for name in settings.strategy.tags]
        tags[rows] = [numbers[tag] if 0 <= tag < len(numbers) else NO_TAG for tag in tags[rows].tolist()]
