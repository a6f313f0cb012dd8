"""Tables: drawn if a terminal is wide enough, else plain columns without cuts or wrapping."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

_GAP = 2  # blanks between plain columns
_RULES = 3  # extra characters per column of a drawn table, plus one


def print_table(head: Sequence[str], rows: Iterable[Sequence[object]], bold: Collection[int] = ()) -> None:
    """Print rows under their heads; a terminal shows the rows numbered in `bold` in bold."""
    from rich.cells import cell_len
    from rich.console import Console

    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(head, *cells, strict=True)]
    console = Console()
    needed = sum(widths) + _RULES * len(widths) + 1
    if console.is_terminal and not console.is_dumb_terminal and needed <= console.width:
        _draw(console, head, cells, bold)
        return
    for row in [head, *cells]:
        padded = (cell + " " * (width - cell_len(cell) + _GAP) for cell, width in zip(row, widths, strict=True))
        typer.echo("".join(padded).rstrip())


def _draw(console: Console, head: Sequence[str], cells: list[list[str]], bold: Collection[int]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(*head)
    for number, row in enumerate(cells):
        # As Text, so that a value in square brackets is not markup.
        table.add_row(*map(Text, row), style="bold" if number in bold else "")
    console.print(table)
