"""Runs as rows: medians, ranges, the figures file and the table on the terminal."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.bench.cpu import Rates
from tests.bench.peers.catalogue import TASKS, Peer


class Row(NamedTuple):
    """One peer at one task with one guarantee. Rates in records per CPU-second; `rss_mb` the largest of all runs."""

    peer: str
    shown: str
    version: str
    task: str
    guarantee: str
    records: int
    runs: int
    steady: float
    least: float
    most: float
    total: float
    rss_mb: float
    notes: str


def row(peer: Peer, task: str, guarantee: str, version: str, runs: Sequence[Rates]) -> Row:
    """Medians of the runs; `least` and `most` are of the steady rate."""
    rates = [run.steady for run in runs]
    return Row(
        peer.name,
        peer.shown,
        version,
        task,
        guarantee,
        runs[0].records,
        len(runs),
        statistics.median(rates),
        min(rates),
        max(rates),
        statistics.median(run.total for run in runs),
        max(run.rss_mb for run in runs),
        peer.notes,
    )


def figures(rows: Sequence[Row]) -> dict[str, float]:
    """The named figures: steady, and from process start."""
    found = {}
    for one in rows:
        name = f"{one.peer}_{one.task}_{one.guarantee}"
        found[f"{name}_per_cpu_s"] = one.steady
        found[f"{name}_min_per_cpu_s"] = one.least
        found[f"{name}_max_per_cpu_s"] = one.most
        found[f"{name}_total_per_cpu_s"] = one.total
        found[f"{name}_rss_mb"] = one.rss_mb
    return found


def ordered(rows: Sequence[Row]) -> list[Row]:
    """By task and guarantee, the fastest first."""
    return sorted(rows, key=lambda one: (TASKS.index(one.task), one.guarantee, -one.steady))


def rounded(rate: float) -> str:
    """Three digits: more would pretend that the machine is quieter than it is."""
    digits = max(len(str(int(rate))) - 3, 0)
    return f"{round(rate, -digits):,.0f}"


def show(rows: Sequence[Row]) -> None:
    """Print all rows."""
    shown = Table("task", "guarantee", "client", "records", "per CPU-s", "range", "from start", "MB")
    for column in shown.columns[3:]:
        column.justify = "right"
    group = ""
    for one in ordered(rows):
        if group not in ("", one.task + one.guarantee):
            shown.add_section()
        group = one.task + one.guarantee
        span = f"{rounded(one.least)} - {rounded(one.most)}"
        cells = f"{one.records:,}", rounded(one.steady), span, rounded(one.total), f"{one.rss_mb:.0f}"
        shown.add_row(one.task, one.guarantee, one.peer, *cells)
    Console(width=110).print(shown)
