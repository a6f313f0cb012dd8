"""How long a poll may wait: until a partition ends lingering or has something due, and long where all rest."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition

from worker.stream.linger import POLL, QUIET_POLL, poll_seconds
from worker.stream.phases import Phase

NOW = 100.0


class At(NamedTuple):
    """What a poll asks of a partition."""

    phase: Phase = Phase.READY
    linger_until: float = 0.0
    due: float = math.inf


@pytest.mark.parametrize(
    ("partitions", "seconds"),
    [
        ([], POLL),
        ([At(), At()], QUIET_POLL),
        ([At(), At(Phase.BUSY)], POLL),
        ([At(), At(Phase.RESTORING)], POLL),
        ([At(), At(due=NOW + 0.4)], 0.4),
        ([At(due=NOW + 7.0)], QUIET_POLL),
        ([At(due=NOW - 1.0), At()], POLL),
        ([At(linger_until=NOW + 0.02), At()], 0.02),
        ([At(linger_until=NOW + 0.02), At(linger_until=NOW + 0.01, due=NOW)], 0.01),
        ([At(linger_until=NOW - 0.02)], QUIET_POLL),
        ([At(Phase.BUSY, linger_until=NOW + 0.02, due=NOW + 0.5)], POLL),
    ],
)
def test_seconds_of_a_poll(partitions: list[Any], seconds: float) -> None:
    named = {TopicPartition("ticks", number): partition for number, partition in enumerate(partitions)}
    assert poll_seconds(named, NOW) == pytest.approx(seconds)
