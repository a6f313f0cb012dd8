"""From a decision's commit to the client: what the gateway adds."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypedDict

from aiokafka import AIOKafkaProducer

from tests.support.gateway import GatewayProcess
from tests.support.listening import Draining, Listener
from tests.support.published import Outcome, outcomes
from tests.support.ticks import make_topics
from worker.settings import Settings

RATE = 1_000  # decisions a second
EACH = 0.05  # seconds between two commits


class Latency(TypedDict):
    """Milliseconds from the commit to the arrival."""

    readers: int
    decisions: int
    decision_to_client_p50_ms: float
    decision_to_client_p99_ms: float
    decision_to_client_max_ms: float
    gateway_cpu_percent: float
    rss_mb: float


async def latency(settings: Settings, folder: Path, seconds: float = 15.0, readers: int = 1) -> Latency:
    """Commit decisions at `RATE`, and time their arrival at one of so many readers."""
    await make_topics(settings)
    made = outcomes(settings, settings.topics.partitions, symbols=40, bars=120)
    decided = [one for one in made if one.topic == settings.topics.output]
    with GatewayProcess(settings, folder, f"latency-{readers}") as gateway:
        await gateway.ready()
        async with AsyncExitStack() as stack:
            listener = await stack.enter_async_context(Listener(lambda: gateway.url, "mode=all"))
            others = [await stack.enter_async_context(Draining(gateway.url, "mode=all")) for _ in range(readers - 1)]
            await listener.ready()
            used, begun = gateway.cpu_seconds, time.monotonic()
            commits = await _publish(settings, decided, int(RATE * seconds))
            await listener.until(lambda: listener.count("decisions") >= len(commits), 20, "all decisions")
            spent = (gateway.cpu_seconds - used) / (time.monotonic() - begun)
            arrivals = [
                at for event, at in zip(listener.events, listener.times, strict=True) if event.name == "decisions"
            ]
            keys = [(one["partition"], one["offset"]) for one in listener.of("decisions")]
            waits = sorted(1_000 * (at - commits[key]) for key, at in zip(keys, arrivals, strict=True))
            assert all(other.bytes for other in others)
            return Latency(
                readers=readers,
                decisions=len(waits),
                decision_to_client_p50_ms=round(statistics.median(waits), 1),
                decision_to_client_p99_ms=round(waits[int(len(waits) * 0.99)], 1),
                decision_to_client_max_ms=round(waits[-1], 1),
                gateway_cpu_percent=round(100 * spent, 1),
                rss_mb=round(gateway.memory[1] / 1_048_576, 1),
            )


async def _publish(settings: Settings, decided: Sequence[Outcome], count: int) -> dict[tuple[int, int], float]:
    """Publish in transactions as workers do; returns by partition and offset when the commit was asked for."""
    found: dict[tuple[int, int], float] = {}
    name = f"{settings.topics.prefix}latency"
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers, transactional_id=name) as producer:
        begun, done = time.monotonic(), 0
        while done < count:
            await asyncio.sleep(max(begun + done / RATE - time.monotonic(), 0.0))
            sent = []
            async with producer.transaction():
                for at in range(done, min(done + int(RATE * EACH), count)):
                    one = decided[at % len(decided)]
                    sent.append(await producer.send(one.topic, one.value, one.key, partition=one.partition))
                told = [await each for each in sent]
                committing = time.monotonic()
            found |= {(each.partition, each.offset): committing for each in told}
            done += len(sent)
    return found
