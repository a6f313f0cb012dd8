"""Indicators are a function of the symbol's bars alone: no batch, restart or rejected record shows in them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.features_drive import make_bars
from tests.support.features_series import random_walk
from tests.support.indicators_drive import Run, drive, judged, planned
from tests.unit.strategy.ta.running_sums import CASES
from worker.engine.strategy.indicators.kind import ENDLESS, Series
from worker.engine.strategy.plan import known, settled
from worker.engine.windows.moments import REBUILD_INTERVALS
from worker.strategy import ta

HOUR, DAY = 3_600_000, 86_400_000
INDICATORS = {name: case.indicator for name, case in CASES.items()}
SLOW = {"sma": ta.sma(5, timeframe="4h"), "rsi": ta.rsi(4, timeframe="1d"), "close": ta.close(timeframe="4h")}
SLOW |= {"low": ta.lowest(3, timeframe="4h"), "own": ta.sma(5), "volume": ta.volume(timeframe="1d")}
ROWS, SLOW_ROWS = planned(INDICATORS), planned(SLOW)
START = 1_600_000_000_000 // DAY * DAY


@cache
def bars(n: int = 2_000) -> NDArray[Any]:
    rows = make_bars(*random_walk(5, n), HOUR)
    rows["ts"] += START
    return rows


@cache
def whole() -> Run:
    return drive(ROWS, bars())


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.tobytes() == other.tobytes()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 399), max_size=30))
def test_batches_do_not_show(cuts: list[int]) -> None:
    for rows in (ROWS, SLOW_ROWS):
        one, other = drive(rows, bars()[:400]), drive(rows, bars()[:400], cuts=sorted(cuts))
        assert all(same(a, b) for a, b in zip(one, other, strict=True))


def test_the_value_before_is_that_of_the_bar_before() -> None:
    assert np.isnan(whole().was[0]).all()
    assert same(whole().was[1:].copy(), whole().values[:-1].copy())


def test_nothing_of_the_future_shows() -> None:
    part = drive(ROWS, bars()[:777])
    assert same(part.values, whole().values[:777].copy())


def depth(series: Series) -> int:
    return 1 + max((depth(each) for each in series.inputs), default=0)


@pytest.mark.parametrize("begin", [1, 300, 333])
def test_an_engine_that_starts_later_agrees(begin: int) -> None:
    """Windows to the bit, what fades to 1e-9, from the bar on that is declared."""
    later = drive(ROWS, bars()[begin:]).values
    for i, (name, indicator) in enumerate(INDICATORS.items()):
        after = settled(indicator.series)
        first = after + depth(indicator.series) * REBUILD_INTERVALS  # a sum of sums waits for both
        if after == ENDLESS or first >= len(later):
            continue
        found, expected = later[first:, i].copy(), whole().values[begin + first :, i].copy()
        if after == known(indicator.series):
            assert same(found, expected), name
        else:
            size = np.maximum(np.abs(expected), np.nanmax(np.abs(whole().values[:, i])))
            assert np.max(np.abs(found - expected) / size) <= 1e-9, name


def test_rejected_records_leave_no_trace() -> None:
    mixed, outs = bars()[:600].copy(), judged(bars()[:600])
    refused = np.random.default_rng(1).random(600) < 0.1
    mixed["close"][refused] = 1e9
    outs["validation"]["accepted"][refused] = False
    outs["validation"]["high"][refused] = np.nan
    for rows in (ROWS, SLOW_ROWS):
        found = drive(rows, mixed, outs)
        clean = drive(rows, mixed[~refused], outs[~refused])
        assert same(found.values[~refused].copy(), clean.values)
        assert np.isnan(found.values[refused]).all()
        assert np.isnan(found.was[refused]).all()
        assert same(found.memory, clean.memory)


def test_a_level_shift_begins_anew() -> None:
    outs = judged(bars()[:600])
    outs["validation"]["shift"][250] = True
    for rows in (ROWS, SLOW_ROWS):
        found, fresh = drive(rows, bars()[:600], outs), drive(rows, bars()[250:600])
        assert same(found.values[250:].copy(), fresh.values)
        assert same(found.was[250:].copy(), fresh.was)


@pytest.mark.parametrize("offset", [0, 5 * HOUR])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_longer_timeframes_are_the_closed_buckets_of_pandas(offset: int, missing: float) -> None:
    rows = bars()[np.random.default_rng(4).random(len(bars())) >= missing]
    found = drive(SLOW_ROWS, rows, offset=offset).values
    end = rows["ts"] + HOUR
    for i, (name, step) in enumerate({"sma": 4 * HOUR, "rsi": DAY, "close": 4 * HOUR, "low": 4 * HOUR}.items()):
        start = (rows["ts"] - offset) // step * step + offset
        frame = pd.DataFrame({"h": rows["high"], "l": rows["low"], "c": rows["close"], "end": end})
        buckets = frame.groupby(start).agg(h=("h", "max"), l=("l", "min"), c=("c", "last"), end=("end", "max"))
        # A bucket is known at the bar that reaches its end, else at the first bar of another one.
        reached = buckets["end"].to_numpy() >= buckets.index.to_numpy() + step
        following = np.append(buckets.index.to_numpy()[1:], np.inf)
        firsts = np.append(rows["ts"][np.searchsorted(rows["ts"], following[:-1])] + HOUR, np.inf)
        at = np.where(reached, buckets["end"], firsts)
        value = {
            "sma": buckets.c.rolling(5).mean(),
            "rsi": strength(buckets.c, 4),
            "close": buckets.c,
            "low": buckets.l.rolling(3).min(),
        }[name]
        last = np.searchsorted(at, end, side="right") - 1
        expected = np.where(last >= 0, value.to_numpy()[np.maximum(last, 0)], np.nan)
        np.testing.assert_allclose(found[:, i], expected, rtol=1e-12, err_msg=name)


def strength(closes: pd.Series, n: int) -> pd.Series:
    change = closes.diff().to_numpy()
    found = np.full(len(closes), np.nan)
    up, down = np.mean(np.maximum(change[1 : n + 1], 0)), np.mean(np.maximum(-change[1 : n + 1], 0))
    for i in range(n, len(closes)):
        if i > n:
            up, down = (up * (n - 1) + max(change[i], 0)) / n, (down * (n - 1) + max(-change[i], 0)) / n
        found[i] = 100 * up / (up + down)
    return pd.Series(found)


def test_a_late_bar_does_not_open_a_closed_bucket() -> None:
    rows = bars()[:24].copy()
    late = rows[[3]].copy()
    late["close"] = late["high"] = 1e6
    found = drive(SLOW_ROWS, np.concatenate([rows[:4], late, rows[4:]])).values
    column = list(SLOW).index("close")
    assert np.nanmax(found[:, column]) < 1e6


def test_a_timeframe_that_the_bars_do_not_fill_stays_unknown() -> None:
    rows = planned(
        {"slow": ta.sma(2, timeframe="15m"), "odd": ta.close(timeframe="8h"), "same": ta.close(timeframe="1h")}
    )
    values = drive(rows, bars()[:50]).values
    assert np.isnan(values[:, 0]).all()
    assert not np.isnan(values[8:, 1]).any()
    assert same(values[:, 2].copy(), bars()["close"][:50].copy())


def test_a_gap_of_numbers_heals() -> None:
    """A logarithm of what is not positive is unknown; averages of it pass over the bar."""
    rows = bars()[:200].copy()
    rows["close"][100] = -1.0
    found = drive(
        planned({"mean": ta.sma(5, source=ta.log_return()), "ema": ta.ema(5, source=ta.log_return())}), rows
    ).values
    assert np.isnan(found[100:106, 0]).all()
    assert not np.isnan(found[106:]).any()
    assert not np.isnan(found[5:, 1]).any()
