"""The compiled checksum is aiokafka's."""

from __future__ import annotations

import numpy as np
import pytest
from aiokafka.record.util import calc_crc32c

from worker.engine.compiled.target import FIXED, Target
from worker.wire.crc32c import STREAM, available, crc32c

pytestmark = pytest.mark.skipif(not available(), reason="this processor has no instruction for it")
SIZES = [0, 1, 7, 8, 9, 100, *(k * STREAM + d for k in (3, 6, 7) for d in (-1, 0, 1, 8, 13)), 262_144]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("start", [0, 3, 21])
def test_any_size_from_any_byte(size: int, start: int) -> None:
    data = np.random.default_rng(size).integers(0, 256, size + start, np.uint8).tobytes()
    assert crc32c(data, start) == calc_crc32c(data[start:])
    assert crc32c(memoryview(bytearray(data)), start) == calc_crc32c(data[start:])


def test_every_fixed_target_of_x86_has_the_instruction(monkeypatch: pytest.MonkeyPatch) -> None:
    for target in (
        *FIXED["x86_64"],
        Target("native-x", "x", "+sse4.2,-avx"),
        Target("native-y", "y", "-sse4.2"),
        *FIXED["aarch64"],
    ):
        monkeypatch.setattr("worker.wire.crc32c.TARGET", target)
        assert available() is (target.name not in ("native-y", "aarch64"))


def test_check_value() -> None:
    assert crc32c(b"123456789") == 0xE3069283
