"""Times are written as `datetime` writes them."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.tick import MAX_TS, MIN_TS
from worker.stream.output.builder import rfc3339
from worker.wire.times import put_rfc3339

DAY = 86_400_000


def written(ms: int) -> str:
    buffer = np.zeros(30, np.uint8)
    at = buffer.ctypes.data
    return buffer[: put_rfc3339(at, ms) - at].tobytes().decode()


@pytest.mark.parametrize("ms", [0, -1, 1, MIN_TS, MAX_TS, MIN_TS - 1, MAX_TS + 1, 2**62, -(2**62), 951_782_399_999])
def test_edges(ms: int) -> None:
    assert written(ms) == rfc3339(ms)


def test_every_kind_of_day() -> None:
    random = np.random.default_rng(4)
    days = [*range(-800_000, 2_900_000, 997), *range(-1_000, 20_000)]
    for day in days:
        ms = max(day * DAY + int(random.integers(0, DAY)), MIN_TS)
        assert written(ms) == rfc3339(ms)
