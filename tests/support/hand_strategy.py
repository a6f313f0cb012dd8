"""A strategy written by hand against the engine's protocol: a C function, two averages, a state of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import carray, cfunc, types
from numba.np.numpy_support import from_dtype
from numpy.typing import NDArray

from worker.engine.asking.intent import FLAT, INTENT, LONG, OK, RAISED, SHORT, WARMING_UP
from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.kernel import kernel
from worker.engine.pipeline import OUTPUT
from worker.engine.state.layout import CARRY
from worker.engine.strategy.hooked import Observation, Part

FAST, SLOW = 5, 20  # bars
VALUES = np.dtype([("fast", "f8"), ("slow", "f8")])
OWN = np.dtype([("steps", "i8"), ("crosses", "i4")], align=True)
PARAMS = np.dtype([("share", "f8"), ("stop", "f8"), ("raise_every", "i8"), ("invalid_every", "i8")], align=True)
HEAD = 1  # words of the memory before its ring of closes


@kernel
def _averages(order, slots, bars, outs, memory, values, was):  # type: ignore[no-untyped-def]
    for i in range(order.size):
        row = order[i]
        slot = slots[row]
        values[row, 0] = values[row, 1] = was[row, 0] = was[row, 1] = math.nan
        if slot < 0 or not outs[row].validation.accepted:
            continue
        ring = memory[slot]
        if outs[row].validation.shift:
            ring[:] = 0.0
        for k in range(2):
            was[row, k] = _mean(ring, FAST if k == 0 else SLOW)
        ring[HEAD + np.int64(ring[0]) % SLOW] = bars[row].close
        ring[0] += 1.0
        for k in range(2):
            values[row, k] = _mean(ring, FAST if k == 0 else SLOW)


@kernel
def _mean(ring, n):  # type: ignore[no-untyped-def]
    count = np.int64(ring[0])
    if count < n:
        return math.nan
    total = 0.0
    for k in range(count - n, count):
        total += ring[HEAD + k % SLOW]
    return total / n


def _pointer(record: Any) -> Any:
    return types.CPointer(from_dtype(record))


RECORDS = (CARRY, INSTRUMENT, BAR, OUTPUT, VALUES, VALUES, OWN, INTENT, PARAMS)
SIGNATURE = types.int64(*map(_pointer, RECORDS))


@cache
def compiled(step: Callable[..., Any]) -> Any:
    """A C function of the engine's protocol."""
    return cfunc(SIGNATURE, error_model="numpy")(step)


def crossing(carry, inst, bar, out, values, was, own, intent, params):  # type: ignore[no-untyped-def]
    """Long above the slow average and short below it, with a stop; raises and errs as often as it is told."""
    now, before, kept = carray(values, 1)[0], carray(was, 1)[0], carray(own, 1)[0]
    said, p = carray(intent, 1)[0], carray(params, 1)[0]
    close, side = carray(bar, 1)[0].close, carray(carry, 1)[0].position.side
    if math.isnan(now.slow) or math.isnan(before.slow):
        return WARMING_UP
    kept.steps += 1
    up, down = now.fast > now.slow, now.fast < now.slow
    if (up and before.fast <= before.slow) or (down and before.fast >= before.slow):
        kept.crosses += 1
    said.notes[0] = kept.crosses
    if side == 0 and (up or down):
        said.side = LONG if up else SHORT
        said.share = p.share
        said.stop = close * (1.0 - said.side * p.stop)
        said.tag = 0
    elif (side > 0 and down) or (side < 0 and up):
        said.side = FLAT
        said.tag = 1
    if p.raise_every > 0 and kept.steps % p.raise_every == 0:
        return RAISED
    if p.invalid_every > 0 and kept.steps % p.invalid_every == 0:
        said.share = math.nan
    return OK


class Hand:
    """`Hooked` around such a function."""

    address: int
    words, own, columns = HEAD + SLOW, OWN, len(VALUES.names or ())
    extra = ()

    def __init__(self, function: Any = None, **params: float) -> None:
        self._function = function or compiled(crossing)
        self.address = self._function.address
        self.params: NDArray[Any] = np.zeros(1, PARAMS)
        self.params["share"], self.params["stop"] = 0.1, 0.02
        for name, value in params.items():
            self.params[name] = value

    plan = "averages"
    parts: Sequence[Part] = ()

    def rebuilding(self, interval_ms: int) -> int:
        """Any number of bars."""
        return 0

    @property
    def units(self) -> NDArray[np.float64]:
        """All but the counter are prices."""
        return np.where(np.arange(self.words) < HEAD, np.nan, 1.0)

    def split(self, own: NDArray[np.uint8], factor: float) -> None:
        """Its own state has no prices."""

    def migrate(self, old: dict[str, Any]) -> Mapping[str, Any] | None:
        """No migration."""
        return None

    def deciding(self) -> None:
        """Nobody watches."""

    def raise_fatal(self) -> None:
        """Nothing is fatal."""

    def observe(self, seen: Observation) -> None:
        """Advance both averages."""
        _averages(*seen[:7])
