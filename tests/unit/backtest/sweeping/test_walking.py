"""The walk trades what was best before, knows nothing of the days after, and stands beside buy-and-hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from worker.backtest.sweeping.walking import By, grown, walk_forward

DAYS = np.arange(1_000, 1_100)
UP, DOWN = np.tile([0.02, 0.01], 50), np.tile([-0.02, -0.01], 50)


def noise(tries: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, (tries, DAYS.size))


def test_the_walk_takes_what_was_best_before() -> None:
    returns = np.array([np.r_[UP[:50], DOWN[:50]], np.r_[DOWN[:50], UP[:50]]])
    walk = walk_forward(returns, np.full(100, 0.001), DAYS, 3, 252)
    assert [step.chosen for step in walk.steps] == [0, 0, 0]
    assert [(step.begin_day, step.first_day, step.last_day) for step in walk.steps] == [
        (1_000, 1_025, 1_049),
        (1_000, 1_050, 1_074),
        (1_000, 1_075, 1_099),
    ]
    assert walk.returns.tolist() == returns[0, 25:].tolist()
    assert walk.day.tolist() == DAYS[25:].tolist()


def test_figures_of_a_step_are_of_its_own_days() -> None:
    returns, held = noise(4), noise(1)[0]
    walk = walk_forward(returns, held, DAYS, 4, 252)
    for step in walk.steps:
        start, stop = step.first_day - 1_000, step.last_day - 999
        after, before = returns[step.chosen, start:stop], returns[step.chosen, :start]
        assert step.total_return == pytest.approx(np.prod(1.0 + after) - 1.0, rel=1e-12)
        assert step.held == pytest.approx(np.prod(1.0 + held[start:stop]) - 1.0, rel=1e-12)
        assert step.sharpe == pytest.approx(after.mean() / after.std(ddof=1) * math.sqrt(252), rel=1e-12)
        assert step.before == pytest.approx(before.mean() / before.std(ddof=1) * math.sqrt(252), rel=1e-12)
    whole = np.prod([1.0 + step.total_return for step in walk.steps]) - 1.0
    assert walk.result.total_return == pytest.approx(whole, rel=1e-12)
    beside = np.prod([1.0 + step.held for step in walk.steps]) - 1.0
    assert walk.buy_and_hold.total_return == pytest.approx(beside, rel=1e-12)


@pytest.mark.parametrize("by", ["sharpe", "total_return"])
def test_no_choice_looks_ahead(by: By) -> None:
    returns, held = noise(12), noise(1)[0]
    walk = walk_forward(returns, held, DAYS, 5, 252, by)
    for number, step in enumerate(walk.steps):
        other = returns.copy()
        other[:, step.first_day - 1_000 :] = noise(12, seed=number)[:, step.first_day - 1_000 :] + 0.05
        found = walk_forward(other, held, DAYS, 5, 252, by)
        assert [each.chosen for each in found.steps[: number + 1]] == [each.chosen for each in walk.steps[: number + 1]]
    assert len({step.chosen for step in walk.steps}) > 1


def test_the_best_by_return_need_not_be_the_steadiest() -> None:
    returns = np.array([np.full(100, 0.001) + noise(1)[0] * 0.01, np.tile([0.2, -0.1], 50)])
    chosen = {by: walk_forward(returns, UP, DAYS, 3, 252, by).steps[0].chosen for by in ("sharpe", "total_return")}
    assert chosen == {"sharpe": 0, "total_return": 1}


def test_too_few_days_are_no_step() -> None:
    for days in (0, 1):
        walk = walk_forward(np.zeros((2, days)), np.zeros(days), DAYS[:days], 4, 252)
        assert walk.steps == []
        assert (walk.returns.size, walk.day.size, walk.held.size) == (0, 0, 0)
        assert math.isnan(grown(walk.returns))
