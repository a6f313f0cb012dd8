"""The table "what blocked, how often" on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from worker.cli.tables import print_table

if TYPE_CHECKING:
    from worker.engine.blocks import Blocks, Gate

HEAD = ("what blocked", "came first, bars", "on signals", "share of signals", "moved by")


def show_blocks(found: Blocks) -> None:
    """Print one row per gate, the sentence, and the hints."""
    from worker.engine.blocks import sentence

    groups = (("", found.gates), ("smaller: ", found.cut), ("orders: ", found.unfilled))
    rows = [_row(prefix, gate) for prefix, gates in groups for gate in gates]
    if rows:
        print_table(HEAD, rows)
    typer.echo(sentence(found))
    for hint in found.hints:
        typer.echo(f"hint: {hint}", err=True)


def _row(prefix: str, gate: Gate) -> tuple[str, ...]:
    share = "-" if gate.share is None else f"{gate.share:.1%}"
    return f"{prefix}{gate.reason}", f"{gate.first:,}", f"{gate.signals:,}", share, gate.setting
