"""What counts as a difference: bits, but for the forms of NaN; the earliest row, and there the answer first."""

from __future__ import annotations

import numpy as np

from worker.strategy.checking.playing.differences import first_difference, sentence
from worker.strategy.checking.playing.making import HOUR_MS, calm
from worker.strategy.checking.playing.play import PUBLISHED, Played


def test_nan_has_one_form_and_zero_two() -> None:
    one, other = np.zeros(3, PUBLISHED), np.zeros(3, PUBLISHED)
    one["decision"]["qty"][1] = np.nan
    other["decision"]["qty"].view(np.uint64)[1] = 0xFFF8 << 48 | 7
    assert np.isnan(other["decision"]["qty"][1])
    assert first_difference(one, other) is None
    other["decision"]["stop"][2] = -0.0
    assert first_difference(one, other) == (2, "the decision's stop", "0.0", "-0.0")


def test_the_earliest_is_told_and_the_answer_before_the_rest() -> None:
    market = calm(1, 10, HOUR_MS, symbols=1)
    one, other = Played(np.zeros(10, PUBLISHED), {}), Played(np.zeros(10, PUBLISHED), {})
    other.rows["decision"]["qty"][7] = 1.0
    other.rows["said"]["intent"]["qty"][8] = 1.0
    other.rows["said"]["intent"]["status"][8] = 2
    text = sentence(market, one, other, "here", "there")
    assert text == "bar 8 of WALK0 (2020-09-13 07:00 UTC): the decision's qty is 0.0 here, and 1.0 there"
    other.rows["decision"]["qty"][7] = 0.0
    text = sentence(market, one, other, "here", "there")
    assert text == "bar 9 of WALK0 (2020-09-13 08:00 UTC): the answer is not_asked here, and raised there"


def test_states_differ_too() -> None:
    market, rows, own = calm(1, 10, HOUR_MS, symbols=1), np.zeros(10, PUBLISHED), np.dtype([("count", "i8")])
    one, other = (Played(rows, {b"WALK0": np.array([(count,)], own)}) for count in (3, 4))
    text = sentence(market, one, other, "here", "there")
    assert text == "after the last bar of WALK0 the state's count is 3 here, and 4 there"
    assert sentence(market, one, Played(rows[:5], other.states), "here", "there") is None
