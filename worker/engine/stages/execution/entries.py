"""Limit and stop entries: when a bar reaches them, at which price, and how long they wait."""

from __future__ import annotations

import math

from worker.engine.asking.intent import LIMIT, MARKET
from worker.engine.kernel import embedded
from worker.engine.rounding import to_tick_down, to_tick_up

HALF = 0.5  # ticks: two prices on the grid that differ less are the same


@embedded
def on_grid_of(price, kind, side, tick):  # type: ignore[no-untyped-def]
    """Return an entry's price on the tick grid: a limit is never worse than was said, a stop never nearer."""
    return to_tick_down(price, tick) if (side > 0) == (kind == LIMIT) else to_tick_up(price, tick)


@embedded
def await_at(standing, kind, price, bars):  # type: ignore[no-untyped-def]
    """Let the pending order enter in this way."""
    standing.kind = kind
    standing.price = price
    standing.bars = bars


@embedded
def at_market(standing):  # type: ignore[no-untyped-def]
    """Let the pending order, if any, fill at the open."""
    await_at(standing, MARKET, 0.0, 0)


@embedded
def _limit(side, price, open_, high, low, tick):  # type: ignore[no-untyped-def]
    """Return the fill of a limit: the open if that is better, its price once traded through by a tick, else NaN."""
    better = open_ <= price if side > 0 else open_ >= price
    if better:
        return open_
    through = low < price - HALF * tick if side > 0 else high > price + HALF * tick
    return price if through else math.nan


@embedded
def _stop(side, price, open_, high, low):  # type: ignore[no-untyped-def]
    """Return the fill of a stop entry without costs: its price, or the open beyond it; NaN if not reached."""
    if side > 0:
        return max(open_, price) if high >= price else math.nan
    return min(open_, price) if low <= price else math.nan


@embedded
def quote(pending, standing, open_, high, low, tick):  # type: ignore[no-untyped-def]
    """Return the price at which this bar fills the pending order, without costs; NaN where it does not."""
    if standing.kind == MARKET:
        return open_
    if standing.kind == LIMIT:
        return _limit(pending.side, standing.price, open_, high, low, tick)
    return _stop(pending.side, standing.price, open_, high, low)
