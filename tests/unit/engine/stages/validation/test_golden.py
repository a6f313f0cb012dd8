"""The golden events of domain §1.6 on real price histories: every date, every count, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support import lean
from tests.support.drive import Array, Symbol
from worker.engine.reasons import FATAL, QUARANTINE, Reject

NOTABLE = ("reference_expired", "wick_spike", "wick_clipped", "open_outlier", "level_shift_accepted")

# file → (rejected bars, bars, code → dates)
GOLDEN: dict[str, tuple[int, int, dict[str, list[str]]]] = {
    "aapl": (
        13,
        5_849,
        {
            "level_shift_accepted": ["2000-06-23", "2000-10-03", "2005-03-02", "2014-06-11", "2020-09-02"],
            "wick_spike": ["2009-09-21", "2010-08-31", "2011-01-03"],
        },
    ),
    "ibm": (3, 5_849, {"level_shift_accepted": ["1999-06-01"], "open_outlier": ["2002-12-23"]}),
    "goog": (4, 4_183, {"level_shift_accepted": ["2014-04-07"], "wick_spike": ["2007-12-18", "2008-09-30"]}),
    "aig": (
        11,
        5_849,
        {
            "level_shift_accepted": ["2008-09-17", "2008-09-23", "2009-03-18", "2009-07-06", "2009-08-07"],
            "wick_spike": ["2009-05-05"],
            "wick_clipped": ["2003-11-04"],
        },
    ),
    "bac": (2, 5_849, {"level_shift_accepted": ["2004-09-01"], "wick_clipped": ["2001-11-12"]}),
    "qqq": (
        2,
        3_964,
        {
            "level_shift_accepted": ["2000-03-22"],
            "wick_clipped": ["2004-11-01", "2004-11-17"],
            "reference_expired": ["2011-03-23"],
        },
    ),
    "iwm": (3, 5_244, {"level_shift_accepted": ["2005-06-13"], "wick_spike": ["2008-09-19"]}),
    "eem": (
        4,
        5_245,
        {
            "level_shift_accepted": ["2005-06-13", "2008-07-28"],
            "reference_expired": [
                "2000-12-19",
                "2001-07-09",
                "2001-10-26",
                "2001-11-16",
                "2001-11-30",
                "2001-12-11",
                "2002-01-10",
                "2002-05-16",
                "2002-11-22",
                "2003-04-11",
            ],
        },
    ),
    "spy": (0, 5_849, {"wick_clipped": ["2002-04-02", "2005-09-06"]}),
    "fb": (0, 2_947, {"reference_expired": ["2000-01-18", "2000-07-17", "2012-05-18"]}),
    "uso": (
        4,
        3_910,
        {
            "open_outlier": ["1998-07-01"],
            "level_shift_accepted": ["2020-05-01"],
            "reference_expired": ["1998-11-12", "1998-11-30", "1998-12-11", "1998-12-28", "2006-04-10"],
        },
    ),
    "wm": (1, 5_399, {"wick_clipped": ["2003-09-10"], "reference_expired": ["2009-08-05"]}),
    "btcusd": (
        3,
        1_318,
        {
            "reference_expired": ["2015-01-08"],
            "level_shift_accepted": ["2015-01-17"],
            "wick_spike": ["2017-04-15"],
        },
    ),
    "vxx": (
        10,
        20_915,
        {
            "level_shift_accepted": ["2010-11-09", "2012-10-05", "2013-11-08", "2016-08-09", "2017-08-23"],
            "reference_expired": ["2019-05-02"],
        },
    ),
}
# Quarantined bars that no shift confirmed: the old level came back, or the reference expired.
UNCONFIRMED = {"uso": ["1998-08-18"], "wm": ["2008-09-26"]}


def series(name: str) -> Array:
    if name == "btcusd":
        return lean.coinbase_daily()
    return lean.equity(name, "hour" if name == "vxx" else "daily")


def dates(bars: Array, verdicts: Array, code: Reject) -> list[str]:
    return [lean.day(ts) for ts in bars["ts"][verdicts["mask"] >> np.uint64(code) & np.uint64(1) == 1]]


@pytest.mark.parametrize("name", GOLDEN)
def test_every_event_of_the_history_is_found_and_no_other(name: str) -> None:
    bars = series(name)
    verdicts = Symbol().feed(bars)["validation"]
    rejected, count, events = GOLDEN[name]
    assert len(bars) == count
    for code in NOTABLE:
        assert dates(bars, verdicts, Reject[code]) == events.get(code, []), code
    assert int((~verdicts["accepted"]).sum()) == rejected


@pytest.mark.parametrize("name", GOLDEN)
def test_only_the_two_bars_before_a_shift_are_quarantined(name: str) -> None:
    bars = series(name)
    verdicts = Symbol().feed(bars)["validation"]
    quarantined = np.flatnonzero(verdicts["mask"] & np.uint64(QUARANTINE))
    confirmed = {int(i) - back for i in np.flatnonzero(verdicts["shift"]) for back in (1, 2)}
    assert [lean.day(bars["ts"][i]) for i in quarantined if int(i) not in confirmed] == UNCONFIRMED.get(name, [])
    fatal = np.flatnonzero(verdicts["mask"] & np.uint64(FATAL))
    assert set(np.flatnonzero(~verdicts["accepted"]).tolist()) == {*fatal.tolist(), *quarantined.tolist()}


def test_the_spike_of_uso_reverts_the_next_day() -> None:
    bars = series("uso")
    verdicts = Symbol().feed(bars)["validation"]
    day = [lean.day(ts) for ts in bars["ts"]].index("1998-08-19")
    assert verdicts["accepted"][day]
    assert verdicts["quarantine"][day]
    assert not verdicts["expired"][day]
    assert verdicts["pending"][day] == 0


def test_shifts_of_vxx_fall_on_eleven_oclock() -> None:
    bars = series("vxx")
    shifts = bars["ts"][Symbol().feed(bars)["validation"]["shift"]]
    assert (shifts % lean.DAY == 11 * lean.HOUR).all()


def found(name: str, code: Reject) -> int:
    verdicts = Symbol().feed(lean.quotes(name))["validation"]
    return int((verdicts["mask"] >> np.uint64(code) & np.uint64(1)).sum())


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("non_finite", 51),
        ("non_positive_price", 54),
        ("ohlc_inconsistent", 9),
        ("negative_volume", 1),
        # domain §12 counts these 50 as out of order: they are the rows without a date, which a decoder calls missing
        ("missing_field", 50),
        ("out_of_order", 0),
    ],
)
def test_the_dirt_of_the_bad_series_is_named(code: str, count: int) -> None:
    assert found("bad", Reject[code]) == count


def test_a_row_from_the_far_future_costs_seven_bars_not_the_symbol() -> None:
    bars = lean.quotes("mismatch")
    verdicts: Any = Symbol().feed(bars)["validation"]
    assert int((~verdicts["accepted"]).sum()) == 7
    assert found("mismatch", Reject.out_of_order) == 7


def test_a_series_of_zeros_is_rejected_whole_and_leaves_no_trace() -> None:
    symbol = Symbol()
    bars = lean.quotes("zeros")
    assert not symbol.feed(bars)["validation"]["accepted"].any()
    assert not any(symbol.state.tobytes())


def test_the_size_of_numbers_is_no_fault() -> None:
    bars = lean.quotes("toobig")
    verdicts = Symbol().feed(bars)["validation"]
    assert bars["close"].max() > 8e14
    # the one bar that more than doubles its predecessor and is halved again the day after
    assert [lean.day(ts) for ts in bars["ts"][~verdicts["accepted"]]] == ["2021-01-09"]
    assert dates(bars, verdicts, Reject.price_change_exceeded) == ["2021-01-09"]
