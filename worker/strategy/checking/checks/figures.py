"""What is measured: what blocked, trades, time a bar, bytes a symbol."""

from __future__ import annotations

import time

import msgspec

from worker.engine.asking.standing import STANDING
from worker.engine.blocks import blocks, tally, verdicts
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings
from worker.engine.strategy.hooked import Hooked
from worker.strategy.checking.desk import Desk
from worker.strategy.checking.playing.play import decoded
from worker.strategy.checking.report import Figures, Warmth

RUNS = 3  # the least time counts


def figures(desk: Desk, warm_up: list[Warmth]) -> Figures:
    """Measure on the market."""
    rows = desk.whole(desk.modes[0]).rows
    counted = blocks(tally(verdicts(rows[rows["accepted"]])))
    times = {mode: _nanoseconds(desk, desk.settings, desk.strategy(mode)) for mode in desk.modes}
    return Figures(
        bars=len(rows),
        entries=counted.opened,
        trades=int(rows["execution"]["trade"]["closed"].sum()),
        ns_bar=times.get("compiled"),
        ns_bar_python=times["python"],
        ns_bar_rules=_nanoseconds(desk, desk.subject.rules(), None),
        bytes_indicators=8 * desk.definition.words,
        bytes_state=desk.definition.own.itemsize + STANDING.itemsize,
        warm_up=warm_up,
        blocks=msgspec.to_builtins(counted),
    )


def _nanoseconds(desk: Desk, settings: EngineSettings, strategy: Hooked | None) -> float:
    best = float("inf")
    for _ in range(RUNS):
        engine = PartitionEngine(settings, strategy=strategy)
        given = decoded(engine, desk.market.rows.copy())
        begun = time.perf_counter()
        engine.step(desk.market.keys, given)
        best = min(best, time.perf_counter() - begun)
    return best / len(desk.market) * 1e9
