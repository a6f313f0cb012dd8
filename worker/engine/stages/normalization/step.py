"""Normalization of one accepted bar: prices share the close's location and scale, volume has its own (domain §2)."""

from __future__ import annotations

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.normalization.scaling import location_and_scale, scaled
from worker.engine.stages.normalization.series import CLOSE, VOLUME, advance, transformed
from worker.engine.windows.moments import block


@embedded
def _advance(own, history, interval_ms, p):  # type: ignore[no-untyped-def]
    now = block(at(history, 0).ts, interval_ms, own.block)
    boundary = now != own.block
    own.block = now
    advance(own.close, history, CLOSE, boundary, p)
    advance(own.volume, history, VOLUME, boundary, p)


@embedded
def _not_ready(result):  # type: ignore[no-untyped-def]
    result.open = np.nan
    result.high = np.nan
    result.low = np.nan
    result.close = np.nan
    result.volume = np.nan
    result.ready = False
    result.degenerate = False
    result.volume_degenerate = False


@embedded
def _normalize(own, row, n, result, p):  # type: ignore[no-untyped-def]
    location, scale, result.degenerate = location_and_scale(own.close, n, p)
    result.open = scaled(row.open, location, scale, p.clip)
    result.high = scaled(row.high, location, scale, p.clip)
    result.low = scaled(row.low, location, scale, p.clip)
    result.close = scaled(row.close, location, scale, p.clip)
    location, scale, result.volume_degenerate = location_and_scale(own.volume, n, p)
    result.volume = scaled(transformed(row.volume, p), location, scale, p.clip)
    result.ready = True


@embedded
def step(state, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Normalize the newest bar of `state.history` into `out.normalization`."""
    own, history = state.normalization, state.history
    if p.include_current:
        _advance(own, history, bar.interval_ms, p)
        n = min(history.count, p.window)
    else:
        n = min(history.count - 1, p.window)
    if n < p.min_points:
        _not_ready(out.normalization)
    else:
        _normalize(own, at(history, 0), n, out.normalization, p)
    if not p.include_current:
        _advance(own, history, bar.interval_ms, p)
