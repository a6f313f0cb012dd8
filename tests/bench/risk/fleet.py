"""The monitor as a process beside a real Kafka: take-over, the closed loop through a crash, and 20,000 symbols."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from aiokafka import AIOKafkaProducer

from tests.bench.cpu import spent
from tests.bench.oracle import Say
from tests.bench.risk.costs import MANY, POSITIONS
from tests.bench.risk.portfolio import Many, Minute
from tests.support.closed_loop import closed_loop
from tests.support.fleet import WorkerProcess, until
from tests.support.kafka import produce
from tests.support.monitored import log
from tests.support.portfolio import MINUTE, START
from tests.support.risk import Decided, Monitors, assert_exactly_once, make_risk_topics, owns, reached, risk_settings
from worker.broker import Broker
from worker.monitoring import inputs
from worker.monitoring.records import Step, Writer
from worker.settings import Settings

TAKEOVERS = 3
EACH = 20  # minutes of decisions between two kills
SEED = 7
RESTORED = "owner of the portfolio"
MINUTES = 3  # of the decisions of many symbols
PATIENCE = 120.0  # seconds


async def figures(say: Say, folder: Path) -> dict[str, float]:
    """All of them, on one broker."""
    with Broker(sustained=True) as broker:
        say("a crash with two workers and the monitor, minute by minute")
        loop = await closed_loop(broker.bootstrap, _prefix(), folder)
        say(f"kill -9 of the owner, {TAKEOVERS} times")
        takeover = await takeover_s(broker.bootstrap, folder)
        say(f"{MANY:,} symbols: a restore from the state topic, and steps")
        many = await many_symbols(broker.bootstrap, folder)
    return {
        "bars_to_flat_after_kill": float(loop.bars_to_flat),
        "opens_under_kill": float(loop.opens),
        "takeover_s": takeover,
        **many,
    }


async def takeover_s(bootstrap: str, folder: Path) -> float:
    """Seconds from the owner's kill -9 to the standby's first step, less the session's timeout: the worst."""
    settings = risk_settings(bootstrap, _prefix())
    await make_risk_topics(settings)
    source = Decided(settings, log(8, 2, EACH * (TAKEOVERS + 2), SEED))
    found = []
    async with Monitors(settings, folder) as fleet:
        await source.publish(4 * EACH)
        owner = await fleet.owner("owner-0")
        for at in range(1, TAKEOVERS + 1):
            standby = fleet.monitor(f"owner-{at}")
            await standby.ready()
            await owns(owner, 10)  # its place in the group is confirmed, and it has opened again
            killed = time.monotonic()
            owner.kill()
            fleet.workers.remove(owner)
            await source.publish(4 * EACH)
            await _stepped(standby)
            found.append(time.monotonic() - killed)
            owner = standby
        await source.publish(10**6)
        await reached(settings, START + (EACH * (TAKEOVERS + 2) - 1) * MINUTE)
        await fleet.stop()
    await assert_exactly_once(settings)
    return max(found) - settings.processing.session_timeout_ms / 1000


async def many_symbols(bootstrap: str, folder: Path, symbols: int = MANY, held: int = POSITIONS) -> dict[str, float]:
    """Restore a full state from its topic, and take steps of all symbols; the peak of resident memory."""
    of = Many(symbols, held, changing=True)
    settings = risk_settings(bootstrap, _prefix(), of.partitions).model_copy(update={"risk": of.risk})
    await make_risk_topics(settings)
    await _stored(settings, of)
    async with Monitors(settings, folder) as fleet:
        member = await fleet.owner("many")
        restore = float(member.events(RESTORED)[0]["seconds"])
        for minute in of.minutes(MINUTES):
            await _publish(settings, minute)
            await _stepped(member, minute.ts)
        peak = spent(member.process.pid).rss_mb
        await fleet.stop()
    return {"restore_s": restore, "rss_mb": peak}


async def _stored(settings: Settings, of: Many) -> None:
    """Publish what the monitor would have: a minute of decisions, and all records of its step with a whole state."""
    minute, output = of.begin()
    await _publish(settings, minute)
    partitions = settings.topics.partitions
    writer = Writer(settings, partitions)
    entered = inputs.Inputs(inputs.FORMAT, "", "", "", [0] * partitions, [0])
    placed = [
        *writer.records([Step(of.monitor.number, minute.ts, minute.ts, output)]),
        *writer.state([(inputs.KEY, entered.encoded())], minute.ts),
    ]
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers, enable_idempotence=True)
    await producer.start()
    try:
        for at, one in placed:
            named = {"partition": at, "timestamp_ms": one.timestamp_ms, "headers": list(one.headers)}
            await producer.send(one.topic, one.value, one.key, **named)
    finally:
        await producer.stop()


async def _publish(settings: Settings, minute: Minute) -> None:
    records = [(partition, None, value, minute.ts) for partition, _, value in minute.decisions]
    await produce(settings.kafka.bootstrap_servers, settings.topics.output, records)


async def _stepped(member: WorkerProcess, ts: int = 1) -> None:
    """Wait until a member has committed a step of `ts` or later."""

    async def holds() -> bool:
        assert member.running, f"{member.name} ended with {member.process.poll()}:\n{member.text}"
        return (await member.metric("risk_step_timestamp_seconds") or 0.0) * 1000 >= ts

    await until(holds, PATIENCE, f"{member.name} at step {ts}")


def _prefix() -> str:
    return f"b{uuid.uuid4().hex[:8]}"
