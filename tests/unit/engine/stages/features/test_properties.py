"""Look-ahead, snapshots, history independence and finiteness of features, patterns and regime together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.examples import drawn
from tests.support.features_drive import DERIVED, ROW, drive, make_bars
from tests.support.features_series import Series, market_series, random_walk
from tests.support.lean import HOUR
from worker.engine.stages.features import FEATURE_NAMES, FEATURES, WARMUP
from worker.engine.windows.moments import REBUILD_INTERVALS

BARS = make_bars(*random_walk(11, 900), HOUR)
WHOLE = drive(BARS)
LATE_START = 100
LATE = drive(BARS[LATE_START:])["features"]
RECURSIVE = tuple(
    feature.name
    for feature in FEATURES
    if feature.id in ("F03", "F06", "F07", "F08", "F09", "F11")  # averages that never forget entirely
)
WINDOWED = tuple(name for name in FEATURE_NAMES if name not in RECURSIVE)


def _leaves(rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {f"{part}.{name}": rows[part][name] for part in ROW.names or () for name in ROW[part].names or ()}


@given(cut=st.integers(1, BARS.size - 1))
@settings(max_examples=drawn(20, 80), deadline=None)
def test_outputs_never_depend_on_later_bars(cut: int) -> None:
    assert drive(BARS[:cut]).tobytes() == WHOLE[:cut].tobytes()


@given(cut=st.integers(1, BARS.size - 1))
@settings(max_examples=drawn(20, 80), deadline=None)
def test_a_restored_snapshot_continues_to_the_bit(cut: int) -> None:
    state = np.zeros(1, DERIVED)
    drive(BARS[:cut], state)
    restored = np.frombuffer(state.tobytes(), DERIVED).copy()
    assert drive(BARS[cut:], restored).tobytes() == WHOLE[cut:].tobytes()


@pytest.mark.parametrize("feature", WINDOWED)
def test_windowed_features_forget_what_lies_before_the_window(feature: str) -> None:
    """To the bit, once the window is full and the time boundary of its sums was passed."""
    known = WARMUP[feature] + REBUILD_INTERVALS - 1
    assert np.array_equal(LATE[feature][known:], WHOLE["features"][feature][LATE_START + known :])


@pytest.mark.parametrize("feature", RECURSIVE)
def test_recursive_features_converge_after_a_late_start(feature: str) -> None:
    late, whole = LATE[feature][500:], WHOLE["features"][feature][LATE_START + 500 :]
    assert np.abs(late - whole).max() <= 1e-6 * np.abs(whole).max()


def test_symbols_in_one_batch_do_not_touch_each_other() -> None:
    both = np.repeat(BARS, 2)
    both[1::2] = make_bars(*random_walk(12, 900), HOUR)
    out = drive(both, np.zeros(2, DERIVED), np.arange(both.size) % 2)
    rows = out.view(np.uint8).reshape(both.size, ROW.itemsize)  # a structured copy would lose the padding
    assert rows[::2].tobytes() == WHOLE.tobytes()


def _scaled(peak: float) -> Series:
    walk = random_walk(13, 400)
    open_, high, low, close = (column / walk.high.max() * peak for column in walk[:4])
    return Series(open_, high, low, close, walk.volume / walk.volume.max() * peak)


@pytest.mark.parametrize("peak", [1e-300, 1e-20, 1e20, 1e200, 1.7e308])
def test_no_infinity_leaves_a_kernel_at_extreme_scales(peak: float) -> None:
    for name, values in _leaves(drive(make_bars(*_scaled(peak)))).items():
        assert not np.isinf(values.astype(float)).any(), name


@pytest.mark.parametrize("name", ["spiked", "stretched", "ticks", "split"])
def test_no_infinity_leaves_a_kernel_on_adversarial_series(name: str) -> None:
    for field, values in _leaves(drive(make_bars(*market_series()[name]))).items():
        assert not np.isinf(values.astype(float)).any(), field


def test_non_positive_prices_make_log_features_nan_and_nothing_infinite() -> None:
    bars = BARS.copy()
    for column in ("open", "high", "low", "close"):
        bars[column][400:410] -= 2 * bars["close"][400:410]
        bars[column][405] = 0.0
    out = drive(bars)
    assert not any(np.isinf(values.astype(float)).any() for values in _leaves(out).values())
    assert np.isnan(out["features"]["vol_yz_20"][405])
    assert np.isnan(out["features"]["skew_60"][405])
    # And every window heals to the bit.
    for name in WINDOWED:
        assert out["features"][name][-1] == WHOLE["features"][name][-1], name
