"""The sliding mean and variance against two-pass arithmetic in extended precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engine.windows.series import adversarial
from worker.engine.kernel import kernel
from worker.engine.windows import moments, ring, running_sum

Array = np.ndarray[Any, np.dtype[Any]]

WINDOW = 20
STATE = np.dtype(
    [("ring", ring.ring(WINDOW)), ("moments", moments.MOMENTS), ("sum", running_sum.SUM), ("total", ring.ring(WINDOW))],
    align=True,
)


@kernel
def _rebuild(state, n):  # type: ignore[no-untyped-def]
    total = 0.0
    for age in range(n - 1, -1, -1):
        total += ring.at(state.ring, age)
    moments.restart(state.moments, total / n)
    for age in range(n - 1, -1, -1):
        moments.add(state.moments, ring.at(state.ring, age))
    moments.settle(state.moments)


@kernel
def _slide(states, values, start, means, deviations, sums):  # type: ignore[no-untyped-def]
    state, rebuilt = states[0], 0
    for i in range(values.size):
        if i == 0:
            moments.restart(state.moments, values[0])
        leaving = ring.push(state.ring, values[i])
        n = ring.size(state.ring)
        moments.add(state.moments, values[i])
        if not np.isnan(leaving):
            moments.drop(state.moments, leaving)
        before = moments.block((start + i - 1) * 60_000, 60_000, 0)
        boundary = moments.block((start + i) * 60_000, 60_000, before) != before
        if boundary or moments.lost(state.moments, n):
            _rebuild(state, n)
            rebuilt += 1
        means[i] = moments.mean(state.moments, n)
        deviations[i] = np.sqrt(moments.variance(state.moments, n, 0))
        running_sum.slide(state.sum, state.total, values[i])
        sums[i] = state.sum.total
    return rebuilt


def slide(values: Array, start: int = 0) -> tuple[Array, Array, Array, int]:
    means, deviations, sums = np.empty(values.size), np.empty(values.size), np.empty(values.size)
    rebuilt = _slide(np.zeros(1, STATE), values, start, means, deviations, sums)
    return means, deviations, sums, rebuilt


def windows(values: Array) -> Array:
    return np.lib.stride_tricks.sliding_window_view(values.astype(np.longdouble), WINDOW)


@pytest.mark.parametrize("name", adversarial())
def test_sigma_keeps_nine_digits_on_adversarial_series(name: str) -> None:
    values = adversarial()[name]
    means, deviations, _, rebuilt = slide(values)
    exact = windows(values)
    np.testing.assert_allclose(means[WINDOW - 1 :], exact.mean(axis=1).astype(float), rtol=1e-12)
    sigma = exact.std(axis=1).astype(float)
    varied = sigma > 1e-12 * exact.mean(axis=1).astype(float)  # a constant window has only rounding for its sigma
    np.testing.assert_allclose(deviations[WINDOW - 1 :][varied], sigma[varied], rtol=1e-9)
    assert rebuilt < values.size / 2


@pytest.mark.parametrize("name", adversarial())
def test_a_running_sum_keeps_ten_digits_on_adversarial_series(name: str) -> None:
    values = adversarial()[name]
    _, _, sums, _ = slide(values * np.where(np.arange(values.size) % 2, 1.0, -1.0))
    np.testing.assert_allclose(sums[WINDOW - 1 :], windows(values).sum(axis=1).astype(float), rtol=1e-10)


@pytest.mark.parametrize("skipped", [1, 17, 64, 333])
def test_engines_started_apart_agree_to_the_bit_after_one_window_and_one_time_block(skipped: int) -> None:
    values = adversarial()["random walk"]
    means, deviations, _, _ = slide(values)
    later_means, later_deviations, _, _ = slide(values[skipped:], skipped)
    settled = skipped + WINDOW + moments.REBUILD_INTERVALS - 1
    assert means[settled:].tobytes() == later_means[settled - skipped :].tobytes()
    assert deviations[settled:].tobytes() == later_deviations[settled - skipped :].tobytes()


@given(st.integers(1, 366 * 86_400_000), st.integers(-(10**15), 10**15), st.integers(-130, 130))
def test_a_block_does_not_depend_on_what_was_known(interval_ms: int, ts: int, intervals: int) -> None:
    earlier = ts - intervals * interval_ms
    known = moments.block(earlier, interval_ms, 0)
    assert known == earlier // interval_ms // moments.REBUILD_INTERVALS
    assert moments.block(ts, interval_ms, known) == ts // interval_ms // moments.REBUILD_INTERVALS
