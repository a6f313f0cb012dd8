"""A process that stood still for longer than its session no longer trusts that it owns the portfolio."""

from __future__ import annotations

import pytest

from tests.unit.monitoring.test_backlog import Clock
from worker.errors import TryAgain
from worker.leading.pulse import Pulse


def test_an_owner_that_stood_still_gives_up() -> None:
    clock = Clock()
    pulse = Pulse("the portfolio", 6.0, clock)
    for pause, owns in ((5.9, True), (60.0, False), (5.9, True)):
        clock.advance(pause)
        pulse.beat(owns)
    clock.advance(60.0)
    pulse.begin()
    pulse.beat(True)
    clock.advance(6.1)
    with pytest.raises(TryAgain, match="stood still for 6 s, longer than its session of 6 s"):
        pulse.beat(True)
    pulse.beat(True)
