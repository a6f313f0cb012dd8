"""One row a symbol: its newest decision, in numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.risk.book.decided import Arrived

ROW = np.dtype(
    [
        ("offset", "<i8"),  # of the newest decision in its partition
        ("ts", "<i8"),  # open of its bar, epoch ms UTC
        ("close_ts", "<i8"),
        ("length", "<i8"),  # longest bar seen, ms
        ("held", "<f8"),  # signed quantity, base units
        ("ordered", "<f8"),  # the same once the order for the next open is filled
        ("close", "<f8"),
        ("realised", "<f8"),  # quote currency, net of fees
        ("unrealised", "<f8"),
        ("sigma", "<f8"),  # annual volatility; NaN = not stated
        ("mark", "<f8"),  # close at the last point of the grid of returns; NaN = none
        ("fresh", "?"),  # a bar came since
        ("broken", "?"),  # and its price can't be compared with the mark
    ]
)
FEWEST = 64  # rows to begin with


class _Before(NamedTuple):
    """A row as plain numbers, which are read faster."""

    offset: int
    ts: int
    close_ts: int
    length: int
    held: float
    ordered: float
    close: float
    realised: float
    unrealised: float
    sigma: float
    mark: float
    fresh: bool
    broken: bool


class Holdings:
    """The rows, and the symbols in their two orders: of arrival, which is the slot, and of name."""

    def __init__(self) -> None:
        self.symbols: list[str] = []
        self.slots: dict[str, int] = {}
        self.by_name: NDArray[np.int64] = np.zeros(0, np.int64)
        self.filled: NDArray[np.float64] = np.zeros(FEWEST)  # notional filled since the last step, quote currency
        self.suspect: NDArray[np.float64] = np.zeros(FEWEST)  # results of level shifts since then, quote currency
        self._rows = np.zeros(FEWEST, ROW)

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def rows(self) -> NDArray[Any]:
        """The rows of all symbols, by slot."""
        return self._rows[: len(self.symbols)]

    def admit(self, symbols: Iterable[str]) -> None:
        """Give each new symbol a slot, in the order of their names: in which order they arrived is chance."""
        new = sorted(set(symbols) - self.slots.keys())
        if not new:
            return
        for symbol in new:
            self.slots[symbol] = len(self.symbols)
            self.symbols.append(symbol)
        if len(self) > len(self._rows):
            more = max(len(self), len(self._rows) * 3 // 2) - len(self._rows)
            self._rows = np.concatenate([self._rows, np.zeros(more, ROW)])
            self.filled = np.concatenate([self.filled, np.zeros(more)])
            self.suspect = np.concatenate([self.suspect, np.zeros(more)])
        fresh = self._rows[len(self) - len(new) : len(self)]
        fresh["offset"] = -1
        fresh["close"] = fresh["sigma"] = fresh["mark"] = math.nan
        self.by_name = np.array(sorted(range(len(self)), key=self.symbols.__getitem__), np.int64)

    def restore(self, symbols: Sequence[str], rows: bytes) -> None:
        """Take the symbols of a saved state, by slot, and the bytes of their rows."""
        self.__init__()  # type: ignore[misc]
        self.symbols = list(symbols)
        self.slots = {symbol: slot for slot, symbol in enumerate(symbols)}
        self.by_name = np.array(sorted(range(len(self)), key=self.symbols.__getitem__), np.int64)
        self._rows = np.frombuffer(rows, ROW).copy()
        self.filled, self.suspect = np.zeros(len(self._rows)), np.zeros(len(self._rows))

    def apply(self, arrived: Arrived, multiplier: float) -> None:
        """Replace a symbol's row by a newer decision; an older one changes nothing."""
        decided = arrived.decided
        slot = self.slots[decided.symbol]
        before = _Before(*self._rows[slot].item())
        if arrived.offset <= before.offset:
            return
        held, position, bar = decided.held, decided.position, decided.bar
        if decided.rescaled:
            self.filled[slot] += self._worth(before, held, position.realised, bar.open) * multiplier
        elif (traded := self._traded(before, held, position.realised)) > 0.0:
            self.filled[slot] += traded * abs(bar.open) * multiplier
        if decided.suspect and before.offset >= 0:
            self.suspect[slot] += (position.realised + position.unrealised) - (before.realised + before.unrealised)
        sigma = decided.risk.sigma_ann
        self._rows[slot] = (
            arrived.offset,
            decided.ts,
            decided.close_ts,
            max(before.length, decided.close_ts - decided.ts),
            held,
            decided.ordered,
            bar.close,
            position.realised,
            position.unrealised,
            math.nan if sigma is None else sigma,
            before.mark,
            True,
            before.broken or decided.new_reference,
        )

    @staticmethod
    def _traded(before: _Before, held: float, realised: float) -> float:
        # The quantity filled in the bar; unknown at the first. A position opened and closed within one bar shows in the
        # realised result alone.
        if before.offset < 0:
            return 0.0
        if held == before.held == 0.0 and realised != before.realised:
            return 2.0 * abs(before.ordered)
        return abs(held - before.held)

    @staticmethod
    def _worth(before: _Before, held: float, realised: float, open_: float) -> float:
        # What was filled in a bar before which quantity and price were rescaled: in notionals, which were not.
        if before.offset < 0 or (realised == before.realised and held * before.held > 0.0):
            return 0.0
        close = 0.0 if math.isnan(before.close) else before.close
        return abs(held * open_ - before.held * close)
