"""The monitor of the portfolio's risk: steps, limits that real workers obey, and every byte again after a kill."""

from __future__ import annotations

import os
import signal
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from schemas import Control
from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.integration.test_control import decided, seen
from tests.support.commands import command
from tests.support.fleet import said, until
from tests.support.kafka import create_topics, produce
from tests.support.monitored import log
from tests.support.outputs import published
from tests.support.portfolio import MINUTE, START
from tests.support.risk import (
    Decided,
    Monitors,
    assert_exactly_once,
    controls,
    is_own,
    make_risk_topics,
    now_ms,
    reached,
    risk_settings,
    steps,
)
from tests.support.ticks import publish, ticks
from worker.errors import Exit
from worker.kafka.topics import wanted_by_risk
from worker.settings import Settings
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.stream.failpoints import VARIABLE

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "7"))
POINTS = ("before_fence", "fenced", "restoring", "begun", "acknowledged", "offsets_sent", "committed")
EACH = 60  # decisions of a partition between two kills


async def newest(settings: Settings, key: str) -> Control:
    """The newest control record of a key."""
    found = [record.value for record in await controls(settings) if (record.key or b"").decode() == key]
    return msgspec.json.decode(found[-1] or b"", type=Control)


async def test_a_worker_obeys_the_monitor(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix, capital=2_000.0, max_symbol=0.01)
    await make_risk_topics(settings)
    records = ticks(9_000, 10, SEED, fault_rate=0.0)
    blocked = command(settings, "control", "set", "SIM0003", "--max-notional", "7", "--reason", "mine")
    assert blocked.code == Exit.OK
    async with Monitors(settings, tmp_path) as fleet:
        await fleet.started("worker")
        await fleet.owner("monitor")
        await publish(settings, records[:5_000])
        await fleet.caught_up()
        await reached(settings, records[4_000].timestamp_ms)

        async def tightened() -> bool:
            return (await newest(settings, "*")).allow_open is False

        await until(tightened, 30, "no opens")
        before = (await newest(settings, "*")).version
        await publish(settings, records[5_000:])
        await fleet.caught_up()
        await reached(settings, records[-100].timestamp_ms)
        await fleet.stop()
    found = decided(published(settings))
    later = [one for one in found if one.get("control_all_version", 0) >= before]
    assert later
    assert not [one for one in later if one["action"] in ("open_long", "open_short")]
    assert seen(later, "control_block") or seen(later, "kill_switch")
    portfolio = await assert_exactly_once(settings)
    assert any(step.trips for step in portfolio)
    mine = [record for record in await controls(settings) if record.key == b"SIM0003" and is_own(record)]
    assert mine
    assert all(msgspec.json.decode(record.value or b"")["max_notional"] <= 7.0 for record in mine)


@fault("F54")
async def test_a_kill_at_each_step_repeats_and_loses_nothing(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    minutes = EACH * (len(POINTS) + 1) // 4
    decisions = log(8, 2, minutes, SEED, crash=minutes // 2)
    source = Decided(settings, decisions)
    async with Monitors(settings, tmp_path) as fleet:
        await source.publish(EACH)
        for at, point in enumerate(POINTS):
            # The first transaction is the barrier, so that the second is that of a step.
            number = 1 if point in ("before_fence", "fenced", "restoring") else 2
            victim = fleet.monitor(point, **{VARIABLE: f"{point}:{number}"})
            assert await victim.exit_code(90) == -signal.SIGKILL, victim.text
            fleet.workers.remove(victim)
            await source.publish(EACH)
            await produce(
                broker.bootstrap,
                settings.topics.limits,
                [(0, b"S001", msgspec.json.encode(Control("S001", 10 + at, 0, max_notional=5_000.0 - at)), now_ms())],
            )
        await fleet.owner("last")
        await source.publish(10**6)
        await reached(settings, START + minutes * MINUTE)
        await fleet.stop()
    found = await assert_exactly_once(settings)
    assert [one.control.version for step in found for one in step.entered.controls if one.control] == [
        10 + at for at in range(len(POINTS))
    ]
    assert sum(step.entered.repeated_ms is not None for step in found) >= 2


async def test_a_dead_monitor_makes_workers_careful(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    # So large a capital that nothing changes: while history is read, a change would carry the time of its old step.
    settings = risk_settings(broker.bootstrap, topic_prefix, partitions=1, capital=1e9)
    await make_risk_topics(settings)
    symbols, before, after = 10, 200, 60
    start = now_ms() - before * MINUTE
    spec = Simulation(symbols=symbols, bars=before + after, seed=SEED, start_ms=start)
    records: list[Record] = list(islice(simulated_records(spec), symbols * (before + after)))
    past = [record for record in records if record.timestamp_ms <= now_ms()]
    future = [record for record in records if record.timestamp_ms > now_ms() + 15 * MINUTE]
    async with Monitors(settings, tmp_path) as fleet:
        await fleet.started("worker")
        monitor = await fleet.owner("monitor")
        half = len(past) // 2
        await publish(settings, past[:half])
        await fleet.caught_up()

        async def repeated() -> bool:
            return any(step.entered.repeated_ms is not None for step in await steps(settings))

        await until(repeated, 30, "a repetition")
        await publish(settings, past[half:])
        await fleet.caught_up()
        monitor.kill()
        fleet.workers.remove(monitor)
        await publish(settings, future)
        await fleet.caught_up()
        await fleet.stop()
    found = decided(published(settings))
    alive = [one for one in found if past[half].timestamp_ms < one["close_ts"] <= past[-1].timestamp_ms]
    assert alive
    assert not seen(alive, "control_stale")
    later = [one for one in found if one["close_ts"] >= future[0].timestamp_ms]
    assert later
    assert seen(later, "control_stale")
    assert not [one for one in later if one["action"] in ("open_long", "open_short")]


@fault("F58")
async def test_a_lost_state_stops_the_monitor_until_it_may_be_rebuilt(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    decisions = log(6, 2, 30, SEED)
    source = Decided(settings, decisions)
    async with Monitors(settings, tmp_path) as fleet:
        await source.publish(60)
        await fleet.owner("first")
        await reached(settings, START + 20 * MINUTE)
        await fleet.stop()
        written = len(await steps(settings))

        # A state topic without records stands for one that was deleted; a deletion ends asynchronously.
        elsewhere = settings.topics.model_copy(update={"risk_state": "other.state"})
        lost = settings.model_copy(update={"topics": elsewhere})
        await create_topics(broker.bootstrap, {lost.risk_state_topic: 1}, wanted_by_risk(lost)[lost.risk_state_topic])
        moved = {"ALPHAPULSE_TOPICS__RISK_STATE": "other.state"}
        refused = fleet.monitor("refused", **moved)
        assert await refused.exit_code(60) == Exit.DATA
        assert f"has record {written} of the portfolio, but the topic {lost.risk_state_topic} has no state" in said(
            refused
        )
        rebuilds = fleet.monitor("rebuilds", "--rebuild", **moved)
        fleet.workers = [rebuilds]
        await source.publish(10**6)
        await reached(settings, START + 30 * MINUTE)
        assert rebuilds.events("rebuilt")[0]["record"] == written
        await fleet.stop()
        await assert_exactly_once(lost)

        damaged = (0, b"head", b"\x90", now_ms())
        await produce(broker.bootstrap, lost.risk_state_topic, [damaged])
        await fleet.owner("mends", **moved)
        await fleet.stop()
    await assert_exactly_once(lost)


async def test_what_the_monitor_refuses_to_start_with(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix, partitions=1)
    async with Monitors(settings, tmp_path) as fleet:
        missing = fleet.monitor("missing")
        assert await missing.exit_code(60) == Exit.CONFIG
        assert "alphapulse topics create" in said(missing)
        await make_risk_topics(settings)
        idle = await fleet.owner("idle")
        idle.send(signal.SIGTERM)
        assert await idle.exit_code(20) == Exit.OK
    assert await steps(settings) == []
    assert [record for record in await controls(settings) if is_own(record)] == []
