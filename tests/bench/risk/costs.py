"""What the monitor costs: a step, a new model, and all of it by decision."""

from __future__ import annotations

import time
from statistics import median
from typing import NamedTuple

from tests.bench.risk.portfolio import HOUR, Many

POSITIONS, MANY = 500, 20_000  # positions, and symbols among which they lie
HOURS = 2  # of minutes; a return is of an hour
MINUTES = 30
MINUTES_OF_MANY = 5
ROUNDS = 3


class Costs(NamedTuple):
    """CPU time of consecutive steps."""

    kept: list[float]  # ms of the steps that keep the model
    rebuilt: list[float]  # ms of those with a new row of returns, or with other positions
    rate: float  # decisions by CPU-second, all work in


def costs(of: Many, minutes: int) -> Costs:
    """Take minutes one by one, each with its step."""
    of.begin()
    kept, rebuilt, spent, decisions = list[float](), list[float](), 0.0, 0
    for minute in of.minutes(minutes):
        begun = time.process_time()
        for one in minute.decisions:
            of.monitor.take(*one)
        taken = time.process_time()
        of.monitor.advance(minute.ts)
        ended = time.process_time()
        (rebuilt if of.changing or minute.ts % HOUR == 0 else kept).append((ended - taken) * 1e3)
        spent += ended - begun
        decisions += len(minute.decisions)
    return Costs(kept, rebuilt, decisions / spent)


def costs_of_steps() -> dict[str, float]:
    """CPU ms of steps, their median, and decisions by CPU-second; each the best of some rounds."""
    rounds = [_round() for _ in range(ROUNDS)]
    return {name: (min if name.endswith("_ms") else max)(each[name] for each in rounds) for name in rounds[0]}


def _round() -> dict[str, float]:
    same = costs(Many(POSITIONS, POSITIONS), HOURS * 60)
    other = costs(Many(POSITIONS, POSITIONS, changing=True), MINUTES)
    many = costs(Many(MANY, POSITIONS, changing=True), MINUTES_OF_MANY)
    return {
        "step_ms": median(same.kept),
        "rebuild_ms": median([*same.rebuilt, *other.rebuilt]),
        "decisions_per_cpu_s": same.rate,
        "decisions_per_cpu_s_changing": other.rate,
        "decisions_per_cpu_s_20000": many.rate,
    }
