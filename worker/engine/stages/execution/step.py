"""The stage's step: fill, protective exits, mark to market."""

from __future__ import annotations

import math

from worker.engine.asking.intent import LIMIT, MARKET
from worker.engine.kernel import embedded
from worker.engine.stages.execution.account import mark, reset
from worker.engine.stages.execution.entries import at_market, quote
from worker.engine.stages.execution.fills import cancel, fill
from worker.engine.stages.execution.orders import HOLD
from worker.engine.stages.execution.protection import protect, settle
from worker.engine.stages.execution.turning import forget_trade, keep_trade


@embedded
def _wait(pending, standing, done):  # type: ignore[no-untyped-def]
    """Count a bar that did not reach the entry; the last one cancels the order."""
    standing.bars -= 1
    if standing.bars <= 0:
        cancel(pending, done)
        at_market(standing)


@embedded
def _trade(position, pending, standing, done, earlier, bar, high, low, inst, p):  # type: ignore[no-untyped-def]
    """Fill the order, then protect the position."""
    start, sure = bar.open, True
    if pending.action != HOLD:
        quoted, kind = quote(pending, standing, bar.open, high, low, inst.tick), standing.kind
        if math.isnan(quoted):
            _wait(pending, standing, done)
        else:
            fill(position, pending, kind, quoted, done, bar.volume, inst, p)
            if kind != MARKET:
                at_market(standing)
            start, sure = quoted, kind != LIMIT
    turned = done.trade.closed and position.side != 0
    if turned:
        keep_trade(earlier, done.trade)
    if position.side != 0:
        protect(position, done, start, sure, high, low, inst, p)
    if turned and position.side != 0:
        forget_trade(earlier)


@embedded
def step(state, standing, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Run steps 1 to 3 of domain §10 for one accepted bar: write `state.position`, `state.pending`, `out.execution`.

    Read nothing of this bar's features, regime or signal (decisions 18). `standing` says how an order enters. Where a
    reversal and the end of the other side share the bar, write the first trade to `out.said.earlier`.
    """
    position, pending, done, own = state.position, state.pending, out.execution, p.rows[inst.class_row]
    reset(done)
    if out.validation.shift or out.validation.expired:
        cancel(pending, done)
        if standing.kind != MARKET:
            at_market(standing)
    if out.validation.shift:
        if position.side != 0:
            settle(position, done, bar.close, inst, own)
    else:
        high, low = out.validation.high, out.validation.low
        _trade(position, pending, standing, done, out.said.earlier, bar, high, low, inst, own)
    mark(position, bar.close, inst)
