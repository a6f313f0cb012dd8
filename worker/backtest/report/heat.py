"""A map of two parameters: each figure of the tries by cell, the best cell, and the middle of the best plateau."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import mean, median
from typing import Any

# Higher is better in each but the last, which is neither.
FIGURES = ("sharpe", "total_return", "deflated", "max_drawdown", "trades")
UNRANKED = frozenset({"trades"})
FEWEST_AROUND = 5  # tested cells of the nine around a plateau's middle
Value = float | None
Grid = list[list[Value]]  # rows from the lowest value of the second parameter up
Cell = tuple[int, int]  # column, row
Data = dict[str, Any]


def varying(choices: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names that have more than one value, in the plan's order."""
    return [name for name in (choices[0] if choices else ()) if len(axis([each[name] for each in choices])) > 1]


def heat_map(choices: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], x: str, y: str) -> Data:
    """Return the map of the parameters `x` and `y`; `rows` has the figures of each choice.

    Where other parameters vary too, a cell is the median of its tries: the best of them would be the luckiest.
    """
    across, up = axis([each[x] for each in choices]), axis([each[y] for each in choices])
    columns, lines = ({text: i for i, text in enumerate(texts)} for texts in (across, up))
    cells: dict[Cell, list[int]] = {}
    for number, each in enumerate(choices):
        cells.setdefault((columns[_text(each[x])], lines[_text(each[y])]), []).append(number)
    found: Data = {"x": x, "y": y, "across": across, "up": up, "figures": {}}
    found["tries"] = [[len(cells.get((i, j), ())) for i in range(len(across))] for j in range(len(up))]
    for name in FIGURES:
        grid = [
            [_middle([rows[number][name] for number in cells.get((i, j), ())]) for i in range(len(across))]
            for j in range(len(up))
        ]
        ranked = name not in UNRANKED
        found["figures"][name] = {
            "grid": grid,
            "best": best(grid) if ranked else None,
            "plateau": best(smoothed(grid, median), smoothed(grid, mean), grid) if ranked else None,
        }
    return found


def axis(values: Sequence[Any]) -> list[str]:
    """Return the distinct values as text: numbers in their order, all else in that of the plan."""
    distinct = {_text(value): value for value in values}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in distinct.values()):
        return sorted(distinct, key=lambda text: float(distinct[text]))
    return list(distinct)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def best(*grids: Grid) -> Cell | None:
    """Return the cell with the highest value of the first grid, among equals of the next; None without any."""
    cells = [(i, j) for j, row in enumerate(grids[0]) for i, value in enumerate(row) if value is not None]
    return max(cells, key=lambda cell: [grid[cell[1]][cell[0]] for grid in grids], default=None)


def smoothed(grid: Grid, by: Callable[[list[float]], float]) -> Grid:
    """Return the median, or the mean, of each tested cell and those around it.

    None where fewer than five of these nine are tested.
    """
    return [
        [None if value is None else _around(grid, i, j, by) for i, value in enumerate(row)]
        for j, row in enumerate(grid)
    ]


def _around(grid: Grid, column: int, row: int, by: Callable[[list[float]], float]) -> Value:
    rows = grid[max(row - 1, 0) : row + 2]
    near = [value for each in rows for value in each[max(column - 1, 0) : column + 2] if value is not None]
    return by(near) if len(near) >= FEWEST_AROUND else None


def _middle(values: Sequence[float]) -> Value:
    known = [float(value) for value in values if value == value]
    return median(known) if known else None
