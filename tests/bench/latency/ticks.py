"""The ticks of a latency run: each is known by its symbol and time, so outputs need carry nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

SYMBOLS = 500
_START_MS = Simulation().first_open_ms
_STEP_MS = 60_000


def ticks(count: int) -> Iterator[Record]:
    """The first `count` minute bars of the market, none of them faulty."""
    return islice(simulated_records(Simulation(symbols=SYMBOLS, bars=-(-count // SYMBOLS), seed=7)), count)


def number(symbol: str, ts: int) -> int:
    """Which of `ticks` this is, from 0."""
    return (ts - _START_MS) // _STEP_MS * SYMBOLS + int(symbol[3:])
