"""Which rows of a batch each strategy decides, and where a symbol changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import BAR
from worker.engine.switching.keeping import FRESH
from worker.engine.switching.turns import Begin, Met, turns

Turns = list[tuple[list[Begin], list[int], int]]


def found(
    slots: list[int], met: list[int], held: list[int], refused: tuple[int, ...] = (), unreadable: tuple[int, ...] = ()
) -> Turns:
    """The turns of rows in the order of their symbols; `refused` rows are readable, and no bar."""
    rows = np.array(slots)
    bars, accepted = np.zeros(len(slots), BAR), np.ones(len(slots), np.bool_)
    bars["mask"][list(unreadable)] = 1
    accepted[[*refused, *unreadable]] = False
    batch = Met.of(np.array(met), np.array(held), rows, bars)
    order: NDArray[np.int64] = np.argsort(rows, kind="stable")
    return [(turn.begins, turn.order.tolist(), turn.ordinal) for turn in turns(batch, rows, order, accepted)]


def test_where_nothing_changes_each_strategy_has_one_turn() -> None:
    assert found([0, 1, 0], [2, 2, 2], [2, 2, 2]) == [([], [0, 2, 1], 2)]
    assert found([0, 1, 0], [2, 1, 2], [2, 1, 2]) == [([], [1], 1), ([], [0, 2], 2)]
    assert found([], [], []) == [([], [], 0)]


def test_a_symbol_changes_with_its_next_accepted_bar() -> None:
    slots = [0, 1, 0, 0, 1]
    assert found(slots, [1] * 5, [0, 1, 0, 0, 1], refused=(0,)) == [
        ([], [0], 0),
        ([], [1, 4], 1),
        ([Begin(0, 2, 1)], [2, 3], 1),
    ]


def test_a_bar_that_is_refused_or_unreadable_changes_nothing() -> None:
    """A late one lies before the time from which a switch applies."""
    assert found([0, 0, 0], [2, 1, 2], [2, 2, 2], refused=(1,)) == [([], [0, 1, 2], 2)]
    assert found([0, 0, 0], [2, 0, 2], [2, 2, 2], unreadable=(1,)) == [([], [0, 1, 2], 2)]


def test_a_symbol_may_change_more_than_once() -> None:
    assert found([0, 0, 0, 0], [1, 2, 2, 1], [1] * 4) == [
        ([], [0], 1),
        ([Begin(0, 1, 2)], [1, 2], 2),
        ([Begin(0, 3, 1)], [3], 1),
    ]


def test_a_symbol_without_a_bar_begins_with_its_first() -> None:
    assert found([0, 0, 0], [0, 0, 0], [FRESH] * 3, refused=(0,)) == [([], [0], 0), ([Begin(0, 1, 0)], [1, 2], 0)]


def test_records_without_a_slot_have_a_turn_too() -> None:
    assert found([-1, 0], [3, 3], [0, 3]) == [([], [0], 0), ([], [1], 3)]
