"""What a strategy takes over of a symbol from another one, at one bar: state, standing order, indicators.

All of it is a function of the symbol's bars and the journal alone, so that a replay takes over the same.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import StrategyState
from worker.engine.asking.standing import STANDING
from worker.engine.bar import BAR
from worker.engine.history import CAPACITY
from worker.engine.pipeline import OUTPUT
from worker.engine.state.symbols import Symbols
from worker.engine.strategy.hooked import Observation
from worker.engine.switching.keeping import FRESH, Keeping, standing_of
from worker.engine.switching.turns import Begin
from worker.engine.switching.variants import Variant, Variants

COLUMNS = ("ts", "open", "high", "low", "close", "volume")
Columns = dict[str, NDArray[Any]]


class Changing:
    """The symbols of a batch that may meet another strategy, with the bars they have seen before it."""

    def __init__(self, symbols: Symbols, keeping: Keeping, variants: Variants) -> None:
        self._symbols, self._keeping, self._variants = symbols, keeping, variants
        self._past: dict[int, Columns] = {}
        self._outs: NDArray[Any] = np.zeros(CAPACITY, OUTPUT)
        self._outs["validation"]["accepted"] = True

    def remember(self, slots: list[int]) -> None:
        """Note the newest bars of symbols before `observe` adds those of the batch."""
        frames = self._symbols.frames
        self._past = {slot: _past(frames.states[frames.frame(slot)]["derived"]["history"]) for slot in slots}

    def begin(self, begin: Begin, slots: NDArray[np.int64], bars: NDArray[Any], outs: NDArray[Any]) -> None:
        """Give a symbol to the strategy of an entry before it decides a row.

        Raises:
            ConfigError: the strategy does not say what becomes of the stored state.
        """
        slot, row, ordinal = begin
        variant = self._variants.live(ordinal)
        assert variant is not None, "a bar meets an entry that it can meet"
        if self._keeping.ordinals(np.array([slot]))[0] == FRESH:
            self._keeping.take_over(slot, ordinal, None)
            return
        beside, stored, key = self._symbols.frames.beside, self._keeping.held(slot), self._symbols.key(slot)
        assert beside is not None
        content = np.zeros(beside.itemsize, np.uint8)
        memory, own, standing = beside.split(content)
        own[: variant.shape.own.itemsize] = np.frombuffer(self._keeping.own(variant, stored), np.uint8)
        standing[:] = np.frombuffer(standing_of(stored), np.uint8)
        standing.view(STANDING)["errors"] = standing.view(STANDING)["rest"] = 0  # it begins with a closed circuit
        if stored.plan == self._keeping.plan(key, variant.shape.plan):
            memory[: 8 * variant.shape.words] = np.frombuffer(stored.memory, np.uint8)
        elif memory.size:
            self._rebuild(variant, memory, slot, self._seen(begin, slots, bars, outs), int(bars["interval_ms"][row]))
            self._keep(variant, memory, key, stored)
        self._keeping.take_over(slot, ordinal, content)

    def _seen(self, begin: Begin, slots: NDArray[np.int64], bars: NDArray[Any], outs: NDArray[Any]) -> Columns:
        """Return the newest bars of a symbol before a row, as far as its price level reaches."""
        judged = outs["validation"]
        rows = np.flatnonzero((slots == begin.slot) & judged["accepted"])
        rows = rows[rows < begin.row]
        shifts = np.flatnonzero(judged["shift"][rows])
        now: Columns = {name: (judged if name in ("high", "low") else bars)[name][rows] for name in COLUMNS}
        if shifts.size:
            return {name: column[shifts[-1] :][-CAPACITY:] for name, column in now.items()}
        past = self._past[begin.slot]
        return {name: np.concatenate([past[name], column])[-CAPACITY:] for name, column in now.items()}

    def rebuilt(self, variant: Variant, slot: int) -> NDArray[np.float64]:
        """Return the memory of a strategy's indicators that have seen a symbol's newest bars alone, as kept now."""
        frames = self._symbols.frames
        derived, memory = frames.states[frames.frame(slot)]["derived"], np.zeros(variant.shape.words)
        interval_ms = int(derived["validation"]["interval_ms"])
        self._rebuild(variant, memory.view(np.uint8), slot, _past(derived["history"]), interval_ms)
        return memory

    def _rebuild(self, variant: Variant, memory: NDArray[np.uint8], slot: int, seen: Columns, interval_ms: int) -> None:
        """Show the strategy's indicators the bars that its symbol has seen."""
        count = len(seen["ts"])
        bars, outs = np.zeros(count, BAR), self._outs[:count]
        for name, column in seen.items():
            bars[name] = column
        bars["interval_ms"] = interval_ms
        bars["ingest_ts"] = bars["ts"] + interval_ms
        outs["validation"]["high"], outs["validation"]["low"] = seen["high"], seen["low"]
        frame, columns = self._symbols.frames.frame(slot), variant.strategy.columns
        key = self._symbols.key(slot)
        variant.strategy.observe(
            Observation(
                order=np.arange(count),
                slots=np.zeros(count, np.int64),
                bars=bars,
                outs=outs,
                memory=memory.view(np.float64).reshape(1, -1),
                values=np.zeros((count, columns)),
                was=np.zeros((count, columns)),
                instruments=self._symbols.instruments[frame : frame + 1],
                # A symbol's history has no extra columns, and those of this batch alone would show where it begins.
                extras=np.full((count, len(variant.strategy.extra)), math.nan),
                symbol=lambda _: key,
            )
        )

    def _keep(self, variant: Variant, memory: NDArray[np.uint8], key: bytes, stored: StrategyState) -> None:
        """Put back the parts that both strategies have: they have seen more bars than these."""
        had = {fingerprint: (start, size) for fingerprint, start, size in stored.parts}
        for part in variant.shape.parts:
            start, size = had.get(self._keeping.plan(key, part.fingerprint), (0, 0))
            if size == 8 * part.words:
                memory[8 * part.start :][:size] = np.frombuffer(stored.memory, np.uint8)[start : start + size]


def _past(history: Any) -> Columns:
    count = int(history["count"])
    ages = np.arange(count - min(count, CAPACITY), count) % CAPACITY
    return {name: history["rows"][name][ages] for name in COLUMNS}
