"""The monitor under thousands of decisions that it can't count yet: its state grows, and every record of it fits."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.fleet import until
from tests.support.kafka import produce
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
from worker.settings import Settings

pytestmark = pytest.mark.kafka

MINUTES, MANY = 20, 5_000
DAY = 86_400_000


async def test_decisions_that_wait_are_kept_in_parts_and_late_ones_count(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix, repeat_seconds=1)
    await make_risk_topics(settings)
    source = Decided(settings, log(8, 2, MINUTES, 3))
    ahead = now_ms() // MINUTE * MINUTE + DAY

    async def flood(symbol: str, begin: int) -> None:
        found = [decision(symbol, begin + at * MINUTE, 100.0) for at in range(MANY)]
        await produce(broker.bootstrap, settings.topics.output, [(0, symbol.encode(), one, now_ms()) for one in found])

    async with Monitors(settings, tmp_path) as fleet:
        first = await fleet.owner("first")
        await source.publish(40)
        await reached(settings, START + 8 * MINUTE)
        await flood("AHEAD", ahead)
        waiting = await in_parts(settings)
        first.send(signal.SIGKILL)
        await first.exit_code(20)
        fleet.workers.remove(first)
        await fleet.owner("second")
        await flood("LATE", START - 2 * MANY * MINUTE)
        await source.publish(10**6)
        await reached(settings, START + MINUTES * MINUTE)
        await fleet.stop()
    found = await assert_exactly_once(settings)
    assert waiting
    assert found[-1].cut[0] >= 2 * MANY
    assert found[-1].ts <= START + (MINUTES + 2) * MINUTE  # event time is the market's


async def in_parts(settings: Settings) -> int:
    """Wait until the head is in parts and all that wait are read; return the parts."""
    count = 0

    async def holds() -> bool:
        nonlocal count
        read = await read_whole(settings, settings.risk_state_topic, 0)
        keys = {record.key or b"" for record in read}
        count = sum(key.startswith(b"part/") and key.endswith(b"/head") for key in keys)
        return count > 0 and (await steps(settings))[-1].cut[0] >= MANY

    await until(holds, 30, "the head in parts")
    return count
