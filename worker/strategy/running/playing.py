"""Plays a strategy's rolling code over a batch, compiled or interpreted, after its indicators."""

from __future__ import annotations

import copy
import math
from collections import namedtuple
from typing import Any, Protocol

import numba
import numpy as np
from numba.np.numpy_support import from_dtype
from numpy.typing import NDArray

from worker.engine.bar import BAR
from worker.engine.strategy.hooked import Observation
from worker.strategy.describing.definition import Definition
from worker.strategy.describing.rolling import SEEN, WAS
from worker.strategy.running.layout import EXTRA, OUTPUT
from worker.strategy.running.machine import Machine
from worker.strategy.running.reading import Reader, Writer

OBSERVED = ("bar", "ind", "was", "memory", "out", "p")

PLAY = '''"""The rolling code of a strategy over a batch."""


@numba.njit(SIGNATURE, cache=KEPT, nogil=True, **OPTIONS)
def play(order, slots, bars, outs, memories, room, inds, published, befores, extras, params):
    nan = NAN
    for i in range(order.size):
        row = order[i]
        slot = slots[row]
        if slot < 0 or not outs[row].validation.accepted:
            continue
        if outs[row].validation.shift:
            memories[slot] = room[0]
        memory, out, was = memories[slot], published[row], befores[row]
        seen = memory.{seen} != 0
        {recall}
        {forget}
        room[1] = memory
        try:
            observe(Context(bars[row], inds[row], was, memory, out, params[0]{extra}))
        except Exception:
            memories[slot] = room[1]
            {forget_again}
        memory.{seen} = 1
        {keep}
'''


class Player(Protocol):
    """Plays a batch."""

    def play(self, seen: Observation) -> None:
        """Write what the code publishes to the last columns of `values` and `was`, and the memory of each symbol.

        Where it raises, its memory is as it was before the bar, and what it publishes is not known.
        """
        ...


def play_stub(published: tuple[str, ...], extra: bool = False) -> str:
    """Return the stub for these names: a record has no fields by number. `extra`: extra columns of ticks are read."""

    def each(line: str, depth: int) -> str:
        return ("\n" + " " * 4 * depth).join(line.format(name=name) for name in published)

    return PLAY.format(
        seen=SEEN,
        extra=", extras[row]" if extra else "",
        recall=each(f"was.{{name}} = memory.{WAS}{{name}} if seen else nan", 2),
        forget=each("out.{name} = nan", 2),
        forget_again=each("out.{name} = nan", 3),
        keep=each(f"memory.{WAS}{{name}} = out.{{name}}", 2),
    )


class _Views:
    """The arrays of a batch as records by name; layouts are those of the definition."""

    def __init__(self, definition: Definition) -> None:
        own = definition.rolling
        assert own is not None
        self.record, self.at = own.record, definition.plan.words
        every = definition.names
        columns = len(every) - len(own.published)
        size = 8 * len(every)
        self.ind = self._part(every[:columns] or ("nothing",), 0, size)
        self.out = self._part(own.published, 8 * columns, size)
        self.was = self._part(every, 0, size)
        at = size if definition.extra else 0  # nothing reads it without one
        self.extra = self._part(definition.extra or ("nothing",), at, size + 8 * len(definition.extra))

    @staticmethod
    def _part(names: tuple[str, ...], at: int, size: int) -> np.dtype[Any]:
        offsets = [at + 8 * i for i in range(len(names))]
        return np.dtype({"names": names, "formats": ["f8"] * len(names), "offsets": offsets, "itemsize": size})

    def memories(self, memory: NDArray[np.float64]) -> NDArray[Any]:
        return np.ndarray((len(memory),), self.record, memory, 8 * self.at, (memory.strides[0],))


def _rows(kind: np.dtype[Any], values: NDArray[np.float64]) -> NDArray[Any]:
    return np.ndarray((len(values),), kind, values, 0, (values.strides[0],))


class CompiledPlayer:
    """Plays by machine code."""

    def __init__(self, definition: Definition, compiler: Machine) -> None:
        assert definition.rolling is not None
        self._views, self._params = _Views(definition), definition.record
        self._room = np.zeros(2, self._views.record)  # zero, and the memory before the bar
        views = self._views
        rows = (views.ind, views.out, views.was, views.extra)
        records = (BAR, OUTPUT, views.record, views.record, *rows, definition.record.dtype)
        number = numba.types.Array(numba.types.int64, 1, "A")
        kinds = [numba.types.Array(from_dtype(record), 1, "A") for record in records]
        self._play = compiler.built(
            "play",
            play_stub(definition.rolling.published, bool(definition.extra)),
            {
                "SIGNATURE": numba.types.void(number, number, *kinds),
                "Context": namedtuple("Context", (*OBSERVED, EXTRA) if definition.extra else OBSERVED),
                "observe": compiler.jitted(definition.rolling.observe),
                "NAN": math.nan,
            },
        )

    def other(self, definition: Definition) -> CompiledPlayer:
        """Return the same machine code with other values of the parameters."""
        found = copy.copy(self)
        found._views, found._params = _Views(definition), definition.record
        found._room = np.zeros(2, found._views.record)
        return found

    def play(self, seen: Observation) -> None:
        """Play a batch (`Player`)."""
        views = self._views
        inds, published = _rows(views.ind, seen.values), _rows(views.out, seen.values)
        befores, memories = _rows(views.was, seen.was), views.memories(seen.memory)
        extras = _rows(views.extra, seen.values)
        self._play(*seen[:4], memories, self._room, inds, published, befores, extras, self._params)


class Observed:
    """The `c` of an interpreted `observe`."""

    __slots__ = (*OBSERVED, EXTRA)

    bar: Any
    ind: Any
    was: Any
    memory: Any
    out: Any
    p: Any
    extra: Any


class InterpretedPlayer:
    """Plays in plain Python."""

    def __init__(self, definition: Definition, p: Any) -> None:
        own = definition.rolling
        assert own is not None
        self._observe, self._published, self._views = own.observe, own.published, _Views(definition)
        self._context = Observed()
        self._context.p = p
        self._bar, self._ind = Reader("Bar", BAR), Reader("Indicators", self._views.ind)
        self._was = Reader("Before", self._views.was)
        self._extra = Reader("Extra", self._views.extra) if definition.extra else None
        self._out: Any = type("Out", (), {"__slots__": own.published})
        published = np.dtype([(name, "f8") for name in own.published])
        self._write, self._out_at = Writer(self._out, published), self._views.ind.itemsize - published.itemsize
        self._memory = Writer(type("Memory", (), {"__slots__": own.record.names}), own.record)

    def play(self, seen: Observation) -> None:
        """Play a batch (`Player`)."""
        judged, memory = seen.outs["validation"], seen.memory
        memories = self._views.memories(memory)
        for row in seen.order.tolist():
            slot = seen.slots[row]
            if slot < 0 or not judged["accepted"][row]:
                continue
            if judged["shift"][row]:
                memories[slot] = np.zeros((), self._views.record)
            addresses = (each.ctypes.data + row * each.strides[0] for each in (seen.bars, seen.values, seen.was))
            self._play_bar(memory.ctypes.data + slot * memory.strides[0] + 8 * self._views.at, *addresses)

    def _play_bar(self, memory: int, bar: int, values: int, was: int) -> None:
        kept, context, out = self._memory.load(memory), self._context, self._out()
        before = self._was.read(was)._asdict()
        for name in self._published:
            before[name] = getattr(kept, WAS + name) if getattr(kept, SEEN) else math.nan
        self._recall(before, was)
        self._forget(out)
        self._write.store(out, values + self._out_at)  # so that a watchdog sees the row begin
        context.bar, context.ind, context.was = self._bar.read(bar), self._ind.read(values), self._was.read(was)
        context.memory, context.out = kept, out
        context.extra = None if self._extra is None else self._extra.read(values)
        try:
            self._observe(context)
        except MemoryError:
            raise
        except Exception:
            kept = self._memory.load(memory)
            self._forget(out)
        for name in self._published:
            setattr(kept, WAS + name, float(getattr(out, name)))
        setattr(kept, SEEN, 1)
        self._memory.store(kept, memory)
        self._write.store(out, values + self._out_at)

    def _recall(self, before: dict[str, float], was: int) -> None:
        out = self._out()
        for name in self._published:
            setattr(out, name, before[name])
        self._write.store(out, was + self._out_at)

    def _forget(self, out: Any) -> None:
        for name in self._published:
            setattr(out, name, math.nan)
