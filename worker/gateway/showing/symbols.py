"""The list of symbols."""

from __future__ import annotations

from worker.gateway.gateway import Gateway
from worker.gateway.log.rows import Row
from worker.gateway.resources.symbols import SymbolList, SymbolRow


async def symbol_list(gateway: Gateway, query: str, limit: int) -> SymbolList:
    """Return the symbols whose names hold a text, in any case; those that begin with it first."""
    folded = query.casefold()
    names = [name for name in gateway.newest.symbols() if folded in name.casefold()]
    names.sort(key=lambda name: (not name.casefold().startswith(folded), name))
    rows = [row for name in names[:limit] if (row := gateway.rows.of(name)) is not None]
    now = gateway.logs.quality.newest
    return SymbolList([_item(gateway, row, now) for row in rows], len(names), gateway.backfill.complete)


def _item(gateway: Gateway, row: Row, now: int) -> SymbolRow:
    return SymbolRow(
        symbol=row.symbol,
        partition=row.partition,
        sequence=row.sequence,
        close_ts=row.close_ts,
        close=row.close,
        action=row.action,
        state=row.state,
        qty=row.qty,
        unrealised=row.unrealised,
        regime=row.regime,
        final=row.final,
        confidence=row.confidence,
        blocking=row.blocking,
        health=gateway.rows.health(row, now),
    )
