"""The bars of a batch at which a corporate action takes effect, and what it does to the symbol there.

It takes effect with the first accepted bar from its time on. The newest decided time of the symbol, which the state
keeps, tells whether that is over, so that no restart or replay can repeat it. Until then a bar from its time on is
judged at the new price level, and if it is rejected the state stays at the old one. After a later bar was decided an
action does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.state import StrategyState
from worker.engine.again import Again
from worker.engine.asking.standing import STANDING
from worker.engine.controls import Action, Controls
from worker.engine.records.key_table import KeyIndex
from worker.engine.records.raw import RawRecords
from worker.engine.rescaling.state import newest_time, rescale, rescale_derived
from worker.engine.rescaling.units import multiply, of_standing
from worker.engine.settings import EngineSettings
from worker.engine.state.layout import STATE
from worker.engine.state.symbols import Symbols
from worker.engine.switching.changing import Changing
from worker.engine.switching.keeping import FRESH, Keeping
from worker.engine.switching.variants import Variant, Variants


class Due(NamedTuple):
    """A row of a batch at which an action may take effect."""

    row: int
    key: bytes
    action: Action


class Before(NamedTuple):
    """A symbol's state before an action, as bytes, with what lies beside it."""

    slot: int
    action: Action
    whole: NDArray[np.uint8]
    former: StrategyState | None


class Splitting:
    """The corporate actions of one engine."""

    _clamped = False  # whether records before all entries that are left meet the first of them

    def __init__(
        self,
        settings: EngineSettings,
        symbols: Symbols,
        keeping: Keeping,
        variants: Variants | None,
        changing: Changing | None,
    ) -> None:
        self._settings, self._symbols, self._keeping = settings, symbols, keeping
        self._variants, self._changing = variants, changing

    def of_raw(self, controls: Controls, raw: RawRecords, bars: NDArray[Any]) -> list[Due]:
        """Return the rows of a batch at which an action may take effect, in order; none in most batches."""
        index, found = KeyIndex(list(controls.acting)), list[Due]()
        places, offsets = index.places(raw), np.ascontiguousarray(raw.rows["offset"])
        for place, key in enumerate(index.keys):
            rows = np.flatnonzero(places == place)
            if rows.size:
                found += self._due(controls, key, rows, offsets[rows], bars[rows])
        return sorted(found)

    def of_key(self, controls: Controls, key: bytes, offsets: NDArray[np.int64], bars: NDArray[Any]) -> list[Due]:
        """Return the same for records that all have one key, which has an action."""
        return self._due(controls, key, np.arange(len(bars)), offsets, bars)

    def of_keys(
        self,
        controls: Controls,
        keys: Sequence[bytes | None],
        offsets: NDArray[np.int64],
        bars: NDArray[Any],
    ) -> list[Due]:
        """Return the same for records with these keys."""
        found = list[Due]()
        for key in controls.acting:
            rows = np.array([row for row, each in enumerate(keys) if each == key], np.int64)
            if rows.size:
                found += self._due(controls, key, rows, offsets[rows], bars[rows])
        return sorted(found)

    def is_due(self, due: Due) -> bool:
        """Return whether an action takes effect with the next bar of its symbol, if that is accepted."""
        slot = self._symbols.get(due.key)
        newest = None if slot is None else self._newest(slot)
        return newest is not None and newest < due.action.ex_ts

    def apply(self, due: Due) -> Before:
        """Bring a symbol that `is_due` to the price level of the action.

        Raises:
            ConfigError: the strategy's `split` raises.
        """
        slot = self._symbols.get(due.key)
        assert slot is not None
        frames = self._symbols.frames
        frames.state(slot)  # to memory
        before = Before(slot, due.action, frames.read(slot), self._keeping.former(slot))
        self._rescale(slot, frames.frame(slot), due.action)
        return before

    def undo(self, before: Before) -> None:
        """Bring a symbol back to the level before an action, after a bar that was rejected at the new one."""
        frames = self._symbols.frames
        row = frames.state(before.slot)
        judged, old = row.copy().view(STATE)[0], before.whole[: STATE.itemsize].view(STATE)[0]
        row[:] = before.whole[: STATE.itemsize]
        state = row.view(STATE)[0]
        for name in ("sequence", "decided"):
            state["carry"][name] = judged["carry"][name]
        validation, known, found = (each["derived"]["validation"] for each in (state, old, judged))
        for name in ("late", "late_ts"):
            validation[name] = found[name]
        waiting = int(found["pending"])
        if waiting and found["candidates"][waiting - 1]["ts"] >= before.action.ex_ts:  # that bar is one of them
            validation["pending"], validation["candidates"] = waiting, found["candidates"]
            for i in range(waiting):
                if validation["candidates"][i]["ts"] < before.action.ex_ts:
                    validation["candidates"][i] = known["candidates"][i]
        if frames.beside is not None:
            frames.beside.write(frames.frame(before.slot), before.whole[STATE.itemsize :])
        if before.former is not None:
            self._keeping.keep_former(before.slot, before.former)

    def _newest(self, slot: int) -> int | None:
        self._keeping.settle(np.array([slot]))
        return newest_time(self._symbols.frames.state(slot).view(STATE)[0])

    def _due(
        self,
        controls: Controls,
        key: bytes,
        rows: NDArray[np.int64],
        offsets: NDArray[np.int64],
        bars: NDArray[Any],
    ) -> list[Due]:
        seen, actions = controls.acting[key].actions(offsets, self._clamped)
        slot = self._symbols.get(key)
        newest = None if slot is None else self._newest(slot)
        found = []
        for place in np.unique(seen).tolist():
            action = actions[place]
            if action is None or (newest is not None and newest >= action.ex_ts):
                continue
            may = (seen == place) & (bars["mask"] == 0) & (bars["ts"] >= action.ex_ts)
            found += [Due(row, key, action) for row in rows[may].tolist()]
        return found

    def _rescale(self, slot: int, frame: int, action: Action) -> None:
        symbols, former = self._symbols, self._keeping.former(slot)
        rescale(symbols.frames.raw[frame], symbols.instruments[frame], action, self._settings)
        beside, variant = symbols.frames.beside, self._variant(slot)
        if beside is None:
            return
        multiply(beside.standings[frame : frame + 1].view(np.float64), of_standing(), action.factor)
        if former is not None:
            standing = np.frombuffer(former.standing, STANDING).copy()
            multiply(standing.view(np.float64), of_standing(), action.factor)
            # Whichever strategy comes next takes its indicators from bars.
            stored = msgspec.structs.replace(former, standing=standing.tobytes(), plan="", parts=[])
            self._keeping.keep_former(slot, stored)
        if variant is not None:
            self._rescale_memory(slot, frame, variant, action.factor)
            own = beside.own[frame].view(np.uint8)[: variant.shape.own.itemsize]
            variant.strategy.split(own, action.factor)

    def _rescale_memory(self, slot: int, frame: int, variant: Variant, factor: float) -> None:
        """Bring a strategy's indicators to another level; what has no unit sees the symbol's newest bars again."""
        assert self._symbols.frames.beside is not None
        memory, units = self._symbols.frames.beside.memory[frame, : variant.shape.words], variant.strategy.units
        unknown = np.isnan(units)
        multiply(memory, np.where(unknown, 0.0, units), factor)
        if unknown.any():
            assert self._changing is not None
            memory[unknown] = self._changing.rebuilt(variant, slot)[unknown]

    def _variant(self, slot: int) -> Variant | None:
        ordinal = int(self._keeping.ordinals(np.array([slot]))[0])
        return None if self._variants is None or ordinal == FRESH else self._variants.live(ordinal)


class SplittingAgain(Splitting):
    """The corporate actions that bars of a warm-up meet once more: the `carry` part has had them.

    Entries that only such bars have met may be gone. A later one of the symbol then stands for them.
    """

    _clamped = True

    def __init__(self, base: Splitting, again: Again) -> None:
        vars(self).update(vars(base))
        self._again = again

    def _newest(self, slot: int) -> int | None:
        return self._again.newest(slot)

    def _rescale(self, slot: int, frame: int, action: Action) -> None:
        rescale_derived(self._symbols.frames.raw[frame], action, self._settings)
        variant = self._variant(slot)
        if variant is not None and self._keeping.wants_bars(slot) is not None:
            self._rescale_memory(slot, frame, variant, action.factor)
