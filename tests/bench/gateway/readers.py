"""Workers with and without fifty readers of the gateway's stream: lag and rebalances are the same."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypedDict

from tests.support.fleet import Fleet
from tests.support.gateway import GatewayProcess
from tests.support.listening import Draining
from tests.support.ticks import Publishing, make_topics, ticks
from worker.settings import Settings

READERS = 50
RATE = 1_000.0  # ticks a second
LOOK = 0.25  # seconds between two looks at the lag


class Readers(TypedDict):
    """One run."""

    readers: int
    lag_p50: float
    lag_p99: float
    rebalances: float
    gateway_cpu_percent: float
    bytes_a_second: float


async def readers(settings: Settings, folder: Path, seconds: float = 20.0, count: int = READERS) -> list[Readers]:
    """Measure without readers, then with `count`, the same two workers at the same rate."""
    await make_topics(settings)
    async with Fleet(settings, folder) as fleet:
        for name in ("one", "two"):
            fleet.start(name)
        for worker in fleet.workers:
            await worker.ready(settings.topics.partitions // 2)
        with GatewayProcess(settings, folder, "readers") as gateway:
            await gateway.ready()
            publishing = Publishing(settings, ticks(int(RATE * (2 * seconds + 60)), 300, 7), RATE)
            found = [await _run(fleet, gateway, seconds, number) for number in (0, count)]
            await publishing.cut()
            return found


async def _run(fleet: Fleet, gateway: GatewayProcess, seconds: float, count: int) -> Readers:
    async with AsyncExitStack() as stack:
        open_ = [await stack.enter_async_context(Draining(gateway.url, "mode=all")) for _ in range(count)]
        await asyncio.sleep(2.0)  # what came first is settled
        before, used, begun = await _rebalances(fleet), gateway.cpu_seconds, time.monotonic()
        read = sum(one.bytes for one in open_)
        lags: list[int] = []
        while time.monotonic() - begun < seconds:
            lags.append(sum(await fleet.progress.lag()))
            await asyncio.sleep(LOOK)
        lasted = time.monotonic() - begun
        lags.sort()
        return Readers(
            readers=count,
            lag_p50=statistics.median(lags),
            lag_p99=lags[int(len(lags) * 0.99)],
            rebalances=await _rebalances(fleet) - before,
            gateway_cpu_percent=round(100 * (gateway.cpu_seconds - used) / lasted, 1),
            bytes_a_second=round((sum(one.bytes for one in open_) - read) / lasted),
        )


async def _rebalances(fleet: Fleet) -> float:
    return sum([await worker.metric("rebalances_total") or 0.0 for worker in fleet.workers])
