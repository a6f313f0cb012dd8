"""A strategy's step in plain Python: the same file, the same bytes; for breakpoints."""

from __future__ import annotations

import ctypes
import math
import sys
from collections import namedtuple
from typing import Any

from worker.engine.asking.intent import (
    INTENT,
    KEEP,
    MARKET,
    NO_TAG,
    NOTES,
    OK,
    RAISED,
    UNSAID,
    WARMING_UP,
    Status,
)
from worker.engine.bar import BAR
from worker.engine.strategy.hooked import Observation
from worker.strategy.describing.definition import EXTRA_PART, Definition
from worker.strategy.running.layout import CARRY, OF_CARRY, OF_OUTPUT, OUTPUT, Part
from worker.strategy.running.observing import Observing
from worker.strategy.running.playing import InterpretedPlayer
from worker.strategy.running.reading import Reader, Writer
from worker.strategy.running.splitting import writer

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * 9)


class Order:
    """What the step says; a name that the engine does not know is refused."""

    __slots__ = INTENT.names or ()

    status: int  # the engine's
    side: int
    qty: float
    share: float
    risk: float
    strength: float
    stop: float
    target: float
    entry: int
    price: float
    bars: int
    resize: int
    tag: int
    notes: list[float]

    def silence(self) -> None:
        """Say nothing, as `intent.silence`."""
        self.status = Status.not_asked
        self.side = KEEP
        self.qty = self.share = self.risk = UNSAID
        self.strength = 1.0
        self.stop = self.target = self.price = math.nan
        self.entry = MARKET
        self.bars = 1
        self.resize = 0
        self.tag = NO_TAG
        self.notes = [math.nan] * NOTES


class _Lazy:
    """A record of the output row that is read only where the step asks for it."""

    def __init__(self, name: str, part: Part) -> None:
        record, self._offset = part.of(OUTPUT)
        self._reader = Reader(name, record)

    def __get__(self, context: Any, owner: Any) -> Any:
        return self._reader.read(context._output + self._offset)


class Context:
    """The `c` of an interpreted step."""

    __slots__ = ("_output", "bar", "extra", "ind", "order", "p", "position", "state", "was")

    bar: Any
    ind: Any
    was: Any
    state: Any
    position: Any
    order: Order
    p: Any
    extra: Any  # None where it reads none
    _output: int  # address of the row

    closed = _Lazy("Closed", OF_OUTPUT["closed"])
    features = _Lazy("Features", OF_OUTPUT["features"])
    regime = _Lazy("Regime", OF_OUTPUT["regime"])
    timeframes = _Lazy("Timeframes", OF_OUTPUT["timeframes"])
    model = _Lazy("Model", OF_OUTPUT["model"])


def _listen() -> None:
    """Keep what breaks a call off before its body begins, as an interrupt may: ctypes tells the hook of it alone."""
    before = sys.unraisablehook
    if getattr(before, "keeps_fatal", False):
        return

    def keep(unraisable: sys.UnraisableHookArgs) -> None:
        strategy = getattr(unraisable.object, "__self__", None)
        if isinstance(strategy, Interpreted):
            strategy._fatal = unraisable.exc_value
        else:
            before(unraisable)

    keep.keeps_fatal = True  # type: ignore[attr-defined]
    sys.unraisablehook = keep


class Interpreted(Observing):
    """A strategy in Python (`engine.strategy.hooked.Hooked`). A call takes the GIL."""

    def __init__(self, definition: Definition) -> None:
        record = definition.record.dtype
        p = namedtuple("Parameters", record.names or ())(*definition.record[0].item())
        super().__init__(definition, None if definition.rolling is None else InterpretedPlayer(definition, p))
        self.params = definition.record
        self._step = definition.step
        self._context = Context()
        self._context.order = Order()
        self._context.p = p
        self._bar = Reader("Bar", BAR)
        self._values = Reader("Indicators", definition.values)
        self._extra = Reader("Extra", definition.row[EXTRA_PART]) if definition.extra else None
        self._extra_at = definition.row.itemsize - 8 * len(definition.extra)
        self._context.extra = None
        self._needed = [i for i, needed in enumerate(definition.needed) if needed]
        position, self._position_at = OF_CARRY["position"].of(CARRY)
        self._position = Reader("Position", position)
        self._state = writer(definition)
        self._intent = Writer(Order, INTENT)
        self._fatal: BaseException | None = None
        _listen()
        self._callback = CALLBACK(self._call)
        self.address = ctypes.cast(self._callback, ctypes.c_void_p).value or 0

    def observe(self, seen: Observation) -> None:
        """Advance the indicators of a batch; raise what ended the batch before.

        Raises:
            BaseException: an interrupt, or no memory, at a step before.
        """
        self.raise_fatal()
        super().observe(seen)

    def raise_fatal(self) -> None:
        """Raise what ended a step and is no failure of it: C code can't pass it on.

        Raises:
            BaseException: an interrupt, or no memory.
        """
        super().raise_fatal()
        if self._fatal is not None:
            fatal, self._fatal = self._fatal, None
            raise fatal

    def _call(
        self,
        carry: int,
        instrument: int,
        bar: int,
        output: int,
        values: int,
        was: int,
        own: int,
        intent: int,
        params: int,
    ) -> int:
        try:
            return self._step_at(carry, bar, output, values, was, own, intent)
        except MemoryError as error:
            self._fatal = error
        except Exception:
            pass
        except BaseException as error:
            self._fatal = error
        return RAISED

    def _step_at(self, carry: int, bar: int, output: int, values: int, was: int, own: int, intent: int) -> int:
        context = self._context
        context.ind, context.was = self._values.read(values), self._values.read(was)
        # All are finite or NaN, so that a sum tells quickly that none is NaN.
        known = sum(context.ind) + sum(context.was)
        if known != known and any(math.isnan(each[i]) for i in self._needed for each in (context.ind, context.was)):
            return WARMING_UP
        context.bar, context._output = self._bar.read(bar), output
        if self._extra is not None:
            context.extra = self._extra.read(values + self._extra_at)
        context.position = self._position.read(carry + self._position_at)
        state = context.state = self._state.load(own)
        order = context.order
        order.silence()
        self._step(context)
        self._state.store(state, own)
        self._intent.store(order, intent)
        return OK
