"""The scale of all sizes: cuts, returns and growth, and that it comes to rest."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import drawn
from tests.support.portfolio import MINUTE, START
from worker.risk.figures.losses import Losses
from worker.risk.rules.scale import Scale, load
from worker.risk.settings import RiskSettings


def run(loads: list[float], longest_ms: int = MINUTE) -> list[tuple[float, bool]]:
    scale, found = Scale(), []
    for at, u in enumerate(loads):
        scale.advance(START + at * MINUTE, u, longest_ms)
        found.append((scale.multiplier, scale.blocked))
    return found


def test_the_largest_figure_by_its_limit_counts() -> None:
    given = RiskSettings()
    assert load((1.0, 0.9, Losses(0.01, 0.02)), given) == (0.9, "net", 0.9, 1.0)
    assert load((1.9, 0.9, Losses(0.042, 0.02)), given)[1] == "var99"
    assert load((1.9, 0.9, Losses(0.02, 0.066)), given)[1] == "es99"
    assert load((2.2, 0.9, Losses(0.02, 0.06)), given) == (1.1, "gross", 2.2, 2.0)


@pytest.mark.parametrize(
    ("u", "m"), [(1.0, 1.0), (1.0001, 0.85), (1.2, 0.75), (2.0, 0.45), (18.0, 0.05), (18.1, 0.0), (float("inf"), 0.0)]
)
def test_a_cut_is_to_nine_tenths_of_the_limit_rounded_down(u: float, m: float) -> None:
    assert run([u]) == [(m, u > 1.0)]


def test_a_further_cut_waits_for_two_bars_unless_it_is_urgent() -> None:
    assert [m for m, _ in run([1.1] * 6, 2 * MINUTE)] == [0.8, 0.8, 0.8, 0.8, 0.65, 0.65]
    assert [m for m, _ in run([1.1, 1.25, 1.26], 60 * MINUTE)] == [0.8, 0.8, 0.55]


def test_opens_return_at_nine_tenths() -> None:
    assert [blocked for _, blocked in run([1.1, 0.91, 0.9, 0.95, 1.0, 1.01])] == [True, True, False, False, False, True]


def test_it_grows_by_a_twentieth_a_step_after_twelve_calm_ones() -> None:
    found = [m for m, _ in run([2.0, *[0.3] * 30])]
    assert found[:12] == [0.45] * 12
    assert found[12:15] == [0.5, 0.55, 0.6]
    assert found[-1] == 1.0


def test_eleven_calm_steps_are_too_few() -> None:
    assert {m for m, _ in run([2.0, *([0.3] * 11 + [0.85]) * 10])} == {0.45}


def test_it_does_not_grow_into_the_limit_again() -> None:
    # Cut to 0.15, the load is 0.795; one twentieth more would make it 1.06.
    assert run([5.3, *[0.795] * 100])[-1] == (0.15, False)


def test_from_nothing_it_grows_although_no_load_is_seen() -> None:
    found = [m for m, _ in run([30.0, *[0.0] * 40])]
    assert found[11:16] == [0.0, 0.05, 0.05, 0.1, 0.15]  # one, and once positions had time to follow, the others
    assert found[-1] == 1.0


def closed_loop(demand: Callable[[int], float], bar: int, steps: int) -> list[tuple[float, bool]]:
    """Sizes follow m at the close of each bar, upwards only while opens are allowed; `bar` in steps."""
    scale, size, found = Scale(), 0.0, []
    for at in range(steps):
        if at % bar == 0:
            size = scale.multiplier if not scale.blocked else min(size, scale.multiplier)
        scale.advance(START + at * MINUTE, demand(at) * size, bar * MINUTE)
        found.append((scale.multiplier, scale.blocked))
    return found


def changes(found: list[tuple[float, bool]]) -> int:
    return sum(one != other for one, other in pairwise(found))


@settings(max_examples=drawn(60, 1_000), deadline=None)
@given(demand=st.floats(0.01, 15.0), bar=st.sampled_from([1, 5, 60]))
def test_a_constant_demand_comes_to_rest(demand: float, bar: int) -> None:
    steps = 24 * 60 + 40 * bar
    found = closed_loop(lambda _: demand, bar, steps)
    assert changes(found[steps // 2 :]) <= 1
    size = found[-1][0]
    assert demand * size <= 1.0


@settings(max_examples=drawn(60, 1_000), deadline=None)
@given(seed=st.integers(0, 2**32), bar=st.sampled_from([1, 5, 60]), level=st.floats(0.9, 1.15))
def test_five_percent_around_a_limit_is_at_most_two_changes_an_hour(seed: int, bar: int, level: float) -> None:
    draw = (level * np.random.default_rng(seed).uniform(0.95, 1.05, 24 * 60)).tolist()
    found = closed_loop(draw.__getitem__, bar, len(draw))
    assert changes(found[120:]) <= 2 * (len(draw) - 120) // 60
    for hour in range(120, len(draw), 60):
        assert changes(found[hour : hour + 61]) <= 2
