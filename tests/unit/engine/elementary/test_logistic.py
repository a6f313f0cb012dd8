"""The logistic function against mpmath."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.support.oracle_report import record
from worker.engine.elementary.logistic import sigmoid
from worker.engine.kernel import kernel

_sigmoid = sigmoid


@kernel
def _run(xs: Any, out: Any) -> None:
    for i in range(xs.size):
        out[i] = _sigmoid(xs[i])


def test_it_is_right_to_three_units_in_the_last_place_over_its_whole_range() -> None:
    rng = np.random.default_rng(4)
    xs = np.concatenate([rng.normal(0, 3, 3_000), rng.uniform(-700, 700, 2_000), [0.0, -0.0, 40.0, -40.0]])
    out = np.zeros(xs.size)
    _run(xs, out)
    with mpmath.workdps(40):
        exact = [1 / (1 + mpmath.exp(-mpmath.mpf(x))) for x in xs.tolist()]
        errors = [abs(mpmath.mpf(y) - e) / e for y, e in zip(out.tolist(), exact, strict=True)]
    record("elementary.sigmoid mpmath range", float(max(errors)), 3.0 * 2.0**-52)


def test_extremes_saturate_and_a_missing_value_stays_missing() -> None:
    out = np.zeros(5)
    _run(np.array([np.inf, -np.inf, 1e300, -1e300, np.nan]), out)
    assert out[:4].tolist() == [1.0, 0.0, 1.0, 0.0]
    assert np.isnan(out[4])
