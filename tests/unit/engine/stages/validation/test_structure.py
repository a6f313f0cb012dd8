"""Rules 0 to 6 and 38: each with a record that breaks it and its neighbour that does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.unit.engine.stages.validation.case import DAY, HOUR, MINUTE, MONDAY, Case, names
from worker.engine.reasons import Reject, bits
from worker.engine.stages.validation import Settings

PRICES = ("open", "high", "low", "close")


def test_an_ordinary_bar_has_no_codes_and_is_excellent() -> None:
    verdict = Case().show()
    assert (int(verdict["mask"]), float(verdict["score"]), int(verdict["level"])) == (0, 1.0, 4)
    assert verdict["accepted"]


def test_codes_found_in_decoding_reject_the_record_as_they_are() -> None:
    mask = bits(Reject.missing_field, Reject.key_mismatch)
    verdict = Case().show(mask=mask)
    assert int(verdict["mask"]) == mask
    assert not verdict["accepted"]
    assert (float(verdict["score"]), int(verdict["level"])) == (0.0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"interval_ms": 2 * MINUTE},
        {"interval_ms": 0},
        {"interval_ms": -MINUTE},
        {"ts": 8_640_000_000_000_001},
        {"ts": -8_640_000_000_000_001},
        {"ts": -(2**63)},
    ],
)
def test_another_interval_or_an_impossible_time_is_malformed(fields: dict[str, int]) -> None:
    assert Case().codes(**fields) == {"malformed_record"}


def test_the_first_accepted_bar_sets_the_symbols_interval() -> None:
    case = Case(bars=0)
    assert case.show(interval_ms=7 * MINUTE, ts=7 * MINUTE * 10_000_000)["accepted"]
    assert case.own["interval_ms"] == 7 * MINUTE


@pytest.mark.parametrize("field", [*PRICES, "volume"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_is_non_finite(field: str, value: float) -> None:
    assert Case().codes(**{field: value}) == {"non_finite"}


@pytest.mark.parametrize("field", PRICES)
@pytest.mark.parametrize("value", [0.0, -0.0, -37.63])
def test_a_price_at_or_below_zero_is_fatal(field: str, value: float) -> None:
    assert Case().codes(**{field: value}) == {"non_positive_price"}


def test_the_smallest_positive_price_is_judged_by_the_other_rules() -> None:
    assert "non_positive_price" not in Case().codes(low=5e-324)


def test_a_spread_may_be_negative_and_then_meets_no_rule_about_ratios() -> None:
    case = Case(allow_non_positive_price=True)
    returns = int(case.own["returns"]["count"])
    assert case.codes(open=100.0, high=100.0, low=-40.0, close=-37.63) == set()
    assert case.codes(open=-37.63, high=20.0, low=-38.0, close=10.0) == set()  # the reference is negative
    assert case.own["returns"]["count"] == returns
    assert case.show(open=10.0, close=10.01)["accepted"]
    assert case.own["returns"]["count"] == returns + 1


def test_volume_must_not_be_negative() -> None:
    assert Case().codes(volume=-1e-9) == {"negative_volume"}
    assert "negative_volume" not in Case().codes(volume=-0.0)


def test_volume_must_reach_the_configured_least() -> None:
    settings = Settings(min_volume=10.0)
    assert Case(settings).codes(volume=9.999) == {"volume_below_min"}
    assert Case(settings).codes(volume=10.0) == set()


@pytest.mark.parametrize(
    ("high", "low", "broken"),
    [
        (1 - 2e-6, 1.0, True),
        (1 - 5e-7, 1.0, False),  # below the low, within rounding
        (1 - 5e-7, 1 - 5e-7, False),
        (1 - 6e-7, 1 + 6e-7, True),  # each within rounding of the body, but not of the other
        (1.0, 1 + 2e-6, True),
        (1 + 5e-7, 1 + 5e-7, False),
        (1.0, 1.0, False),
    ],
)
def test_high_and_low_must_enclose_the_body_up_to_rounding(high: float, low: float, broken: bool) -> None:
    case = Case()
    assert ("ohlc_inconsistent" in case.codes(high=case.cp * high, low=case.cp * low)) == broken


def test_single_precision_in_some_columns_breaks_no_rule() -> None:
    # As in files where high and low are float32, open and close are not (accidents B8).
    rng = np.random.default_rng(8)
    case = Case(bars=0, interval_ms=DAY, start=MONDAY, tick=0.01)
    closes = np.round(41.0 + np.cumsum(rng.normal(scale=0.2, size=300)), 2)
    below = 0
    for n, close in enumerate(closes.tolist()):
        open_ = round(close + rng.integers(-20, 21) / 100, 2)
        high, low = float(np.float32(max(open_, close))), float(np.float32(min(open_, close)))
        row = case.bar(open=open_, high=high, low=low, close=close)
        below += high < max(open_, close) or low > min(open_, close)
        verdict = case.show(row)
        assert verdict["accepted"]
        assert names(verdict) == ([] if n else ["reference_missing"])
        # What every consumer reads encloses the body exactly.
        assert verdict["low"] <= min(open_, close) <= max(open_, close) <= verdict["high"]
    assert below > 150


def test_a_price_off_the_tick_is_found_whatever_its_size() -> None:
    for price, tick in ((41.6, 0.01), (98_765.43, 0.01), (1.08573, 1e-5), (0.123456, 1e-6)):
        on = dict.fromkeys(PRICES, float(np.float32(price)) if price < 1_000 else price)
        off = dict.fromkeys(PRICES, price + 0.4 * tick)
        assert Case(bars=0, tick=tick).codes(**on) == {"reference_missing"}
        assert "tick_misaligned" in Case(bars=0, tick=tick).codes(**off)


@pytest.mark.parametrize(
    ("interval", "when", "implausible"),
    [
        (MINUTE, "1979-12-31T23:59", True),
        (MINUTE, "1980-01-01T00:00", False),
        (23 * HOUR, "1979-12-31T00:00", True),
        (DAY, "1979-12-31T00:00", False),
        (DAY, "1928-01-03T00:00", False),
        (7 * DAY, "1600-01-03T00:00", False),
        (DAY, "1599-12-31T00:00", True),
        (DAY, "1970-01-02T00:00", False),
        (DAY, "1970-01-20T14:30", False),
        (DAY, "1970-01-20T14:31", True),
        (31 * DAY, "1970-01-01T00:00", False),
        (MINUTE, "2199-12-31T23:59", False),
        (MINUTE, "2200-01-01T00:00", True),
        (DAY, "5129-07-06T00:00", True),
    ],
)
def test_the_time_must_be_one_at_which_bars_exist(interval: int, when: str, implausible: bool) -> None:
    ts = int(np.datetime64(when, "ms").astype(np.int64))
    codes = Case(bars=0, interval_ms=interval).codes(ts=ts)
    assert codes == ({"ts_implausible"} if implausible else {"reference_missing"} | (codes & {"ts_misaligned"}))


@pytest.mark.parametrize("interval", [MINUTE, HOUR, DAY, 7 * DAY])
def test_seconds_sent_as_milliseconds_are_rejected(interval: int) -> None:
    case = Case(bars=0, interval_ms=interval)
    seconds = np.arange(MONDAY // 1_000, MONDAY // 1_000 + 400 * interval // 1_000, interval // 1_000)
    accepted = [ts for ts in seconds.tolist() if case.show(ts=ts)["accepted"]]
    # A whole quarter of an hour is met by one of 125 days; it may be the first bar, and the others overlap it.
    assert len(accepted) <= (interval >= DAY)


@pytest.mark.parametrize("ts", [1, 45_355, 45_355_000, 19_786_000])  # row numbers and days since 1900 and 1970
def test_counts_of_days_or_rows_are_no_times(ts: int) -> None:
    for interval in (MINUTE, DAY, 31 * DAY):
        assert Case(bars=0, interval_ms=interval).codes(ts=ts) == {"ts_implausible"}


def test_a_flat_negative_bar_is_consistent() -> None:
    flat = dict.fromkeys(PRICES, -37.63)
    assert Case(allow_non_positive_price=True).show(**flat)["accepted"]
