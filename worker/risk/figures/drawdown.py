"""Drawdown from the peak, and the factor by which it scales sizes."""

from __future__ import annotations


def drawdown(equity: float, peak: float) -> float:
    """Return 1 - E/peak; 1 where the peak is not positive."""
    return 1.0 - equity / peak if peak > 0.0 else 1.0


def scale(depth: float, soft: float, hard: float) -> float:
    """Return clip((hard - DD)/(hard - soft), 0, 1)."""
    return min(max((hard - depth) / (hard - soft), 0.0), 1.0)
