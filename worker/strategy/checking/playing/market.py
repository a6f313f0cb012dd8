"""A market to play: bars of several symbols in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[Any]  # BAR


class Market(NamedTuple):
    """Bars in the order of time, and the symbol of each."""

    keys: list[bytes]
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def symbols(self) -> list[bytes]:
        """Return the symbols in the order of their first bars."""
        return list(dict.fromkeys(self.keys))

    def until(self, stop: int) -> Market:
        """Return the first rows."""
        return Market(self.keys[:stop], self.rows[:stop])

    def of(self, symbol: bytes) -> Market:
        """Return the rows of one symbol."""
        at = self._rows_of(symbol)
        return Market([symbol] * len(at), self.rows[at])

    def _rows_of(self, symbol: bytes) -> NDArray[np.int64]:
        return np.flatnonzero(np.array(self.keys, object) == symbol)

    def bar(self, row: int) -> str:
        """Return which bar a row is, for people: its number among those of its symbol, the symbol and its time."""
        key = self.keys[row]
        number = self.keys[: row + 1].count(key)
        return f"bar {number:,} of {key.decode(errors='replace')} ({utc(int(self.rows['ts'][row]))})"


def utc(ts: int) -> str:
    """Return a time for people."""
    return f"{np.datetime_as_string(np.datetime64(ts, 'ms'), 'm').replace('T', ' ')} UTC"


def joined(parts: Mapping[str, Rows]) -> Market:
    """Return the bars of several symbols as they would arrive."""
    keys = [name.encode() for name, rows in parts.items() for _ in range(len(rows))]
    rows = np.concatenate(list(parts.values()))
    order = np.argsort(rows["ts"], kind="stable")
    return Market([keys[i] for i in order.tolist()], rows[order])


def extras(rows: Rows, count: int) -> NDArray[np.float64]:
    """Return `count` extra columns beside bars, (rows, count): prices near the close, unknown at every twentieth bar.

    A bar's time and close decide them, so that cuts, batches and other symbols don't.
    """
    turns = rows["ts"].astype(np.uint64)[:, None] + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(7_919)
    chance = (turns * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(11)) / 2.0**53
    tail = 2.0 * chance - 1.0
    near = rows["close"][:, None] * (1.0 + 0.1 * tail * tail * tail * tail * tail)
    return np.where(chance * 20.0 % 1.0 < 0.05, np.nan, near)
