"""Arrays on a kernel's stack: separate, writable, and gone when the call ends."""

from __future__ import annotations

import numpy as np

from worker.engine.intrinsics.scratch import scratch
from worker.engine.kernel import embedded, kernel

LENGTH = 1000


@embedded
def _weighted(x):  # type: ignore[no-untyped-def]
    values, weights = scratch(LENGTH), scratch(3)
    for i in range(LENGTH):
        values[i] = x + i
    for i in range(weights.size):
        weights[i] = i + 1.0
    return values[0] * weights[0] + values[1] * weights[1] + values[LENGTH - 1] * weights[2]


@kernel
def _many(results):  # type: ignore[no-untyped-def]
    for i in range(results.size):
        results[i] = _weighted(float(i))


def test_each_call_has_its_arrays_and_leaves_none_behind() -> None:
    results = np.zeros(100_000)  # 800 MB of stack, were it not given back
    _many(results)
    x = np.arange(results.size)
    np.testing.assert_array_equal(results, x + 2 * (x + 1) + 3 * (x + LENGTH - 1))
