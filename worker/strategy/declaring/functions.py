"""Logarithm, exponential and hyperbolic tangent for steps: the same bits on every machine, compiled or interpreted."""

from __future__ import annotations

from worker.engine.elementary import exp, log, tanh

__all__ = ["exp", "log", "tanh"]
