"""A label is the direction of a move that pays for its costs."""

from __future__ import annotations

import math

import pytest

from worker.engine.scoring.labels import outcome, round_trip
from worker.engine.stages import execution

COST = 0.0014


@pytest.mark.parametrize(
    ("before", "after", "label"),
    [
        (100.0, 100.0 * math.exp(0.0015), 1),
        (100.0, 100.0 * math.exp(-0.0015), -1),
        (100.0, 100.0 * math.exp(0.0013), 0),
        (100.0, 100.0 * math.exp(-0.0013), 0),
        (100.0, 100.0, 0),
        (0.0, 100.0, 0),
        (100.0, -1.0, 0),
        (math.nan, 100.0, 0),
    ],
)
def test_a_move_has_a_side_when_it_is_dearer_than_a_round_trip(before: float, after: float, label: int) -> None:
    assert outcome(before, after, COST) == label


def test_a_move_that_just_pays_its_costs_has_no_side() -> None:
    assert outcome(1.0, 2.0, math.log(2.0)) == 0
    assert outcome(2.0, 1.0, math.log(2.0)) == 0


def test_the_cost_is_fee_and_slippage_twice() -> None:
    assert round_trip(execution.Settings().params().rows[0]) == pytest.approx(COST)
    assert round_trip(execution.Settings(fee_bps=10.0, slippage_bps=0.0).params().rows[0]) == pytest.approx(0.002)
