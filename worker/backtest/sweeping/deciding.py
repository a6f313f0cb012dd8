"""The decisions of many sets of parameters over the same observed bars, and what a try keeps of them.

A bar's features, its signal, the signal's calibration and the model's answer depend on no position: the output rows
hold them already. Only fills, risk, the strategy's step and its orders are done again for each set.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.asking.ask import Hook
from worker.engine.asking.standing import STANDING
from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.kernel import embedded, kernel
from worker.engine.pipeline import OUTPUT, Params, count, find_decision, find_size, find_wish
from worker.engine.stages import execution, risk
from worker.engine.stages.decision import following
from worker.engine.state.layout import CARRY

BLOCK = 128  # rows whose outputs stay in a core's cache while all sets pass over them

# Rows of what a try keeps of a symbol.
DAY = np.dtype([("equity", "f8"), ("var99", "f8")], align=True)  # after the last bar of a trading day
# A bar at which money moved.
FILL = np.dtype([("bar", "i8"), ("traded", "f8"), ("fees", "f8"), ("slippage", "f8")], align=True)
CLOSED = np.dtype([("pnl", "f8"), ("bars_held", "i8")], align=True)
COUNTS = np.dtype([("bars", "i8"), ("held", "i8"), ("days", "i8"), ("fills", "i8"), ("closed", "i8")], align=True)


class Sets(NamedTuple):
    """What each set has of its own, one entry a set in each."""

    addresses: NDArray[np.int64]  # of its step
    params: NDArray[np.int64]  # address of its parameters
    columns: NDArray[np.int64]  # (sets, width): where its indicators lie in a row of all of them
    carries: NDArray[Any]  # CARRY
    standings: NDArray[Any]  # STANDING
    own: NDArray[np.uint64]  # (sets, words): the user's state


class Kept(NamedTuple):
    """What is kept of each set, one row a set in each."""

    days: NDArray[Any]  # DAY, (sets, trading days)
    fills: NDArray[Any]  # FILL, (sets, bars)
    closed: NDArray[Any]  # CLOSED, (sets, bars)
    counts: NDArray[Any]  # COUNTS, (sets,)


class Room(NamedTuple):
    """Room for one row of a set, in each thread."""

    before: NDArray[np.uint64]  # of its own state
    values: NDArray[np.float64]  # (1, width)
    was: NDArray[np.float64]


def sets_of(addresses: list[int], params: list[int], columns: NDArray[np.int64], words: int) -> Sets:
    """Return sets whose symbol has had no bar."""
    size = len(addresses)
    carries, standings, own = np.zeros(size, CARRY), np.zeros(size, STANDING), np.zeros((size, words), np.uint64)
    return Sets(np.array(addresses, np.int64), np.array(params, np.int64), columns, carries, standings, own)


def room_of(width: int, words: int) -> Room:
    """Return room for sets with so many indicators, and words of state."""
    return Room(np.zeros(words, np.uint64), np.zeros((1, width)), np.zeros((1, width)))


@embedded
def _decide(hook, k, carry, standing, inst, bar, out, outs, soon, p):  # type: ignore[no-untyped-def]
    """Decide as `pipeline.decide` for a strategy, but for what the row has already."""
    following.begin(out.said)
    execution.step(carry, standing, inst, bar, out, p.execution)
    risk.step(carry, inst, bar, out, p.risk)
    if find_wish(hook, k, 0, carry, standing, inst, bar, out, outs, soon, p):
        find_size(carry, inst, bar, out, outs, soon, p)
        find_decision(carry, inst, bar, out, outs, soon, p)
        following.stand_in(carry, standing, inst, out)


@embedded
def _keep_trade(closed, counts, trade):  # type: ignore[no-untyped-def]
    if trade.closed:
        closed[counts.closed].pnl = trade.pnl
        closed[counts.closed].bars_held = trade.bars_held
        counts.closed += 1


@embedded
def _keep(days, fills, closed, counts, out, budget, last_of_day):  # type: ignore[no-untyped-def]
    done, decision = out.execution, out.decision
    if done.traded != 0.0 or done.fees != 0.0 or done.slippage != 0.0:
        fill = fills[counts.fills]
        fill.bar = counts.bars
        fill.traded = done.traded
        fill.fees = done.fees
        fill.slippage = done.slippage
        counts.fills += 1
    _keep_trade(closed, counts, out.said.earlier)
    _keep_trade(closed, counts, done.trade)
    position = decision.position
    if position.qty != 0.0:
        counts.held += 1
    if last_of_day:
        day = days[counts.days]
        day.equity = budget + (position.realised + position.unrealised)
        day.var99 = decision.risk.var99
        counts.days += 1
    counts.bars += 1


@kernel
def decide_sets(first, last, slots, instruments, bars, outs, p, sets, values, was, room, kept, budget, ends):  # type: ignore[no-untyped-def]
    """Decide every accepted row for the sets `first` to `last`, one after the other over a block of rows.

    `outs` are rows of one symbol after the engine's own `decide`; `values` and `was` are all indicators by row.
    `ends[i]` says whether the symbol's accepted bar i is the last of its trading day.
    """
    for start in range(0, len(bars), BLOCK):
        stop = min(start + BLOCK, len(bars))
        for k in range(first, last):
            hook = Hook(sets.addresses[k], sets.standings, sets.own, room.before, room.values, room.was, sets.params[k])
            carry, standing, counts = sets.carries[k], sets.standings[k], kept.counts[k]
            days, fills, closed, columns = kept.days[k], kept.fills[k], kept.closed[k], sets.columns[k]
            for row in range(start, stop):
                slot, bar, out = slots[row], bars[row], outs[row]
                if slot < 0:
                    continue
                count(carry, out)
                if not out.validation.accepted:
                    continue
                for j in range(columns.size):
                    room.values[0, j] = values[row, columns[j]]
                    room.was[0, j] = was[row, columns[j]]
                inst = instruments[slot]
                _decide(hook, k, carry, standing, inst, bar, out, outs, row, p)
                _keep(days, fills, closed, counts, out, budget, ends[counts.bars])


def warm_up(p: Params) -> None:
    """Compile the kernel, or load it from the cache; one serves every strategy."""
    columns, none = np.zeros((0, 1), np.int64), np.zeros((0, 1))
    kept = Kept(np.zeros((0, 0), DAY), np.zeros((0, 0), FILL), np.zeros((0, 0), CLOSED), np.zeros(0, COUNTS))
    decide_sets(
        *(0, 0, np.zeros(0, np.int64), np.zeros(0, INSTRUMENT), np.zeros(0, BAR), np.zeros(0, OUTPUT), p),
        *(sets_of([], [], columns, 1), none, none, room_of(1, 1), kept, 0.0, np.zeros(0, np.bool_)),
    )
