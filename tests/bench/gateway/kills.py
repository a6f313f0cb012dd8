"""A client of `mode=all` while its gateway is killed again and again: what it received is the topic."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypedDict

from tests.support.fleet import Fleet, until
from tests.support.gateway import GatewayProcess
from tests.support.kafka import read_partition
from tests.support.listening import Listener, topics_of
from tests.support.ticks import Publishing, make_topics, ticks
from worker.settings import Settings

KILLS = 20
RATE = 1_000.0  # ticks a second
BETWEEN = 300  # events from a start to the next kill
PATIENCE = 60.0
LASTS = 15  # seconds of input for each kill, on a slow machine too


class Kills(TypedDict):
    """What came of it."""

    kills: int
    events: int
    stream_events_lost: int
    stream_events_repeated: int
    out_of_order: int
    gaps: int
    resets: int
    connections: int


async def kills(settings: Settings, folder: Path, count: int = KILLS, rate: float = RATE) -> Kills:
    """Kill (-9) a gateway `count` times under load of a real worker, and compare what a client got with the topics."""
    await make_topics(settings)
    records = ticks(int(rate * LASTS * count), 300, 7)
    query = "&".join(["mode=all", f"topics={','.join(topics_of(settings))}"])
    async with Fleet(settings, folder) as fleet:
        await fleet.started("worker")
        gateways = [GatewayProcess(settings, folder, "gateway-0")]
        try:
            await gateways[0].ready()
            async with Listener(lambda: gateways[-1].url, query, keep=False) as listener:
                await listener.ready(PATIENCE)
                publishing = Publishing(settings, records, rate)
                for number in range(1, count + 1):
                    goal = listener.count(*topics_of(settings)) + BETWEEN
                    await listener.until(
                        lambda goal=goal: listener.count(*topics_of(settings)) >= goal,  # type: ignore[misc]
                        PATIENCE,
                        f"{BETWEEN} events before kill {number}",
                    )
                    gateways[-1].kill()
                    gateways.append(GatewayProcess(settings, folder, f"gateway-{number}"))
                    await gateways[-1].ready()
                await publishing.cut()
                await fleet.caught_up()
                return await _compared(settings, listener, count)
        finally:
            for gateway in gateways:
                gateway.kill()


async def _compared(settings: Settings, listener: Listener, count: int) -> Kills:
    wanted = {topic: await _in_kafka(settings, name) for topic, name in topics_of(settings).items()}
    total = sum(len(offsets) for partitions in wanted.values() for offsets in partitions.values())

    async def all_there() -> bool:
        return listener.count(*wanted) >= total

    try:
        await until(all_there, 30.0, f"{total} events")
    except AssertionError:
        await asyncio.sleep(0)  # the figures tell
    lost = repeated = unordered = 0
    for topic, partitions in wanted.items():
        found = listener.places[topic]
        for partition, offsets in partitions.items():
            mine = found.get(partition, [])
            lost += len(set(offsets) - set(mine))
            repeated += len(mine) - len(set(mine))
            unordered += mine != sorted(mine)
    return Kills(
        kills=count,
        events=total,
        stream_events_lost=lost,
        stream_events_repeated=repeated,
        out_of_order=unordered,
        gaps=listener.count("gap"),
        resets=listener.count("reset"),
        connections=listener.connections,
    )


async def _in_kafka(settings: Settings, topic: str) -> dict[int, list[int]]:
    bootstrap, count = settings.kafka.bootstrap_servers, settings.topics.partitions
    return {p: [one.offset for one in await read_partition(bootstrap, topic, p)] for p in range(count)}
