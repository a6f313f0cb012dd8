"""Steps that look like splits are told from crashes: on the real splits of LEAN's factor files, and vendors' errors."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.drive import make_bars
from tests.support.lean import Array, coinbase_daily, day, equity, shared
from worker.backtest.splits import splits
from worker.engine.bar import BAR
from worker.sources.report import ReadReport
from worker.sources.source import open_file

# First bars after the step. Those of the factor files, but for AIG's consolidation of 2009, which fell by 13% as well;
# WM was Washington Mutual in 2001, which split 3:2.
TRUE = {
    "aapl": ["2000-06-21 2:1", "2005-02-28 2:1", "2014-06-09 7:1", "2020-08-31 4:1"],
    "aig": ["1998-08-03 3:2", "1999-08-02 5:4", "2000-07-31 3:2"],
    "bac": ["2004-08-30 2:1"],
    "eem": ["2005-06-09 3:1", "2008-07-24 3:1"],
    "fb": [],
    "goog": ["2014-04-03 2:1"],
    "ibm": ["1999-05-27 2:1"],
    "iwm": ["2005-06-09 2:1"],
    "qqq": ["2000-03-20 2:1"],
    "spy": [],
    "uso": ["2020-04-29 1:8"],
    "wm": ["2001-05-16 3:2"],
}


def told(*parts: Array) -> list[str]:
    return [f"{day(found.ts)} {found.new}:{found.old}" for found in splits(parts)]


@pytest.mark.parametrize("symbol", TRUE)
def test_raw_shares_are_split_where_their_factor_files_say(symbol: str) -> None:
    bars = equity(symbol)
    assert told(bars) == TRUE[symbol]
    assert told(*np.array_split(bars, 50)) == TRUE[symbol]


def test_hours_are_judged_like_days() -> None:
    assert told(equity("aapl", "hour")) == TRUE["aapl"]
    assert told(equity("spy", "hour")) == []


def test_no_crash_of_a_coin_is_a_split() -> None:
    assert told(coinbase_daily()) == []


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("4063-T-1d-bad-stock-split", ["5:1"]),
        ("AET-L-1d-100x-error", ["1:100", "100:1"]),
        ("SSW-JO-1d-100x-error", ["100:1"]),
    ],
)
def test_vendors_errors_are_warned_of_and_their_repaired_twins_not(name: str, before: list[str]) -> None:
    found = []
    for file in (name, f"{name}-fixed"):
        path = shared() / f"data/yfinance_repair/{file}.csv"
        if not path.exists():
            continue
        batch = next(open_file(path, None, ReadReport()).batches(sort=True))
        rows = batch.take(batch.has_ts)
        bars = np.zeros(len(rows), BAR)
        bars["ts"] = rows.ts
        for column, values in zip(("open", "high", "low", "close", "volume"), rows.numbers, strict=True):
            bars[column] = values
        found.append([one.split()[1] for one in told(bars)])
    assert set(found[0]) & set(before)
    assert not any(found[1:])


def walk(bars: int = 80) -> Array:
    return make_bars(100 * np.exp(0.01 * np.cumsum(np.random.default_rng(3).normal(size=bars))), interval_ms=86_400_000)


def scaled(bars: Array, start: int, stop: int, factor: float, volume: float = 1.0) -> Array:
    bars = bars.copy()
    for name in ("open", "high", "low", "close"):
        bars[name][start:stop] *= factor
    bars["volume"][start:stop] *= volume
    return bars


def test_a_step_counts_when_it_stays_and_moves_no_more_money_than_usual() -> None:
    bars = walk()
    assert told(bars) == []
    assert [one.split()[1] for one in told(scaled(bars, 40, 80, 1 / 3, 3))] == ["3:1"]
    assert [one.split()[1] for one in told(scaled(bars, 40, 80, 10.0, 0.1))] == ["1:10"]
    assert [one.split()[1] for one in told(scaled(bars, 79, 80, 0.5, 2))] == ["2:1"]
    assert told(scaled(bars, 40, 43, 1 / 3, 3)) == []  # it recovers
    assert told(scaled(scaled(bars, 40, 80, 0.5, 2), 40, 41, 1.0, 9)) == []  # panic
    assert told(scaled(bars, 40, 80, 0.45, 2)) == []  # no simple ratio


def test_what_is_no_bar_or_late_is_left_out() -> None:
    bars = scaled(walk(), 40, 80, 0.25, 4)
    wanted = told(bars)
    assert len(wanted) == 1
    broken = np.zeros(3, BAR)
    broken["mask"] = 1
    none = bars[50:52].copy()
    none["open"] = 0.0
    none["ts"] += 1
    assert told(bars[:40], broken, bars[:5], bars[40:52], none, bars[30:50], bars[52:]) == wanted
    assert splits([]) == splits([bars[:1]]) == splits([broken]) == ()
