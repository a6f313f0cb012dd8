"""The window of returns: its ring, and which symbols have enough to be modelled."""

from __future__ import annotations

import numpy as np

from worker.risk.book.window import Returns
from worker.risk.figures.covariance import WINDOW


def appended(to: Returns, symbols: list[int], value: float = 0.01) -> None:
    to.append(0, np.array(symbols), np.full(len(symbols), value))


def test_modelled_from_sixty_returns_with_bars_in_half_of_them() -> None:
    mine = Returns()
    for at in range(60):
        appended(mine, [0, *([1] if at else []), *([2] if at % 2 == 0 else []), *([3] if at % 3 == 0 else [])])
        assert mine.of(np.array([0])).modelled.tolist() == [at == 59]
    assert mine.of(np.arange(5)).modelled.tolist() == [True, False, True, False, False]


def test_a_symbol_that_fell_silent_is_forgotten() -> None:
    mine = Returns()
    for _ in range(100):
        appended(mine, [0, 1])
    for _ in range(101):
        appended(mine, [0])
    assert mine.of(np.arange(2)).modelled.tolist() == [True, False]
    for _ in range(WINDOW):
        appended(mine, [0])
    assert mine.of(np.arange(2)).returns[:, 1].tolist() == [0.0] * WINDOW


def test_the_ring_holds_the_newest_and_can_be_put_back_in_any_order() -> None:
    mine, stored = Returns(), {}
    for at in range(1_100):
        row = mine.append(at, np.array([0, at % 7]), np.array([at * 1e-4, -at * 1e-4]))
        stored[row.number % WINDOW] = row
    again = Returns()
    for row in sorted(stored.values(), key=lambda row: row.ts % 13):
        again.put(row)
    slots = np.arange(7)
    found, restored = mine.of(slots), again.of(slots)
    assert again.count == mine.count == 1_100
    assert (found.returns == restored.returns).all()
    assert (found.modelled == restored.modelled).all()
    assert found.returns[-1, 1099 % 7] == -1_099 * 1e-4
