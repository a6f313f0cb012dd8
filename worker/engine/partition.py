"""The engine of one input partition: records in, outcomes out. Batch boundaries never affect a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import JournalEntry, StrategyState
from schemas.tick import interval_ms
from worker.engine.again import Again
from worker.engine.controls import MODEL, STRATEGY, Controls
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.output.rows import OutputRows
from worker.engine.pipeline import OUTPUT, params
from worker.engine.records import key_table
from worker.engine.records.raw import ROW, RawRecords
from worker.engine.rescaling.pieces import Pieces
from worker.engine.rescaling.splitting import Due, Splitting, SplittingAgain
from worker.engine.rescaling.state import newest_time
from worker.engine.scoring.scorer import Scorer
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import NO_EXTRAS, Decoded, Decoder
from worker.engine.state.beside import Beside
from worker.engine.state.fingerprints import Fingerprints
from worker.engine.state.frames import Spill
from worker.engine.state.layout import STATE
from worker.engine.state.symbols import Symbols
from worker.engine.steps import Limits, Own, Share, go, look
from worker.engine.strategy.hooked import Chosen, Find, Hooked
from worker.engine.switching.changing import Changing
from worker.engine.switching.keeping import Keeping, SymbolState
from worker.engine.switching.variants import Variants
from worker.errors import ConfigError

Switched = dict[bytes, Callable[[JournalEntry], None]]
Removed = dict[bytes, Callable[[Sequence[JournalEntry]], None]]


class PartitionEngine:
    """State of one partition's symbols and the step over a batch of its records.

    `touched` holds per record of the last batch the slot whose state it changed, -1 for none.
    """

    def __init__(
        self,
        settings: EngineSettings,
        spill: Spill | None = None,
        scorer: Scorer | None = None,
        strategy: Hooked | None = None,
        find: Find | None = None,
    ) -> None:
        """Create an engine without state; `find` returns the strategies that switches name.

        Raises:
            ConfigError: a strategy is configured and not given, or the reverse.
        """
        if settings.strategy.configured != (strategy is not None):
            raise ConfigError("a strategy decides only where it is configured and loaded", "See engine.strategy")
        self._settings = settings
        self._params = params(settings)
        intervals = {s: interval_ms(i.interval) for s, i in settings.instruments.items() if i.interval}
        self.decoder = Decoder(settings.ingestion, intervals)
        self._builder = OutcomeBuilder(settings, None if scorer is None else scorer.names)
        self.fingerprints = Fingerprints(settings)
        self._strategy, self._key = strategy, STRATEGY + (settings.strategy.name or "").encode()
        self._variants: Variants | None = None
        self._begin(spill)
        if strategy is not None:
            configured = Chosen(strategy, settings.strategy.version, 0)
            self._variants = Variants(configured, self.symbols, find, self.extra)
            self._bind(self._variants)
        self.controls = Controls(self._params.risk.limits, *self._switches(scorer))
        self.touched = np.zeros(0, np.int64)
        self._rows = OutputRows()
        self._scorer = scorer
        self._own = self._owned()

    @property
    def known(self) -> int:
        """Symbols with at least one accepted bar."""
        return len(self.symbols)

    @property
    def most(self) -> int:
        """Limit of symbols: further ones are rejected."""
        return self._settings.ingestion.max_symbols

    @property
    def alone(self) -> bool:
        """Whether a step must be one of this engine only: a strategy decides, or corporate actions cut batches."""
        return self._variants is not None or bool(self.controls.acting)

    @property
    def extra(self) -> tuple[str, ...]:
        """Names of the columns of `Decoded.extras`."""
        return self._settings.ingestion.extra

    @property
    def spilled(self) -> int:
        """Symbols whose state is not in memory."""
        return self.symbols.frames.spilled

    def newest_time(self, key: bytes) -> int | None:
        """Return the newest decided time of a symbol, epoch ms UTC; None if nothing is known of it."""
        slot = self.symbols.get(key)
        return None if slot is None else newest_time(self.symbols.frames.state(slot).view(STATE)[0])

    def begin_anew(self) -> None:
        """Forget all symbols."""
        self._begin(None)
        self._own = self._owned()

    def _begin(self, spill: Spill | None) -> None:
        beside = None if self._strategy is None else Beside(self._strategy)
        self.symbols = Symbols(self._settings, spill, beside)
        if self._variants is not None:
            self._variants.begin(self.symbols)
        self._bind(self._variants)
        self._again = Again()

    def _bind(self, variants: Variants | None) -> None:
        self._keeping = Keeping(self._settings, self.symbols, self.fingerprints, variants)
        self._changing = None if variants is None else Changing(self.symbols, self._keeping, variants)
        self._splitting = Splitting(self._settings, self.symbols, self._keeping, variants, self._changing)

    def _owned(self) -> Own:
        return Own(
            params=self._params,
            most=self.most,
            symbols=self.symbols,
            keeping=self._keeping,
            controls=self.controls,
            scorer=self._scorer,
            variants=self._variants,
            changing=self._changing,
            key=self._key,
        )

    def _switches(self, scorer: Scorer | None) -> tuple[Switched, Removed]:
        """Return what hears of the journal's entries that switch something, and of those removed, by key."""
        switched, removed = Switched(), Removed()
        if scorer is not None:
            switched[MODEL] = partial(_switch, scorer)
        if self._variants is not None:
            switched[self._key] = partial(_switch_strategy, self._variants)
            removed[self._key] = partial(_forget, self._variants)
        return switched, removed

    def advance_raw(self, raw: RawRecords) -> None:
        """Advance the state as `step_raw`, without output rows."""
        if len(raw):
            self.step_raw(raw)

    def step_raw(self, raw: RawRecords) -> tuple[Decoded, NDArray[Any]]:
        """Return decoded raw records and their output rows (`pipeline.OUTPUT`), in order, without per-record objects.

        The output rows are valid until the next call.
        """
        decoded = self.decoder.decode_raw(raw)
        dues = self._splitting.of_raw(self.controls, raw, decoded.bars) if self.controls.acting else []

        def step(part: slice) -> NDArray[Any]:
            some, bars = raw.slice(part.start, part.stop), decoded.bars[part]
            return self._batch(self.begun(some, bars["mask"] == 0), bars, decoded.extras[part])

        return decoded, self._in_pieces(dues, len(raw), step)

    def step(self, keys: Sequence[bytes | None], decoded: Decoded) -> NDArray[Any]:
        """Return the output rows (`pipeline.OUTPUT`) of decoded records, in order; without control records only."""
        assert not len(self.controls), "which control records a record meets depends on its offset"
        known = len(self.symbols)
        found = self.symbols.slots(keys, (decoded.bars["mask"] == 0).tolist())
        self._keeping.settle(found[0])
        outs = np.zeros(len(keys), OUTPUT)
        self._go(Share(self._own, known, *found, None, None), decoded.bars, outs, decoded.extras)
        return outs

    def step_key(
        self,
        key: bytes | None,
        bars: NDArray[Any],
        extras: NDArray[np.float64] = NO_EXTRAS,
        offsets: NDArray[np.int64] | None = None,
    ) -> NDArray[Any]:
        """Return the output rows of BAR rows that all have this key, in order, without per-record objects.

        `extras` are those of `Decoded`. Where there are control records, input `offsets` (n,) tell which of them a
        record meets. The output rows are valid until the next call.
        """
        assert offsets is not None or not self.controls, "which control records a record meets depends on its offset"
        dues = list[Due]()
        if offsets is not None and key is not None and key in self.controls.acting:
            dues = self._splitting.of_key(self.controls, key, offsets, bars)

        def step(part: slice) -> NDArray[Any]:
            some, at, known = bars[part], None if offsets is None else offsets[part], len(self.symbols)
            found = self.symbols.slots_of(key, some["mask"] == 0)
            limits = partial(self.controls.limits_of, key or b"", np.zeros(0, np.int64) if at is None else at)
            return self._batch(self._share(known, *found, at, limits), some, extras[part])

        return self._in_pieces(dues, len(bars), step)

    def step_keys(self, keys: Sequence[bytes | None], decoded: Decoded, offsets: NDArray[np.int64]) -> NDArray[Any]:
        """Return the output rows of decoded records at input `offsets` (n,), in order.

        Control records apply. The output rows are valid until the next call.
        """
        dues = self._splitting.of_keys(self.controls, keys, offsets, decoded.bars) if self.controls.acting else []

        def step(part: slice) -> NDArray[Any]:
            some, bars, at, known = keys[part], decoded.bars[part], offsets[part], len(self.symbols)
            found = self.symbols.slots(some, (bars["mask"] == 0).tolist())
            limits = partial(self.controls.limits_of_keys, some, at)
            return self._batch(self._share(known, *found, at, limits), bars, decoded.extras[part])

        return self._in_pieces(dues, len(keys), step)

    def begun(self, raw: RawRecords, wanted: NDArray[np.bool_]) -> Share:
        """Return raw records for `steps.go`, which must follow; keys that are `wanted` get a slot."""
        known = len(self.symbols)
        found = self.symbols.slots_raw(raw, wanted)
        return self._share(known, *found, raw.rows["offset"], partial(self.controls.limits, raw))

    def _share(
        self,
        known: int,
        slots: NDArray[np.int64],
        new: Sequence[bytes],
        offsets: NDArray[np.int64] | None,
        limits: Limits,
    ) -> Share:
        self._keeping.settle(slots)
        return Share(self._own, known, slots, new, offsets, limits if self.controls else None)

    def _batch(self, share: Share, bars: NDArray[Any], extras: NDArray[np.float64]) -> NDArray[Any]:
        outs = self._rows.rows(share.slots)
        self._go(share, bars, outs, extras)
        return outs

    def _go(self, share: Share, bars: NDArray[Any], outs: NDArray[Any], extras: NDArray[np.float64]) -> None:
        go([share], bars, outs, extras)
        self.touched = share.touched

    def _in_pieces(self, dues: Sequence[Due], count: int, step: Callable[[slice], NDArray[Any]]) -> NDArray[Any]:
        """Step a batch, cut where corporate actions take effect."""
        if not dues:
            return step(slice(0, count))
        pieces = Pieces(count, step, lambda: self.touched)
        pieces.play(dues, self._splitting)
        self.touched = pieces.touched
        return pieces.outs

    def warm_up(self) -> None:
        """Compile every kernel, or load it from the cache, before the first record and before joining a group."""
        key_table.warm_up()
        nothing = RawRecords(np.zeros(0, np.uint8), np.zeros(0, ROW))
        bars, none = self.decoder.decode_raw(nothing).bars, np.zeros(0, np.int64)
        self._batch(Share(self._own, 0, none, (), None, None), bars, NO_EXTRAS)
        if self._scorer is not None:
            self._scorer.warm_up()

    def warm_again_raw(self, raw: RawRecords) -> None:
        """Rebuild the `derived` parts of known symbols, and a strategy's indicators where they are lost.

        The bars are those that the `carry` parts already contain.
        """
        if not len(raw):
            return
        decoded = self.decoder.decode_raw(raw)

        def step(part: slice) -> NDArray[Any]:
            some, bars = raw.slice(part.start, part.stop), decoded.bars[part]
            slots, new = self.symbols.slots_raw(some, np.zeros(len(some), np.bool_))
            share = Share(self._own, len(self.symbols), slots, new, None, None)
            outs = self._rows.rows(slots)
            with self._again.times(self.symbols.states, slots, share.frames):
                look([share], bars, outs)
            for variant, lost in self._keeping.rebuilding(slots, share.frames):
                variant.hooking.observe(share.order, lost, bars, outs, self.symbols, decoded.extras[part])
            return outs

        splitting = SplittingAgain(self._splitting, self._again)
        dues = splitting.of_raw(self.controls, raw, decoded.bars) if self.controls.acting else []
        Pieces(len(raw), step).play(dues, splitting)

    def reserve(self, symbols: int) -> None:
        """Allocate for this many symbols at once, before they are loaded."""
        self.symbols.reserve(symbols)

    def export(self, slot: int) -> SymbolState:
        """Return the state in a slot."""
        return self._keeping.export(slot)

    def load(self, key: bytes, carry: bytes, derived: bytes | None, strategy: StrategyState | None = None) -> int:
        """Set a symbol's state and return its slot, see `Keeping.load`."""
        return self._keeping.load(key, carry, derived, strategy)

    def wants_bars(self, slot: int) -> int | None:
        """Return how many bars of `warm_again_raw` rebuild what a strategy's indicators had seen; None: nothing lacks.

        0 is any number.
        """
        return self._keeping.wants_bars(slot)


# Not methods: the engine would be part of a cycle and keep its memory until the garbage collector runs.
def _switch(scorer: Scorer, entry: JournalEntry) -> None:
    scorer.switch(entry.ordinal, entry.control.model if entry.control else None)


def _switch_strategy(variants: Variants, entry: JournalEntry) -> None:
    variants.switch(entry.ordinal, entry.control.strategy if entry.control else None)


def _forget(variants: Variants, entries: Sequence[JournalEntry]) -> None:
    variants.forget([entry.ordinal for entry in entries])
