"""A worker counts keys that murmur2 would place elsewhere, once each, and says so once per partition."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from schemas.state import StateOwner
from worker.stream.state import placement
from worker.stream.state.placement import Placement, home
from worker.telemetry.metrics import METRICS

PARTITIONS = 4
KEYS = [f"K{number}".encode() for number in range(40)]


class Symbols:
    """A table in which slot n holds key n."""

    asked: list[int]

    def __init__(self) -> None:
        self.asked = []

    def key(self, slot: int) -> bytes:
        self.asked.append(slot)
        return KEYS[slot]


def counted() -> float:
    return METRICS.registry.get_sample_value("alphapulse_keys_misplaced", {"partition": "2"}) or 0.0


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Placement:
    monkeypatch.setattr(placement, "_TOLD", set())
    METRICS.keys_misplaced.labels(2).set(0)
    return Placement(StateOwner(1, "g", "ticks.raw", 2, PARTITIONS, "1", "cafe"))


def test_each_key_is_looked_at_once(found: Placement, caplog: pytest.LogCaptureFixture) -> None:
    symbols = Symbols()
    at_home = np.array([n for n, key in enumerate(KEYS) if home(key, PARTITIONS) == 2])
    with caplog.at_level(logging.WARNING):
        found.note(np.array([-1, -1]), symbols)
        found.note(np.concatenate([at_home, [-1], at_home]), symbols)
        assert (symbols.asked, counted(), caplog.records) == (at_home.tolist(), 0, [])
        for size in (20, 40, 40):
            found.note(np.arange(size), symbols)
    assert sorted(symbols.asked) == list(range(40))
    assert counted() == 40 - at_home.size > 0
    (warning,) = caplog.records
    assert (warning.__dict__["topic"], warning.__dict__["partition"]) == ("ticks.raw", 2)


def test_a_partition_that_is_opened_again_does_not_repeat_the_warning(
    found: Placement, caplog: pytest.LogCaptureFixture
) -> None:
    again = Placement(found._owner)
    for each in (found, again):
        each.note(np.arange(40), Symbols())
    assert len(caplog.records) == 1


def test_keys_lie_where_the_java_client_puts_them() -> None:
    """From org.apache.kafka.common.utils.Utils.murmur2 & 0x7fffffff, 10 partitions."""
    values = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}
    assert {key: home(key, 10) for key in values} == {key: (value & 0x7FFFFFFF) % 10 for key, value in values.items()}
