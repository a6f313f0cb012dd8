"""No fold learns from a label that looks into its test block."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from worker.training.splits import walk_forward


@given(st.integers(10, 300), st.integers(1, 8), st.integers(0, 20), st.integers(1, 30), st.integers(0, 2**32))
def test_purged_and_embargoed(size: int, folds: int, embargo: int, horizon: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = np.sort(rng.integers(0, size, size)).astype(np.int64)
    end = start + rng.integers(1, horizon + 1, size)
    tested: list[int] = []
    for train, test in walk_forward(start, end, folds, embargo):
        assert end[train].max() + embargo < start[test].min()
        assert start[train].max() < start[test].min()
        kept = set(train.tolist())
        left = [row for row in range(size) if start[row] < start[test].min() and row not in kept]
        assert all(end[row] + embargo >= start[test].min() for row in left)  # nothing else is left out
        tested += test.tolist()
    assert len(set(tested)) == len(tested)


def test_blocks_are_equal_and_the_first_is_only_learned_from() -> None:
    start = np.arange(60, dtype=np.int64)
    folds = list(walk_forward(start, start + 2, 5, 3))
    assert [(test[0], test[-1]) for _, test in folds] == [(10, 19), (20, 29), (30, 39), (40, 49), (50, 59)]
    assert [train[-1] for train, _ in folds] == [4, 14, 24, 34, 44]
