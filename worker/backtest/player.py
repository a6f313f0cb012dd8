"""Player of tapes through the workers' engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from schemas.tick import interval_ms
from worker.backtest.ledger import Book, Ledger, Rows, entry_cost
from worker.backtest.lines import Lines, Writer
from worker.backtest.tape import BarPart, RawPart, Tape
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded, Decoder
from worker.engine.strategy.hooked import Hooked
from worker.models.serving.library import Library, configured_stages
from worker.strategies import hooked

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
        self._strategy: Asked | None = hooked(settings) if strategy is None else strategy
        self._engine = PartitionEngine(settings, scorer=models.switchboard(), strategy=self._strategy)
        intervals = {s: interval_ms(i.interval) for s, i in settings.instruments.items() if i.interval}
        self._decoder = Decoder(settings.ingestion, intervals)
        self._writer = Writer(settings, models.names)

    def warm_up(self) -> None:
        """Compile every kernel, or load it from the cache."""
        self._engine.warm_up()
        self._writer.warm_up()

    def play(self, tape: Tape, sink: Sink | None = None) -> Ledger:
        """Play a whole tape; its lines go to the sink."""
        budget, cost = self._settings.value_of("risk", "budget", tape.name), entry_cost(self._settings, tape.name)
        book = Book(tape.name, budget, cost, self._strategy is not None)
        for part, start, decoded, outs in self.steps(tape):
            if sink is not None:
                sink.write(self._writer.lines(part, start, decoded, outs))
            book.add(decoded.bars, outs)
        return book.close(() if self._strategy is None else self._strategy.unknown())

    def steps(self, tape: Tape) -> Iterator[Played]:
        """Play a whole tape slice by slice, from an empty state."""
        self._engine.begin_anew()
        if self._strategy is not None:
            self._strategy.begin_anew()
        for part, start, stop in tape.slices(SLICE):
            decoded = part.read(self._decoder, start, stop)
            yield Played(part, start, decoded, self._engine.step_key(tape.key, decoded.bars, decoded.extras))
