"""Two members of the monitor: the standby takes over quickly, and whoever was away adds nothing."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.monitored import log
from tests.support.portfolio import MINUTE, START
from tests.support.risk import (
    Decided,
    Monitors,
    assert_exactly_once,
    make_risk_topics,
    owned_at,
    owns,
    reached,
    risk_settings,
)
from worker.errors import Exit

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "7"))
AFTER_TERM = 2.0  # seconds
SLACK = 2.0  # seconds after the session's timeout


@fault("F54")
async def test_take_over_after_a_stop_and_after_a_kill(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    source = Decided(settings, log(8, 2, 60, SEED))
    async with Monitors(settings, tmp_path) as fleet:
        await source.publish(80)
        first = await fleet.owner("first")
        await reached(settings, START + 15 * MINUTE)
        second = fleet.monitor("second")
        await second.ready()
        await owns(first, 10)  # its place in the group is confirmed, and it has opened again
        told = time.time()
        first.send(signal.SIGTERM)
        await owns(second, 20)
        assert await first.exit_code(20) == Exit.OK
        after_term = owned_at(second) - told
        await source.publish(80)
        third = fleet.monitor("third")
        await third.ready()
        await reached(settings, START + 35 * MINUTE)
        told = time.time()
        second.kill()
        fleet.workers.remove(second)
        await owns(third, 30)
        after_kill = owned_at(third) - told
        await source.publish(10**6)
        await reached(settings, START + 60 * MINUTE)
        seconds, steps = [await third.metric(f"risk_step_seconds_{name}") or 0.0 for name in ("sum", "count")]
        await fleet.stop()
    await assert_exactly_once(settings)
    print(
        f"take-over after SIGTERM {after_term:.2f} s, after a kill {after_kill:.2f} s; "
        f"{1000 * seconds / steps:.1f} ms a step"
    )
    assert after_term <= AFTER_TERM
    assert after_kill <= settings.processing.session_timeout_ms / 1000 + SLACK


@fault("F55")
async def test_a_zombie_adds_nothing_and_ends(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    source = Decided(settings, log(8, 2, 60, SEED + 1))
    async with Monitors(settings, tmp_path) as fleet:
        await source.publish(80)
        zombie = await fleet.owner("zombie")
        await reached(settings, START + 15 * MINUTE)
        heir = fleet.monitor("heir")
        await heir.ready()
        await owns(zombie, 10)
        zombie.send(signal.SIGSTOP)
        await source.publish(80)  # so that it wakes with work
        await owns(heir, 30)
        await reached(settings, START + 35 * MINUTE)
        zombie.send(signal.SIGCONT)
        assert await zombie.exit_code(20) == Exit.TEMPORARY
        fleet.workers.remove(zombie)
        await source.publish(10**6)
        await reached(settings, START + 60 * MINUTE)
        await owns(heir, 1)
        await fleet.stop()
    await assert_exactly_once(settings)
