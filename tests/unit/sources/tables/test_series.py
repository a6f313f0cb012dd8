"""Unread columns that tell rows of one time apart make series; numbers and flags beside dirty rows do not."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from worker.sources.tables.series import Rows, SeriesScan

DAYS = list(range(200))


def rows(ts: Sequence[int], *columns: Sequence[str], owners: Sequence[int] | None = None) -> Rows:
    scan = SeriesScan(range(len(columns)))
    whose = np.array(owners or [0] * len(ts), np.int64)
    for start in range(0, len(ts), 64):
        part = slice(start, start + 64)
        when = np.array(ts[part], np.int64)
        cells = {at: list(column[part]) for at, column in enumerate(columns)}
        scan.feed(cells, whose[part], when, np.ones(len(when), np.bool_))
    return scan.end()


def told(ts: Sequence[int], *columns: Sequence[str]) -> list[tuple[int, ...]]:
    return rows(ts, *columns).told_apart()


def test_rows_are_counted() -> None:
    found = rows([1, 2, 2, 5, 3, 4, 6])
    assert (found.repeats, found.late) == (1, 2)
    found = rows([6, 4, 3, 5, 2, 2, 1])  # newest first
    assert (found.repeats, found.late) == (1, 2)
    found = rows([1, 1, 2, 2], owners=[0, 1, 0, 1])
    assert (found.repeats, found.late) == (0, 0)


@pytest.mark.parametrize("mixed", [True, False])
def test_two_instruments(mixed: bool) -> None:
    ts = sorted(DAYS * 2) if mixed else DAYS * 2
    names = ["A", "B"] * 200 if mixed else ["A"] * 200 + ["B"] * 200
    assert told(ts, names) == [(0,)]
    assert told(ts[::-1], names[::-1]) == [(0,)]


def test_contracts_that_overlap_by_one_day() -> None:
    assert told([*range(100), *range(99, 200)], ["H"] * 100 + ["M"] * 101) == [(0,)]


def test_instruments_at_times_of_their_own_one_after_the_other() -> None:
    ts = [*range(0, 400, 2), *range(1, 401, 2)]
    assert told(ts, ["A"] * 200 + ["B"] * 200) == [(0,)]
    months = [*range(100, 200), *range(100)]
    assert told(months, ["Feb"] * 100 + ["Jan"] * 100) == []  # one series in the wrong order


def test_two_columns_together() -> None:
    ts = sorted(DAYS * 4)
    assert told(ts, ["100", "100", "110", "110"] * 200, ["C", "P"] * 400, ["x"] * 800) == [(0, 1)]


def test_a_revised_row_is_no_series() -> None:
    rng = random.Random(1)
    ts = [*DAYS[:100], 99, *DAYS[100:]]
    trades = [str(rng.randrange(20)) for _ in ts]
    trades[99], trades[100] = "3", "4"
    assert told(ts, trades) == []
    direction = ["up" if n % 3 else "down" for n in range(len(ts))]
    assert told(ts, direction) == []


def test_rows_that_stand_twice_are_no_series() -> None:
    ts = [day for day in DAYS for _ in range(2)]
    assert told(ts, [str(day // 7) for day in ts], ["a"] * len(ts)) == []


def test_many_distinct_values_are_numbers() -> None:
    ts = [at for at in range(4_000) for _ in range(2)]
    assert told(ts, [str(n) for n in range(len(ts))]) == []
