"""What the monitor gets for a step, whichever partition comes first, and when a partition is waited for."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.monitored import ENGINE, Log, log
from tests.support.portfolio import MINUTE, START, decision
from worker.monitoring.backlog import ENOUGH, Backlog
from worker.risk.monitor import Monitor, Output
from worker.risk.settings import RiskSettings

RISK = RiskSettings.model_validate({"returns": "5m", "capital": 20_000.0})
LATE = START + 10**12


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self._now = 1_000.0

    def monotonic(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


def run(decisions: Log, seed: int) -> tuple[list[int], list[Output]]:
    """Steps and outputs where partitions are read in random turns, to their ends."""
    monitor, backlog = Monitor(RISK, ENGINE, len(decisions)), Backlog(len(decisions), 60.0)
    rng = np.random.default_rng(seed)
    places = [0] * len(decisions)
    steps: list[int] = []
    outputs: list[Output] = []
    while True:
        backlog.give(monitor, LATE)
        ts = monitor.next()
        if ts is not None and backlog.complete(ts, LATE, patient=False):
            assert monitor.due([True] * len(decisions), LATE) == ts
            steps.append(ts)
            outputs.append(monitor.advance(ts))
            continue
        wanting = [at for at in backlog.wanting() if places[at] < len(decisions[at]) or not steps]
        if not wanting:
            return steps, outputs
        at = int(rng.choice(wanting))
        begin, places[at] = places[at], min(places[at] + int(rng.integers(1, 60)), len(decisions[at]))
        backlog.took(at, decisions[at][begin : places[at]], places[at], len(decisions[at]))


@pytest.mark.parametrize("partitions", [1, 3])
def test_the_steps_do_not_depend_on_the_order_of_reading(partitions: int) -> None:
    decisions = log(9, partitions, 90, 5)
    first = run(decisions, 1)
    assert first[0] == [START + minute * MINUTE for minute in range(1, 91)]
    assert all(run(decisions, seed) == first for seed in (2, 3))


def test_all_decisions_of_a_step_are_given_and_one_of_the_next() -> None:
    monitor, backlog = Monitor(RISK, ENGINE, 1), Backlog(1, 60.0)
    values = [(at, decision(f"S{at}", START + at // 5 * MINUTE, 100.0)) for at in range(20)]
    backlog.took(0, values, 20, 20)
    backlog.give(monitor, LATE)
    assert monitor.cut == [6]
    assert backlog.size(0) == 14
    assert backlog.complete(START + MINUTE, LATE, patient=True)


def test_a_decision_from_the_future_shows_nothing() -> None:
    monitor, backlog = Monitor(RISK, ENGINE, 1), Backlog(1, 60.0)
    wrong = decision("WRONG", START + 10**9, 1.0)
    values = [wrong, decision("A", START, 1.0), wrong, decision("B", START, 1.0)]
    backlog.took(0, list(enumerate(values)), 4, 4)
    now = START + 2 * MINUTE
    backlog.give(monitor, now)
    assert monitor.cut == [4]
    assert monitor.next() == START + MINUTE
    assert not backlog.complete(START + MINUTE, now, patient=True)
    assert backlog.complete(START + MINUTE, now, patient=False)


def test_an_end_counts_only_when_nobody_is_patient() -> None:
    backlog = Backlog(1, 60.0)
    assert not backlog.complete(START, LATE, patient=False)  # nothing is known yet
    backlog.took(0, [], 7, None)
    assert not backlog.complete(START, LATE, patient=False)
    backlog.took(0, [], 7, 8)
    assert not backlog.complete(START, LATE, patient=False)
    backlog.took(0, [], 8, 8)
    assert backlog.complete(START, LATE, patient=False)
    assert not backlog.complete(START, LATE, patient=True)


def test_a_partition_lags_until_it_reaches_an_end_that_was_told() -> None:
    clock = Clock()
    backlog = Backlog(2, 60.0, clock=clock)
    clock.advance(50.0)
    assert backlog.unknown() == [0, 1]
    backlog.told(0, 5, clock.monotonic())
    backlog.told(1, 5, clock.monotonic())
    assert backlog.unknown() == []
    clock.advance(20.0)
    backlog.took(0, [], 5, 5)
    backlog.took(1, [(3, b"")], 4, 5)
    assert backlog.lagging() == [1]
    assert backlog.unknown() == [0]
    clock.advance(50.0)  # 70 s after the end was asked for that partition 0 has reached
    assert backlog.lagging() == [0, 1]


def test_a_silent_partition_is_not_waited_for() -> None:
    clock = Clock()
    monitor, backlog = Monitor(RISK, ENGINE, 2), Backlog(2, 60.0, clock=clock)
    backlog.took(0, [(0, decision("A", START, 1.0))], 1, 1)
    backlog.give(monitor, LATE)
    clock.advance(59.0)
    backlog.took(1, [], 3, 9)
    assert not backlog.complete(START + MINUTE, LATE, patient=False)
    clock.advance(2.0)
    assert backlog.complete(START + MINUTE, LATE, patient=False)
    backlog.took(1, [(3, b"")], 4, 9)  # something comes: it catches up
    backlog.give(monitor, LATE)
    assert not backlog.complete(START + MINUTE, LATE, patient=False)


def test_a_full_partition_is_not_read_on() -> None:
    backlog = Backlog(2, 60.0)
    backlog.took(1, [(at, b"") for at in range(ENOUGH)], ENOUGH, None)
    assert backlog.wanting() == [0]


def test_bars_of_the_past_at_a_pace_keep_event_time_with_them() -> None:
    """Each minute comes in parts, and each part has been read to its end before the next one comes."""
    clock, decisions = Clock(), log(9, 3, 30, 5)
    monitor, backlog = Monitor(RISK, ENGINE, 3), Backlog(3, 60.0, 1.0, clock)
    ends, ahead = [0, 0, 0], []

    def step() -> None:
        backlog.give(monitor, LATE)
        while (ts := monitor.next()) is not None and backlog.complete(ts, LATE, patient=False):
            monitor.advance(ts)
            backlog.give(monitor, LATE)

    for minute in range(30):
        newest = START + (minute + 1) * MINUTE
        for partition, values in enumerate(decisions):
            own = [one for one in values if one[0] < len(values) * (minute + 1) // 30]
            backlog.took(partition, own[ends[partition] :], len(own), len(own))
            ends[partition] = len(own)
            step()
            clock.advance(0.3)
        ahead.append(monitor.ts - newest)
    assert max(ahead) <= 0
    clock.advance(1.0)
    step()
    assert monitor.ts == START + 30 * MINUTE
    assert monitor.next() is None
