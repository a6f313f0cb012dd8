"""The way of a batch's rows through the stages: from slots to decisions, for one engine or for several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.compiled.call import Call
from worker.engine.controls import Controls
from worker.engine.hooking import NOBODY
from worker.engine.output.rows import clear_rejected
from worker.engine.pipeline import Params, decide, observe
from worker.engine.scoring.scorer import Scorer, ask
from worker.engine.state.parts import EVERY, parts_of
from worker.engine.state.symbols import Symbols
from worker.engine.switching.changing import Changing
from worker.engine.switching.keeping import Keeping
from worker.engine.switching.turns import Met, turns
from worker.engine.switching.variants import CONFIGURED, Variants

Limits = Callable[[NDArray[np.int64]], NDArray[Any]]


@dataclass(kw_only=True)
class Own:
    """What one engine has of its own, and its own work on a batch."""

    params: Params
    most: int  # limit of symbols
    symbols: Symbols
    keeping: Keeping
    controls: Controls
    scorer: Scorer | None
    variants: Variants | None  # where a strategy decides
    changing: Changing | None  # likewise
    key: bytes  # of its strategy's switches
    observing: Call = field(default_factory=lambda: Call(observe))
    deciding: Call = field(default_factory=lambda: Call(decide))  # by the rules

    @property
    def decides(self) -> bool:
        """Whether `decide` is to decide, and not the rules for all engines at once."""
        return self.variants is not None

    def ask(self, batch: Stepped, bars: NDArray[Any], outs: NDArray[Any]) -> None:
        """Ask the models, if there are any."""
        if self.scorer is not None and self.scorer.listens:
            generations = self.controls.generations(batch.offsets, bars["ts"])
            ask(self.scorer, outs, self.symbols.states["carry"]["circuit"], batch.frames, generations)

    def meet(self, batch: Stepped, bars: NDArray[Any]) -> Met | None:
        """Return which strategies a batch meets, before its bars are observed; None where none was ever switched."""
        if self.changing is None or self.variants is None or not self.variants.switched:
            return None
        self.keeping.begin([slot for key in batch.new if (slot := self.symbols.get(key)) is not None])
        ordinals = self.controls.generations(batch.offsets, bars["ts"], self.key)
        met = Met.of(ordinals, self.keeping.ordinals(batch.slots), batch.slots, bars)
        self.changing.remember(met.changing)
        return met

    def decide(
        self,
        met: Met | None,
        batch: Stepped,
        bars: NDArray[Any],
        outs: NDArray[Any],
        params: Params,
        extras: NDArray[np.float64],
    ) -> None:
        """Decide the rows of a batch by the strategies that they meet."""
        if met is None or self.changing is None:
            self._decide_by(CONFIGURED, batch, bars, batch.order, outs, params, extras)
            return
        for turn in turns(met, batch.slots, batch.order, outs["validation"]["accepted"]):
            for begin in turn.begins:
                self.changing.begin(begin, batch.slots, bars, outs)
            self._decide_by(turn.ordinal, batch, bars, turn.order, outs, params, extras)

    def _decide_by(
        self,
        ordinal: int,
        batch: Stepped,
        bars: NDArray[Any],
        order: NDArray[np.int64],
        outs: NDArray[Any],
        params: Params,
        extras: NDArray[np.float64],
    ) -> None:
        """Decide rows by the strategy of a journal's entry."""
        assert self.variants is not None
        variant = self.variants.live(ordinal) or self.variants.live(CONFIGURED)
        assert variant is not None
        variant.hooking.observe(order, batch.frames, bars, outs, self.symbols, extras)
        part = parts_of([(*self.symbols.frames.place, 0, order.size, 0, EVERY)])
        decide(part, batch.frames, order, bars, outs, params, variant.hooking.hook())
        if variant.voice:
            outs["said"]["voice"][order] = variant.voice
        variant.hooking.decided()


class Stepped:
    """One engine's rows of a batch, and the engine's own work on them."""

    def __init__(
        self,
        own: Own,
        known: int,
        slots: NDArray[np.int64],
        new: Sequence[bytes],
        offsets: NDArray[np.int64] | None,
        limits: Limits | None,
    ) -> None:
        """Take rows with these slots; `known` symbols there were before, and `new` are the keys of those since.

        `limits` returns those of bars' times; None: no limits but the static ones.
        """
        self.own, self.known, self.slots, self.new = own, known, slots, new
        self.offsets, self.limits = offsets, limits
        self.frames = own.symbols.frames.of(slots)
        # Symbol by symbol keeps a state in cache. Near the symbol limit, the order of arrival decides.
        crowded = len(own.symbols) > own.most
        self.order = np.arange(slots.size) if crowded else np.argsort(slots, kind="stable")
        self.touched = slots

    def row(self, begin: int) -> tuple[int, int, int, int, int, int, int]:
        """Return a `parts.PART` for rows whose order begins at a place."""
        return (*self.own.symbols.frames.place, begin, begin + self.slots.size, self.known, self.own.most)

    def forget(self) -> None:
        """Release the slots of new symbols that had no accepted bar."""
        if freed := self.own.symbols.forget_unused(self.new):
            self.touched = np.where(np.isin(self.slots, freed), -1, self.slots)


def look(batches: Sequence[Stepped], bars: NDArray[Any], outs: NDArray[Any]) -> None:
    """Run validation to timeframes for the rows of some engines, one engine's after the other's."""
    parts, frames, order = _joined(batches)
    observe(parts, frames, order, bars, outs, batches[0].own.params)


def go(batches: Sequence[Stepped], bars: NDArray[Any], outs: NDArray[Any], extras: NDArray[np.float64]) -> None:
    """Run all stages for the rows of some engines of one configuration, one engine's after the other's.

    One that decides by itself is the only one. `outs` come from `OutputRows`, or are zero.
    """
    single = batches[0]
    met = single.own.meet(single, bars)
    parts, frames, order = _joined(batches)
    single.own.observing((parts, frames, order, bars, outs), single.own.params)
    clear_rejected(outs)
    for batch, rows in _rows(batches):
        batch.own.ask(batch, bars[rows], outs[rows])
    params = _limited(batches, bars, outs)
    if single.own.decides:
        single.own.decide(met, single, bars, outs, params, extras)
    else:
        single.own.deciding((parts, frames, order, bars, outs), params, NOBODY)
    for batch in batches:
        batch.forget()


def _rows(batches: Sequence[Stepped]) -> list[tuple[Stepped, slice]]:
    found, at = [], 0
    for batch in batches:
        found.append((batch, slice(at, at + batch.slots.size)))
        at += batch.slots.size
    return found


def _joined(batches: Sequence[Stepped]) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Return the parts, each row's frame, and the order."""
    if len(batches) == 1:
        return parts_of([batches[0].row(0)]), batches[0].frames, batches[0].order
    placed = _rows(batches)
    return (
        parts_of([batch.row(rows.start) for batch, rows in placed]),
        np.concatenate([batch.frames for batch in batches]),
        np.concatenate([batch.order + rows.start for batch, rows in placed]),
    )


def _limited(batches: Sequence[Stepped], bars: NDArray[Any], outs: NDArray[Any]) -> Params:
    """Return the parameters with the limits in force for each row of `outs`."""
    params = batches[0].own.params
    if all(batch.limits is None for batch in batches):
        return params
    found = [
        np.repeat(params.risk.limits, batch.slots.size) if batch.limits is None else batch.limits(bars["ts"][rows])
        for batch, rows in _rows(batches)
    ]
    outs["control"] = np.arange(len(outs))
    return params._replace(risk=params.risk._replace(limits=found[0] if len(found) == 1 else np.concatenate(found)))
