"""The record types of the patterns stage and its two halves."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles import step as candles
from worker.engine.stages.patterns.structure import step as structure

STATE = np.dtype([("candles", candles.STATE), ("structure", structure.STATE)], align=True)
OUTPUT = np.dtype(candles.OUTPUT.descr + structure.OUTPUT.descr, align=True)

_candles = candles.update
_structure = structure.update


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any) -> None:
    """Advance the patterns of one symbol by its current bar; read features of this bar and the state of one."""
    own, history = state.patterns, state.history
    _candles(own.candles, history, out.features.ema_50, out.patterns)
    _structure(own.structure, history, out.features, state.features.keltner, out.patterns)
