"""What all checks of one strategy share: its markets, and what was played already."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import NamedTuple

from worker.engine.settings import EngineSettings
from worker.engine.strategy.hooked import Hooked
from worker.engine.strategy.plan import known
from worker.strategy.checking.playing.making import DAY_MS, HOUR_MS, calm, hard
from worker.strategy.checking.playing.market import Market
from worker.strategy.checking.playing.play import Played, play
from worker.strategy.checking.playing.watching import Watcher
from worker.strategy.checking.subject import Subject
from worker.strategy.describing.definition import Definition
from worker.strategy.loading import Mode
from worker.strategy.running.compiled import Compiled
from worker.strategy.running.interpreted import Interpreted

LEAST_BARS, MOST_BARS, HARD_BARS = 1_500, 6_000, 700


class Options(NamedTuple):
    """What to play; None = as it fits the strategy."""

    bars: int | None = None  # of a symbol
    interval_ms: int | None = None
    seed: int = 1
    market: Market | None = None  # bars of the user's own


class Desk:
    """One strategy, ready to be checked; nothing of it is loaded before `define`."""

    def __init__(self, subject: Subject, options: Options | None = None, place: mmap.mmap | None = None) -> None:
        self.subject, self.options, self.place = subject, options or Options(), place
        self.definition: Definition
        self.settings: EngineSettings
        self.compiled: Compiled | None = None
        self.market: Market
        self.hard: Market
        self.interval_ms = HOUR_MS
        self._wholes: dict[Mode, Played] = {}

    def define(self) -> None:
        """Load the strategy, and make the markets that fit it.

        Raises:
            StrategyRefused: it is malformed.
            SettingRefused: a parameter is unknown or out of its range.
        """
        self.definition = self.subject.define()
        self.settings = self.subject.settings(self.definition)
        own, seed = self.options.market, self.options.seed
        self.interval_ms = self._interval()
        self.market = own if own is not None else calm(seed, self._bars(), self.interval_ms)
        self.hard = hard(seed + 1, max(HARD_BARS, min(self._needed() + 300, 2_000)), self.interval_ms)

    @property
    def modes(self) -> Sequence[Mode]:
        """Return the ways in which it can run."""
        return ("python",) if self.compiled is None else ("compiled", "python")

    def strategy(self, mode: Mode) -> Hooked:
        """Return the strategy; interpreted it is loaded anew, since it may keep what it must not."""
        if mode == "compiled" and self.compiled is not None:
            return self.compiled
        return Interpreted(self.subject.define())

    def play(self, mode: Mode, market: Market, cuts: Sequence[int] = ()) -> Played:
        """Play a market from nothing."""
        return play(self.settings, self.strategy(mode), market, cuts)

    def whole(self, mode: Mode) -> Played:
        """Return the market in one batch; it is played once."""
        if mode not in self._wholes:
            self._wholes[mode] = self.play(mode, self.market)
        return self._wholes[mode]

    def watch(self, market: Market, symbol: bytes, throw_at: Sequence[int] = ()) -> tuple[Watcher, Market, Played]:
        """Play one symbol of a market interpreted and watched; return what was seen, its bars, and what was said."""
        watcher, part = Watcher(self.subject.define(), self.place, throw_at), market.of(symbol)
        watcher.symbol = symbol
        return watcher, part, play(self.settings, watcher.strategy(), part)

    def warm(self) -> int:
        """Return the row of the market from which on the step is called, by what is declared; at most half of it."""
        return min(self._needed() * len(self.market.symbols), len(self.market) // 2)

    def _interval(self) -> int:
        if self.options.market is not None:
            return int(self.options.market.rows["interval_ms"][0])
        if self.options.interval_ms is not None:
            return self.options.interval_ms
        lengths = [each.series.timeframe for each in self.definition.indicators.values() if each.series.timeframe]
        shortest = min([HOUR_MS, *lengths])
        fits = (each for each in range(shortest, 0, -1_000) if all(length % each == 0 for length in lengths))
        return next((each for each in fits if DAY_MS % each == 0), shortest)

    def _needed(self) -> int:
        """Return the bars of a symbol after which all indicators are known."""
        waits = [1]
        for each in self.definition.indicators.values():
            length = max(each.series.timeframe, self.interval_ms)
            waits.append((known(each.series) + 1) * length // self.interval_ms)
        return max(waits)

    def _bars(self) -> int:
        return self.options.bars or min(max(LEAST_BARS, 3 * self._needed()), MOST_BARS)
