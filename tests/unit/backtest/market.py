"""A small dirty market as the tests of the backtest use it."""

from __future__ import annotations

from functools import cache
from itertools import islice

from worker.backtest.tape import Raw
from worker.sources.simulation.simulator import Simulation, simulated_records


@cache
def market() -> tuple[Raw, ...]:
    """Records of 7 symbols in arrival order with every kind of fault, and some that no key or value can save."""
    records: list[Raw] = list(
        islice(simulated_records(Simulation(symbols=7, bars=700, seed=5, fault_rate=0.02)), 4_500)
    )
    records[40:40] = [(None, b"{}", 1), (b"SIM0001", None, 2), (b"\xff\xfe", b"\x00\xff", 3), (b"SIM0002", b"[", 4)]
    return tuple(records)
