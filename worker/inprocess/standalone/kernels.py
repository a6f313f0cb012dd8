"""Kernels of validation and normalization alone, each over the state of one symbol."""

from __future__ import annotations

from typing import Any

import numpy as np

from worker.engine import history
from worker.engine.kernel import kernel
from worker.engine.stages import normalization, validation

VALIDATION = np.dtype([("validation", validation.STATE), ("decided", validation.DECIDED)], align=True)
VALIDATED = np.dtype([("validation", validation.OUTPUT)], align=True)
NORMALIZATION = np.dtype([("history", history.STATE), ("normalization", normalization.STATE)], align=True)
NORMALIZED = np.dtype([("normalization", normalization.OUTPUT)], align=True)


@kernel
def validate(states: Any, instruments: Any, bars: Any, outs: Any, p: Any) -> None:
    """Validate bars of one symbol; `states` and `instruments` have one row."""
    for i in range(bars.size):
        validation.step(states[0], states[0], instruments[0], bars[i], outs[i], p)


@kernel
def normalize(states: Any, instruments: Any, bars: Any, outs: Any, p: Any) -> None:
    """Normalize accepted bars of one symbol."""
    for i in range(bars.size):
        bar = bars[i]
        history.push(states[0].history, bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume, np.nan)
        normalization.step(states[0], instruments[0], bar, outs[i], p)
