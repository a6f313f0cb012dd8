"""Rebalances are counted once, whether a look or a probe tells of them first."""

from __future__ import annotations

import pytest

from worker.gateway.fleet.rebalances import Rebalance, Rebalances
from worker.kafka.asking import Group, Member


def group(state: str = "Stable", **owned: tuple[int, ...]) -> Group:
    return Group(state, tuple(Member(name, None, "c", "h", {"t": found}) for name, found in owned.items()))


TWO, ONE = group(a=(0, 1), b=(2, 3)), group(b=(0, 1, 2, 3))
UNREST = group("PreparingRebalance", b=())


def counted(*looks: tuple[Group, int | None]) -> Rebalances:
    rebalances = Rebalances()
    for now, (found, generation) in enumerate(looks):
        rebalances.note(float(now), 1_000 * now, found, generation)
    return rebalances


@pytest.mark.parametrize(
    ("looks", "count"),
    [
        ([(TWO, None), (TWO, None)], 0),
        ([(TWO, None), (ONE, None)], 1),
        ([(TWO, None), (UNREST, None), (UNREST, None), (ONE, None), (ONE, None)], 1),
        ([(TWO, None), (UNREST, None), (TWO, None)], 1),
        ([(TWO, 3), (ONE, 3), (ONE, 4)], 1),
        ([(TWO, 3), (TWO, 4), (ONE, 4)], 2),
        ([(TWO, 3), (UNREST, 3), (ONE, 3), (ONE, 4), (ONE, 4)], 1),
        ([(TWO, 3), (TWO, 6)], 3),
        ([(TWO, 3), (ONE, 5)], 2),
        ([(TWO, None), (TWO, 5)], 0),
        ([(TWO, None), (ONE, None), (ONE, 5), (ONE, 6)], 2),
        ([(group("Empty"), None), (UNREST, None), (ONE, 1)], 1),
    ],
)
def test_each_is_counted_once(looks: list[tuple[Group, int | None]], count: int) -> None:
    assert counted(*looks).count == count


def test_how_long_it_lasted_and_what_came_of_it() -> None:
    rebalances = counted((TWO, 1), (UNREST, 1), (UNREST, 1))
    assert rebalances.lasts(4.0) == 3.0
    rebalances.note(4.5, 4_500, ONE, 1)
    assert list(rebalances.seen) == [Rebalance(1_000, 1, 3.5)]
    assert rebalances.lasts(9.0) == 0.0
