"""All positions, from the newest decisions."""

from __future__ import annotations

from worker.gateway.gateway import Gateway
from worker.gateway.log.rows import Row
from worker.gateway.resources.positions import PositionRow, Positions
from worker.gateway.showing.portfolio import shares


async def positions(gateway: Gateway) -> Positions:
    """Return all positions, the largest first."""
    held = [row for row in await gateway.rows.all() if row.state not in ("flat", None)]
    share = shares(gateway)
    held.sort(key=lambda row: (-abs(row.notional or 0.0), row.symbol))
    quotes = {row.listing.quote for row in held}
    values = [row.notional for row in held if row.notional is not None]
    summed = len(quotes) <= 1
    return Positions(
        [_item(row, share.get(row.symbol)) for row in held],
        sum(map(abs, values)) if summed else None,
        sum(values) if summed else None,
        next(iter(quotes)) if len(quotes) == 1 else None,
        gateway.backfill.complete,
    )


def _item(row: Row, share: float | None) -> PositionRow:
    return PositionRow(
        symbol=row.symbol,
        state=row.state or "",
        qty=row.qty,
        entry=row.entry,
        close=row.close,
        stop=row.stop,
        target=row.target,
        notional=row.notional,
        unrealised=row.unrealised,
        realised=row.realised,
        bars_held=row.bars_held,
        close_ts=row.close_ts,
        share=share,
    )
