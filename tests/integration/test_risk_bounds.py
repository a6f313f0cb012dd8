"""The monitor under more decisions than may wait in it: its state grows up to a bound, and every record of it fits.

Its bounds are small (`tests.support.small_bounds`).
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.fleet import until
from tests.support.kafka import create_topics, produce
from tests.support.monitored import log
from tests.support.portfolio import MINUTE, START, decision
from tests.support.risk import (
    Decided,
    Monitors,
    assert_exactly_once,
    make_risk_topics,
    now_ms,
    reached,
    read_whole,
    risk_settings,
    steps,
)
from tests.support.small_bounds import PROGRAM, ROOM
from tests.support.ticks import make_topics
from worker.alerts import preflight as alerts
from worker.errors import ConfigError, Exit
from worker.kafka.topics import wanted_by_alerts, wanted_by_risk
from worker.leading.parts import LARGEST
from worker.monitoring import preflight as risk
from worker.settings import Settings

pytestmark = pytest.mark.kafka

MINUTES = 20
AHEAD, LATE = 2 * ROOM // 3, 3 * ROOM
DAY = 86_400_000


async def test_decisions_that_wait_are_kept_in_parts_and_late_ones_count(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix, repeat_seconds=1)
    await make_risk_topics(settings)
    source = Decided(settings, log(8, 2, MINUTES, 3))
    ahead = now_ms() // MINUTE * MINUTE + DAY

    async def flood(symbol: str, begin: int, many: int) -> None:
        found = [decision(symbol, begin + at * MINUTE, 100.0) for at in range(many)]
        await produce(broker.bootstrap, settings.topics.output, [(0, symbol.encode(), one, now_ms()) for one in found])

    async with Monitors(settings, tmp_path, PROGRAM) as fleet:
        first = await fleet.owner("first")
        await source.publish(40)
        await reached(settings, START + 8 * MINUTE)
        await flood("AHEAD", ahead, AHEAD)
        waiting = await in_parts(settings)
        first.send(signal.SIGTERM)  # it leaves the group; that one which is killed loses nothing is shown elsewhere
        assert await first.exit_code(20) == 0
        fleet.workers.remove(first)
        await fleet.owner("second")
        await flood("LATE", START - 2 * LATE * MINUTE, LATE)
        await source.publish(10**6)
        await reached(settings, START + MINUTES * MINUTE)
        await fleet.stop()
    found = await assert_exactly_once(settings)
    assert waiting
    assert found[-1].cut[0] >= AHEAD + LATE
    assert any(step.entered.late for step in found)
    assert found[-1].ts <= START + (MINUTES + 2) * MINUTE  # event time is the market's


async def in_parts(settings: Settings) -> int:
    """Wait until the head is in parts and all that wait are read; return the parts."""
    count = 0

    async def holds() -> bool:
        nonlocal count
        read = await read_whole(settings, settings.risk_state_topic, 0)
        keys = {record.key or b"" for record in read}
        count = sum(key.startswith(b"part/") and key.endswith(b"/head") for key in keys)
        return count > 0 and (await steps(settings))[-1].cut[0] >= AHEAD

    await until(holds, 30, "the head in parts")
    return count


@pytest.mark.parametrize(("check", "topic"), [(risk, "risk_state_topic"), (alerts, "alerts_state_topic")])
async def test_a_state_topic_that_takes_no_whole_part_is_refused(
    check: Any, topic: str, broker: Bootstrap, topic_prefix: str
) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix)
    name = getattr(settings, topic)
    await make_topics(settings)
    for each, config in (wanted_by_risk(settings) | wanted_by_alerts(settings)).items():
        size = {"max.message.bytes": str(LARGEST - (each == name))}
        await create_topics(broker.bootstrap, {each: 1}, config | size)
    with pytest.raises(ConfigError, match=f"max.message.bytes of {name} is {LARGEST - 1}, but") as refused:
        await check.preflight(settings)
    assert refused.value.exit_code == Exit.CONFIG
