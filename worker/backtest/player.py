"""Player of tapes through the workers' engine."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from schemas.tick import interval_ms
from worker.backtest.ledger import Book, Ledger, entry_cost
from worker.backtest.lines import Lines, Writer
from worker.backtest.tape import Tape
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoder
from worker.models.serving.library import Library, configured_stages
from worker.strategies import hooked

SLICE = 1_024  # records per step, so that its rows and lines stay in cache; values do not depend on it


class Sink(Protocol):
    """A receiver of lines."""

    def write(self, lines: Lines) -> None:
        """Append lines."""


class Player:
    """Player of one tape after the other, each from an empty state.

    Each tape has the engine to itself: `ingestion.max_symbols`, which bounds a live partition, never rejects here.
    """

    def __init__(self, settings: EngineSettings, registry: Path | None = None) -> None:
        """Load the strategy and the models; `registry` is the folder of the configured one.

        Raises:
            AlphapulseError: there is no registry, this machine can't run models, or the strategy is refused.
        """
        self._settings = settings
        models = Library(settings.model, registry, stages=configured_stages(settings.plugins), voice=settings.voice)
        self._strategy = hooked(settings)
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
        self._engine.begin_anew()
        if self._strategy is not None:
            self._strategy.begin_anew()
        budget, cost = self._settings.value_of("risk", "budget", tape.name), entry_cost(self._settings, tape.name)
        book = Book(tape.name, budget, cost, self._strategy is not None)
        for part, start, stop in tape.slices(SLICE):
            decoded = part.read(self._decoder, start, stop)
            outs = self._engine.step_key(tape.key, decoded.bars, decoded.extras)
            if sink is not None:
                sink.write(self._writer.lines(part, start, decoded, outs))
            book.add(decoded.bars, outs)
        return book.close(() if self._strategy is None else self._strategy.unknown())
