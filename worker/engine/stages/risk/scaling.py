"""The factors of g = g_regime·g_dd·g_quality·g_ctl (domain §8.3) that need a formula."""

from __future__ import annotations

from worker.engine.kernel import embedded

POOR, FAIR = 1, 2  # quality levels


@embedded
def drawdown_scale(dd, soft, hard):  # type: ignore[no-untyped-def]
    """Return clip((hard - dd)/(hard - soft), 0, 1)."""
    return min(max((hard - dd) / (hard - soft), 0.0), 1.0)


@embedded
def quality_scale(level):  # type: ignore[no-untyped-def]
    """Return 1 from Good on, 0.5 for Fair, 0 below."""
    return 1.0 if level > FAIR else (0.5 if level == FAIR else 0.0)
