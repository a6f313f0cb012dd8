"""The stream on a real broker: nothing lost and nothing twice over a killed gateway, and a quick end."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.gateway import GatewayProcess
from tests.support.kafka import produce, read_partition
from tests.support.listening import Listener, stalled, topics_of
from tests.support.published import outcomes, publish_outcomes
from tests.support.ticks import group_settings, make_topics
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka
PARTITIONS = 3
STREAMS = 100


@pytest.fixture
async def settings(broker: Bootstrap, topic_prefix: str) -> Settings:
    made = group_settings(broker.bootstrap, topic_prefix, PARTITIONS)
    await make_topics(made)
    return made


async def in_kafka(settings: Settings, name: str) -> dict[int, list[int]]:
    """The offsets of a topic's committed records by partition."""
    bootstrap = settings.kafka.bootstrap_servers
    found = {p: [one.offset for one in await read_partition(bootstrap, name, p)] for p in range(PARTITIONS)}
    return {p: offsets for p, offsets in found.items() if offsets}


async def test_a_killed_gateway_costs_no_event_and_repeats_none(settings: Settings, tmp_path: Path) -> None:
    found = outcomes(settings, PARTITIONS)
    third = len(found) // 3
    gateways = [GatewayProcess(settings, tmp_path, "first")]
    try:
        await gateways[0].ready()
        query = "topics=decisions,rejections"
        async with Listener(lambda: gateways[-1].url, query) as listener:
            await listener.ready()
            await publish_outcomes(settings, found[:third], "before")
            await listener.until(lambda: listener.count("decisions") >= third // 2, 20, "half of the first part")
            gateways[0].kill()
            await publish_outcomes(settings, found[third : 2 * third], "between")
            gateways.append(GatewayProcess(settings, tmp_path, "second", ALPHAPULSE_GATEWAY__HOT_BYTES="1048576"))
            await gateways[1].ready()
            await publish_outcomes(settings, found[2 * third :], "after")
            await listener.until(lambda: listener.count(*topics_of(settings)) >= len(found), 20, "all events")
        for topic, name in topics_of(settings).items():
            assert listener.places[topic] == await in_kafka(settings, name)
        assert listener.connections >= 2
        assert not listener.of("gap") + listener.of("reset")
        values = {one.value for one in found}
        raw = [event.data for event in listener.events if event.name == "decisions"]
        assert all(data[data.index('"value":') + 8 : -1].encode() in values for data in raw[:: len(raw) // 50])
    finally:
        for gateway in gateways:
            gateway.kill()


async def test_a_stop_ends_a_hundred_streams_within_two_seconds(settings: Settings, tmp_path: Path) -> None:
    topic, bootstrap = settings.topics.output, settings.kafka.bootstrap_servers
    flood = [(p, b"A", b'"%b"' % (b"x" * 200_000), 1_700_000_000_000) for p in range(PARTITIONS) for _ in range(15)]
    with GatewayProcess(settings, tmp_path, ALPHAPULSE_GATEWAY__MAX_STREAMS=str(STREAMS)) as gateway:
        await gateway.ready()
        asleep = [await stalled(gateway.url, "symbol=A") for _ in range(STREAMS // 2)]
        listeners = [Listener(lambda: gateway.url, "symbol=B") for _ in range(STREAMS - len(asleep))]
        for listener in listeners:
            await listener.ready()
        refused = await gateway.get("stream")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        await produce(bootstrap, topic, flood)
        await produce(bootstrap, topic, [(p, b"B", b"1", 1_700_000_000_000) for p in range(PARTITIONS)])
        for listener in listeners:
            await listener.until(partial(heard, listener, PARTITIONS), 20, "the end of the flood")
        begun = time.monotonic()
        gateway.send(signal.SIGTERM)
        assert await gateway.exit_code(10) == Exit.OK
        seconds = time.monotonic() - begun
        for listener in listeners:
            await listener.close()
        for reader, writer in asleep:
            assert b"event: bye" not in await rest(reader, writer), "it was not stalled"
        assert seconds <= 2.0
        assert [listener.of("bye") for listener in listeners] == [[{"reason": "stopping"}]] * len(listeners)
        assert "Traceback" not in gateway.text
        assert not [line for line in gateway.lines if line["level"] in ("warning", "error")]


def heard(listener: Listener, count: int) -> bool:
    return listener.count("decisions") == count


async def rest(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """What a client that slept still reads of a connection that was cut."""
    found = b""
    writer.transport.resume_reading()  # type: ignore[attr-defined]
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            found += data
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return found
