"""Short bars open on the grid of the others, wherever the file is cut."""

from __future__ import annotations

import numpy as np
import pytest

from worker.sources.bars import BarBatch, batches_of
from worker.sources.intervals import Steps
from worker.sources.opening import Opening
from worker.sources.record import Bar

HOUR = 3_600_000
DAY = 24 * HOUR


def moved(minutes: list[int], cut: int, symbols: str = "A", interval: str = "1h") -> list[int]:
    """The openings, in minutes, of bars at some minutes, given in pieces."""
    bars = [Bar(symbol, minute * 60_000, 1.0, 1.0, 1.0, 1.0, 1.0) for minute in minutes for symbol in symbols]
    (whole,) = batches_of(bars)
    steps = Steps()
    steps.feed(whole.owners, whole.ts)
    rows = np.arange(len(whole))
    pieces: list[BarBatch] = [whole.take(rows[at : at + cut]) for at in range(0, len(bars), cut)]
    found = [batch.ts for batch in Opening(interval, steps, given=True).apply(pieces)]
    return [int(time) // 60_000 for time in np.concatenate(found).tolist()]


@pytest.mark.parametrize("cut", [1, 2, 3, 100])
@pytest.mark.parametrize("symbols", ["A", "AB"])
def test_a_bar_opens_on_the_grid_where_the_one_before_has_ended(cut: int, symbols: str) -> None:
    days = [day * 1_440 for day in range(5)]
    found = moved([day + at for day in days for at in (570, 600, 660, 720)], cut, symbols)
    assert found == [day + at for day in days for at in (540, 600, 660, 720) for _ in symbols]
    # A closing auction half an hour after the last hour has begun would open with it.
    auction = [day + at for day in days for at in (540, 600, 660, 695)]
    assert moved(auction, cut, symbols) == [minute for minute in auction for _ in symbols]


def test_nothing_moves_where_the_bars_have_another_length() -> None:
    minutes = [0, 5, 10, 15, 17, 20]
    assert moved(minutes, 2) == minutes
