"""Whether a restart shows: the state of each symbol exported and loaded after each bar."""

from __future__ import annotations

import numpy as np

from worker.engine.partition import PartitionEngine
from worker.strategy.checking.checks.same import NAMES
from worker.strategy.checking.desk import Desk
from worker.strategy.checking.playing.differences import sentence
from worker.strategy.checking.playing.market import Market
from worker.strategy.checking.playing.play import PUBLISHED, Played, step
from worker.strategy.checking.report import Fault, Found
from worker.strategy.loading import Mode

RESTARTS: dict[Mode, int] = {"compiled": 200, "python": 60}  # bars in a row; in Python each loads the file anew
FIX = "Keep in State all that the next bar needs: nothing else is saved"


def restarts(desk: Desk) -> Found:
    """Play on after a restart at each of some hundred bars."""
    for mode in desk.modes:
        start = desk.warm()
        stop = min(start + RESTARTS[mode], len(desk.market))
        rows = _played(desk, mode, start, stop)
        whole = Played(desk.whole(mode).rows[start:stop], {})
        market = Market(desk.market.keys[start:stop], desk.market.rows[start:stop])
        text = sentence(market, whole, rows, "without a restart", "with one after each bar")
        if text is not None:
            return Found([Fault(f"a restart shows ({NAMES[mode]}): {text}", None, FIX)])
    return Found([], [f"{sum(RESTARTS[mode] for mode in desk.modes)} restarts"])


def _played(desk: Desk, mode: Mode, start: int, stop: int) -> Played:
    engine = PartitionEngine(desk.settings, strategy=desk.strategy(mode))
    step(engine, desk.market, 0, start, np.zeros(start, PUBLISHED))
    found = np.zeros(stop - start, PUBLISHED)
    for row in range(start, stop):
        after = PartitionEngine(desk.settings, strategy=desk.strategy(mode))
        for symbol in desk.market.symbols:
            slot = engine.symbols.get(symbol)
            if slot is not None:
                state = engine.export(slot)
                after.load(symbol, state.carry, state.derived, state.strategy)
        engine = after
        step(engine, desk.market, row, row + 1, found[row - start : row - start + 1])
    return Played(found, {})
