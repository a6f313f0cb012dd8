"""Trades of two programs, one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

TOLERANCE = 1e-9  # of prices, relative; of results, of the traded value


class Trade(NamedTuple):
    """From its first fill to its last; bars by their number in the series."""

    entered: int
    left: int
    side: int
    qty: float
    entry: float
    exit: float
    pnl: float  # net of fees


class Fill(NamedTuple):
    """One execution."""

    bar: int
    qty: float  # negative when sold
    price: float


class Difference(NamedTuple):
    """Trades of one number in the order of their ends; None where one side has none."""

    run: str
    number: int
    ours: Trade | None
    theirs: Trade | None


def ordered(trades: Iterable[Trade]) -> list[Trade]:
    """By the bar of their end, then of their begin."""
    return sorted(trades, key=lambda trade: (trade.left, trade.entered, trade.qty))


def equal(one: Trade, other: Trade) -> bool:
    """Bars, side and quantity are the same; prices and result are, but for rounding."""
    return (
        one[:4] == other[:4]
        and abs(one.entry - other.entry) <= TOLERANCE * abs(other.entry)
        and abs(one.exit - other.exit) <= TOLERANCE * abs(other.exit)
        and abs(one.pnl - other.pnl) <= TOLERANCE * other.qty * abs(other.entry)
    )


def differences(run: str, ours: Sequence[Trade], theirs: Sequence[Trade]) -> list[Difference]:
    """What is not the same; a trade too much or missing is a difference, too."""
    pairs = enumerate(zip_longest(ordered(ours), ordered(theirs)))
    return [Difference(run, number, a, b) for number, (a, b) in pairs if a is None or b is None or not equal(a, b)]


def lots(fills: Iterable[Fill], fee: float) -> list[Trade]:
    """Fills as trades of lots, what was entered first is left first; `fee` is a fraction of the notional.

    A position that grows and shrinks has one trade here and one for each lot there.
    """
    found, waiting = [], deque[Fill]()
    for fill in fills:
        rest = fill.qty
        while rest and waiting and waiting[0].qty * rest < 0.0:
            lot = waiting.popleft()
            side, qty = (1 if lot.qty > 0.0 else -1), min(abs(lot.qty), abs(rest))
            result = side * qty * (fill.price - lot.price) - fee * qty * (fill.price + lot.price)
            found.append(Trade(lot.bar, fill.bar, side, qty, lot.price, fill.price, result))
            rest += side * qty
            if abs(lot.qty) > qty:
                waiting.appendleft(lot._replace(qty=lot.qty - side * qty))
        if rest:
            waiting.append(Fill(fill.bar, rest, fill.price))
    return found
