"""Sums that slide keep their digits, equal returns are equal in spite of rounding, sessions start where they should."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.features_drive import drive, make_bars
from tests.support.features_series import Series, random_walk
from tests.support.lean import HOUR
from tests.support.oracle_report import record
from tests.unit.engine.stages.features.oracles.closes import CLOSES
from tests.unit.engine.stages.features.oracles.oracle import Column, Oracle, one, warm, windows, worst_error
from tests.unit.engine.stages.features.oracles.returns import RETURNS

SPIKE = 1e15  # of one bar: when it leaves a window, a sum that only subtracts it has no right digit left
CALM = random_walk(20, 400, sigma=1e-4)


def _spiked(at: int) -> Series:
    columns = [column.copy() for column in CALM]
    for column in columns:
        column[at] *= SPIKE
    return Series(*columns)


def _balance(s: Series) -> Column:
    """TA-Lib's line would lose the digits itself."""
    signed = np.concatenate([[1.0], np.sign(np.diff(s.close))]) * s.volume
    share: Column = warm(windows(signed, 100).sum(axis=1) / windows(s.volume, 100).sum(axis=1), s)
    return share


SLIDING = {"sma_50": CLOSES["sma_50"], "obv_ratio_100": Oracle(_balance, one), "vol_ratio": RETURNS["vol_ratio"]}


@pytest.mark.parametrize("feature", sorted(SLIDING))
def test_a_sliding_sum_keeps_its_digits_when_a_spike_leaves(feature: str) -> None:
    series = _spiked(at=200)  # leaves between two time boundaries, which would rebuild the sum
    found = drive(make_bars(*series))["features"][feature]
    record(f"{feature} exact left_by_spike", worst_error(SLIDING[feature], series, found), 1e-9)


EQUAL = {"skew_60": 0.0, "kurt_60": 0.0, "vr_4_60": 1.0, "vr_z": 0.0, "acf1_60": 0.0, "vol_ratio": 1.0}


@pytest.mark.parametrize("feature", sorted(EQUAL))
def test_steady_growth_has_equal_returns(feature: str) -> None:
    close = 100.0 * 1.01 ** np.arange(300)
    found = drive(make_bars(close, close, close, close, np.ones(300)))["features"][feature]
    assert set(found[~np.isnan(found)]) == {EQUAL[feature]}


def test_a_session_starts_at_the_symbols_offset() -> None:
    offset = 10 * HOUR
    bars = make_bars(*random_walk(21, 200), HOUR)
    earlier = bars.copy()
    earlier["ts"] -= offset
    found = drive(bars, session_offset_ms=offset)["features"]["vwap_sess_dev"]
    assert np.array_equal(found, drive(earlier)["features"]["vwap_sess_dev"])
    assert not np.array_equal(found, drive(bars)["features"]["vwap_sess_dev"])
