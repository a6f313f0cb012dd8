"""The way of a batch's rows through the stages: from slots to decisions, for one engine or for several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

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
    """What one engine has of its own, and its own work on a share."""

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

    def ask(self, share: Share, place: slice, bars: NDArray[Any], outs: NDArray[Any]) -> None:
        """Ask the models, if there are any, about the rows in the share's place."""
        if self.scorer is not None and self.scorer.listens:
            generations = self.controls.generations(share.offsets, bars["ts"][place])
            ask(self.scorer, outs[place], self.symbols.states["carry"]["circuit"], share.frames, generations)

    def meet(self, share: Share, bars: NDArray[Any]) -> Met | None:
        """Return which strategies a batch meets, before its bars are observed; None where none was ever switched."""
        if self.changing is None or self.variants is None or not self.variants.switched:
            return None
        self.keeping.begin([slot for key in share.new if (slot := self.symbols.get(key)) is not None])
        ordinals = self.controls.generations(share.offsets, bars["ts"], self.key)
        met = Met.of(ordinals, self.keeping.ordinals(share.slots), share.slots, bars)
        self.changing.remember(met.changing)
        return met

    def decide(
        self,
        met: Met | None,
        share: Share,
        bars: NDArray[Any],
        outs: NDArray[Any],
        params: Params,
        extras: NDArray[np.float64],
    ) -> None:
        """Decide the rows of a batch by the strategies that they meet."""
        if met is None or self.changing is None:
            self._decide_by(CONFIGURED, share, bars, share.order, outs, params, extras)
            return
        for turn in turns(met, share.slots, share.order, outs["validation"]["accepted"]):
            for begin in turn.begins:
                self.changing.begin(begin, share.slots, bars, outs)
            self._decide_by(turn.ordinal, share, bars, turn.order, outs, params, extras)

    def _decide_by(
        self,
        ordinal: int,
        share: Share,
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
        variant.hooking.observe(order, share.frames, bars, outs, self.symbols, extras)
        part = parts_of([(*self.symbols.frames.place, 0, order.size, 0, EVERY)])
        decide(part, share.frames, order, bars, outs, params, variant.hooking.hook())
        if variant.voice:
            outs["said"]["voice"][order] = variant.voice
        variant.hooking.decided()


class Looked(NamedTuple):
    """What `look` has put together."""

    places: list[slice]  # of the shares' rows
    parts: NDArray[Any]  # `parts.PART`
    frames: NDArray[np.int64]  # by row
    order: NDArray[np.int64]


class Share:
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


def look(shares: Sequence[Share], bars: NDArray[Any], outs: NDArray[Any]) -> Looked:
    """Run validation to timeframes for the rows of some engines, one engine's after the other's."""
    places = _places(shares)
    parts = parts_of([share.row(place.start) for share, place in zip(shares, places, strict=True)])
    frames, order = shares[0].frames, shares[0].order
    if len(shares) > 1:
        frames = np.concatenate([share.frames for share in shares])
        order = np.concatenate([share.order + place.start for share, place in zip(shares, places, strict=True)])
    own = shares[0].own
    own.observing((parts, frames, order, bars, outs), own.params)
    return Looked(places, parts, frames, order)


def go(shares: Sequence[Share], bars: NDArray[Any], outs: NDArray[Any], extras: NDArray[np.float64]) -> None:
    """Run all stages for the rows of some engines of one configuration, one engine's after the other's.

    One that decides by itself is the only one. `outs` come from `OutputRows`, or are zero.
    """
    single, own = shares[0], shares[0].own
    met = own.meet(single, bars)
    places, parts, frames, order = look(shares, bars, outs)
    clear_rejected(outs)
    for share, place in zip(shares, places, strict=True):
        share.own.ask(share, place, bars, outs)
    params = _limited(shares, places, bars, outs)
    if own.decides:
        own.decide(met, single, bars, outs, params, extras)
    else:
        own.deciding((parts, frames, order, bars, outs), params, NOBODY)
    for share in shares:
        share.forget()


def _places(shares: Sequence[Share]) -> list[slice]:
    ends = accumulate(share.slots.size for share in shares)
    return [slice(end - share.slots.size, end) for end, share in zip(ends, shares, strict=True)]


def _limited(shares: Sequence[Share], places: Sequence[slice], bars: NDArray[Any], outs: NDArray[Any]) -> Params:
    """Return the parameters with the limits in force for each row of `outs`."""
    params = shares[0].own.params
    if all(share.limits is None for share in shares):
        return params
    found = [
        np.repeat(params.risk.limits, share.slots.size) if share.limits is None else share.limits(bars["ts"][place])
        for share, place in zip(shares, places, strict=True)
    ]
    outs["control"] = np.arange(len(outs))
    return params._replace(risk=params.risk._replace(limits=found[0] if len(found) == 1 else np.concatenate(found)))
