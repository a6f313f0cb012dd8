"""Deterministic `log`, `exp` and `tanh`: the bits depend on IEEE arithmetic only, not on libm or the CPU.

float64 → float64, within 1 ulp of the exact value over the whole range (tested against mpmath); no fused multiply-add.
"""

from __future__ import annotations

from worker.engine.elementary.exponential import exp
from worker.engine.elementary.hyperbolic import tanh
from worker.engine.elementary.logarithm import log

__all__ = ["exp", "log", "tanh"]
