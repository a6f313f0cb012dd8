"""A stored carry part of an older release becomes this one's; what can't be is refused."""

from __future__ import annotations

import numpy as np
import pytest

from worker.engine.state.layout import CARRY, CARRY_VERSION
from worker.engine.state.migration import MIGRATIONS, migrate
from worker.errors import DataError

STEPS = {1: lambda carry: carry + b"b", 2: lambda carry: carry[1:] + b"c"}


@pytest.mark.parametrize(("version", "carry", "wanted"), [(1, b"xy", b"ybc"), (2, b"xyb", b"ybc"), (3, b"ybc", b"ybc")])
def test_each_version_goes_step_by_step(version: int, carry: bytes, wanted: bytes) -> None:
    assert migrate(carry, version, STEPS, target=3, size=3) == wanted


@pytest.mark.parametrize(("version", "carry"), [(4, b"ybc"), (0, b"xy"), (3, b"yb")])
def test_what_is_unknown_is_refused(version: int, carry: bytes) -> None:
    with pytest.raises(DataError):
        migrate(carry, version, STEPS, target=3, size=3)


def test_every_older_version_has_its_step() -> None:
    assert sorted(MIGRATIONS) == list(range(1, CARRY_VERSION))
    assert migrate(bytes(CARRY.itemsize), CARRY_VERSION) == bytes(CARRY.itemsize)


def test_the_carry_of_the_former_release_has_no_decided_times() -> None:
    former = CARRY.itemsize - CARRY["decided"].itemsize
    migrated = np.frombuffer(migrate(bytes(range(1, 9)) + bytes(former - 8), 2), CARRY)[0]
    assert migrated["sequence"] == int.from_bytes(range(1, 9), "little")
    assert migrated["decided"]["known"] == 0
