"""The order of the prices in a table without header: the high is the highest of them, the low the lowest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.sources.numbers import Marks, numbers
from worker.sources.tables.columns import PRICES, Columns
from worker.sources.tables.text import TextTable

Floats = NDArray[np.float64]
_ENOUGH = 0.9  # share of the rows that have to fit
# Open, high, low, close as most write them; open, close, high, low as Bitfinex does.
_ORDERS = ((0, 1, 2, 3), (0, 2, 3, 1))


def check_order(table: TextTable, columns: Columns, name: str) -> Columns:
    """The columns in the order that the first rows show.

    Raises:
        DataError: no known order fits, or the volume looks like a price.
    """
    places = columns.numbers
    chunk = next(table.chunks(columns.positions().values()), None)
    if chunk is None or not len(chunk.lines):
        return columns
    marks = Marks()
    cells = {at: [str(cell) for cell in chunk.columns[at]] for at in places}
    for at, column in cells.items():
        marks.feed(f"column {at + 1}", column)
    decimal = marks.decide(name, ".", False)
    values = np.array([numbers(cells[at], decimal, False)[0] for at in places])
    known = np.isfinite(values[:4]).all(axis=0)
    if not known.any():
        return columns
    prices = values[:4, known]
    top, bottom = prices.max(axis=0), prices.min(axis=0)
    for order in _ORDERS:
        _, high, low, _ = order
        share = float(np.mean((prices[high] == top) & (prices[low] == bottom)))
        if share >= _ENOUGH or (order == _ORDERS[0] and share >= 0.5):
            _check_volume(table, values[4, known], top, bottom, places[4], name)
            first, second, third, fourth = (places[at] for at in order)
            return replace(columns, numbers=(first, second, third, fourth, places[4]))
    raise DataError(
        f"{name}: the first numbers behind the time are no open, high, low and close: "
        f"{', '.join(table.structure.first)[:120]}",
        "Add a header, or name them: "
        + " ".join(f"--column {field}={at + 1}" for field, at in zip(PRICES, places, strict=False)),
    )


def _check_volume(table: TextTable, volumes: Floats, top: Floats, bottom: Floats, at: int, name: str) -> None:
    inside = (volumes >= bottom) & (volumes <= top) & (top > bottom)
    if len(volumes) >= 3 and inside.all() and table.width > at + 1:
        raise DataError(
            f"{name}: column {at + 1} lies between high and low in every row, as an average price does, not a volume",
            f"Name all columns by their numbers: --column ts=1 --column open=2 … --column volume={at + 2}",
        )
