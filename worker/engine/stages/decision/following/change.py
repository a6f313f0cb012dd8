"""Orders that change a held position: the other side at one open, more of it, less of it."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reason
from worker.engine.rounding import floor_to_step
from worker.engine.stages.decision.bits import (
    BELOW_MIN_SIZE,
    BUDGET_CAP,
    COOL_DOWN,
    STRATEGY,
    WARMUP,
    first,
    when,
)
from worker.engine.stages.decision.following.flat import equip
from worker.engine.stages.decision.following.gates import gates
from worker.engine.stages.decision.following.size import cuts, levels, own_size, size, too_small
from worker.engine.stages.execution.account import multiplier
from worker.engine.stages.execution.orders import CLOSE, HOLD, INCREASE, REDUCE, REVERSE, place

STRATEGY_CODE, BUDGET_CODE, WARMUP_CODE = int(Reason.strategy), int(Reason.budget_cap), int(Reason.warmup)


@embedded
def turn(pending, standing, position, out, intent, close, inst, enter, cool_down, p):  # type: ignore[no-untyped-def]
    """Close the position and open the other side at one open; close only, where a gate forbids to open."""
    side = intent.side
    levels(out.sizing, intent, side, close, inst.tick)
    out.sizing.side = side
    size(intent, out, close, out.sizing.stop, False, inst, p)
    barred = gates(position, out, side, intent.status, enter, p.strategy.rules) | too_small(intent, out)
    barred |= when(cool_down > 0, COOL_DOWN)  # which begins with the exit
    noted = STRATEGY | cuts(out.sizing)
    if barred != 0:
        place(pending, CLOSE, side, position.qty, STRATEGY_CODE)
        return CLOSE, noted | barred, first(barred)
    place(pending, REVERSE, side, floor_to_step(position.qty + out.sizing.qty, inst.lot), STRATEGY_CODE)
    equip(pending, standing, out)
    return REVERSE, noted, -1


@embedded
def _more(pending, standing, position, out, intent, qty, unit, inst, enter, p):  # type: ignore[no-untyped-def]
    side = position.side
    small = qty < inst.min_qty or qty * unit < inst.min_notional
    barred = gates(position, out, side, intent.status, enter, p.strategy.rules) | when(small, BELOW_MIN_SIZE)
    noted = STRATEGY | cuts(out.sizing)
    if barred != 0:
        return HOLD, noted | barred, first(barred)
    place(pending, INCREASE, side, qty, 0)
    standing.scale = out.risk.g_ctl
    return INCREASE, noted, -1


@embedded
def _less(pending, position, qty, mask, code):  # type: ignore[no-untyped-def]
    action = CLOSE if qty >= position.qty else REDUCE
    place(pending, action, -position.side, qty, code)
    return action, mask, -1


@embedded
def resize(pending, standing, position, out, intent, close, inst, enter, p):  # type: ignore[no-untyped-def]
    """Bring the position to the size that the strategy says; a difference below the lot is none."""
    size(intent, out, close, position.stop, True, inst, p)
    if own_size(intent) and not out.signal.ready:
        return HOLD, STRATEGY | WARMUP, WARMUP_CODE
    target, lot = out.sizing.qty, inst.lot
    unit = abs(close) * multiplier(inst)
    if target > position.qty:
        qty = floor_to_step(target - position.qty, lot)
        if qty > 0.0:
            return _more(pending, standing, position, out, intent, qty, unit, inst, enter, p)
    qty = position.qty if target <= 0.0 else floor_to_step(max(position.qty - target, 0.0), lot)
    if qty <= 0.0:
        return HOLD, STRATEGY, -1
    standing.scale = out.risk.g_ctl
    return _less(pending, position, qty, STRATEGY | cuts(out.sizing), STRATEGY_CODE)


@embedded
def cut(pending, standing, position, out, close, inst, p):  # type: ignore[no-untyped-def]
    """Reduce a position that the strategy keeps where the limits have fallen far below it, as the rules would."""
    risk, held, unit = out.risk, position.qty, abs(close) * multiplier(inst)
    most = held
    if risk.g_ctl < p.decision.reduce_scale * standing.scale:
        most = held * risk.g_ctl / standing.scale
    if unit > 0.0 and risk.notional_cap < p.decision.reduce_below * held * unit:
        most = min(most, risk.notional_cap / unit)
    if most >= held:
        return HOLD, 0, -1
    qty = held - floor_to_step(most, inst.lot)
    standing.scale = min(standing.scale, risk.g_ctl)
    return _less(pending, position, floor_to_step(qty, inst.lot), BUDGET_CAP, BUDGET_CODE)
