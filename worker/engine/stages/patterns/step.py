"""The record types of the patterns stage and the call list of its families."""

from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.patterns import breakout, candle_signal

STATE = np.dtype([("candle_signal", candle_signal.STATE), ("breakout", breakout.STATE)], align=True)
OUTPUT = np.dtype(candle_signal.OUTPUT.descr + breakout.OUTPUT.descr, align=True)


@kernel
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any) -> None:
    """Advance the patterns of one symbol by its current bar; reads `out.features.ema_50`."""
    own, history = state.patterns, state.history
    candle_signal.update(own.candle_signal, history, out.features.ema_50, out.patterns)
    breakout.update(own.breakout, history, at(history, 0), out.patterns)
