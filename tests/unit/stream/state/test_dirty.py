"""Which symbols are due: never later than the limits, and not all at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import drawn
from worker.stream.state.dirty import MIN_OFFSETS, WARM_UP, DirtySymbols, Limits


def note(dirty: DirtySymbols, slots: list[int], start: int) -> int:
    """One batch of consecutive offsets; returns the next one."""
    dirty.note(np.array(slots, np.int64), np.arange(start, start + len(slots)))
    return start + len(slots)


NOBODY = np.zeros(0, np.int64)


def test_the_first_unsaved_change_is_kept() -> None:
    dirty = DirtySymbols(Limits(1_000, 0))
    assert dirty.oldest(5, NOBODY) == 5
    note(dirty, [-1, 3, 200, 3], 10)
    note(dirty, [200, -1, 3], 20)
    assert dirty.oldest(23, NOBODY) == 11
    assert dirty.all().tolist() == [3, 200]
    assert dirty.oldest(23, np.array([3])) == 12
    dirty.saved(np.array([3, 200]))
    assert not dirty.any
    note(dirty, [3], 30)
    assert dirty.oldest(31, NOBODY) == 30


@settings(max_examples=drawn(20, 100))
@given(st.lists(st.lists(st.integers(-1, 9), max_size=30), max_size=40), st.integers(1, 40), st.integers(1, 200))
def test_nothing_stays_unsaved_beyond_the_limits(batches: list[list[int]], records: int, offsets: int) -> None:
    dirty = DirtySymbols(Limits(records, offsets))
    counts, first, at = dict.fromkeys(range(10), 0), dict[int, int](), 0
    for batch in batches:
        for offset, slot in enumerate(batch, at):
            if slot >= 0:
                counts[slot] += 1
                first.setdefault(slot, offset)
        at = note(dirty, batch, at)
        due = dirty.due(at)
        for slot in (s for s in first if counts[s] >= records or at - first[s] >= offsets):
            assert slot in due
        for slot in due.tolist():
            assert counts[slot] >= records / 2 or at - first[slot] >= offsets / 2
            counts[slot] = 0
            del first[slot]
        assert dirty.oldest(at, due) == min(first.values(), default=at)
        dirty.saved(due)


def test_symbols_with_equal_traffic_are_saved_at_different_times() -> None:
    dirty, at, largest, saved = DirtySymbols(Limits(1_000, 0)), 0, 0, 0
    for _ in range(3_000):
        at = note(dirty, list(range(100)), at)
        due = dirty.due(at)
        dirty.saved(due)
        largest, saved = max(largest, due.size), saved + due.size
    assert 300 <= saved <= 600
    assert largest <= 3


def test_the_widest_span_grows_with_the_symbols() -> None:
    assert Limits(1, 0).widest(10) == MIN_OFFSETS
    assert Limits(1, 0).widest(10_000) == 1_000_000
    assert Limits(1, 77).widest(10_000) == 77


def test_warm_from_lies_a_warm_up_back() -> None:
    dirty, at, seen = DirtySymbols(Limits(10, 0)), 500, 0
    for _ in range(60):
        at = note(dirty, [0, 1] * 50, at)
        seen += 50
        warm_from, _ = dirty.warm(0)
        assert (at - warm_from) // 2 >= min(WARM_UP, seen)
        assert (at - warm_from) // 2 <= 2 * WARM_UP + 100


def test_restored_symbols_are_clean() -> None:
    dirty = DirtySymbols(Limits(10, 0))
    dirty.restored(70, 5, 9)
    assert not dirty.any
    assert dirty.warm(70) == (5, 9)
