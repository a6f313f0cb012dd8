"""What a strategy does with its own state at a corporate action: `split(state, k)`, in plain Python in both modes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.strategy.units import units
from worker.strategy.declaring.fields import NOTHING, packed
from worker.strategy.describing.definition import Definition
from worker.strategy.errors import FIX, raised
from worker.strategy.running.reading import PackedWriter, Writer


def powers(definition: Definition) -> NDArray[np.float64]:
    """Return the power of the price factor of each word of the memory; NaN for what its own rolling code keeps."""
    found = units(definition.plan)
    return np.concatenate([found, np.full(definition.words - found.size, np.nan)])


def writer(definition: Definition) -> Writer | PackedWriter:
    """Return what reads and writes the state as an object with attributes."""
    state = definition.source.strategy.State
    if packed(state):
        return PackedWriter(state, definition.own)
    return Writer(type("State", (), {"__slots__": definition.own.names}), definition.own)


def split(definition: Definition, own: NDArray[np.uint8], factor: float) -> None:
    """Let the strategy bring its state, as bytes, to the new price level; without a `split` it stays as it is.

    Raises:
        StrategyRefused: it raises, or the state has no room for what it leaves.
    """
    hook: Any = getattr(definition.source.strategy, "split", None)
    if hook is None or definition.own == NOTHING:
        return
    kept = writer(definition)
    state = kept.load(own.ctypes.data)
    try:
        hook(state, factor)
        kept.store(state, own.ctypes.data)
    except Exception as error:
        source = definition.source
        raise raised(source.name, "can't take a corporate action", error, source.file, FIX) from None
