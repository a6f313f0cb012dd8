"""What brokers answer while they load, have just moved, or leave something out; the proxy says it in their place."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator
from io import SEEK_CUR, BytesIO
from pathlib import Path
from typing import Any

from aiokafka.protocol.types import Int32, String, TaggedFields, UnsignedVarInt32

from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Api, Way
from tests.chaos.scene import PARTITIONS, load, scene, some_ticks
from tests.chaos.stories import WORKER, ended
from tests.support.fleet import Fleet, until
from tests.support.oracle import PATIENCE, under_load
from tests.support.ticks import publish
from worker.kafka.protocol.types import TEXT
from worker.kafka.transactions.requests import ProduceResponse

NO_TAGS, NO_THROTTLE, NO_TOPICS = b"\0", b"\0\0\0\0", b"\x01"
LOADING, MOVED, TOO_FEW = 14, 16, 19
HISTORY = 600
REFUSED = 6.0  # seconds in which every batch is refused
MOST_REQUESTS = int(REFUSED) * PARTITIONS * 5  # in that time: each partition's pauses double from 10 ms to 1 s


def no_offsets(code: int) -> Callable[[bytes], bytes]:
    """OffsetFetch, versions 6 and 7: an error, and not one topic."""
    reply = NO_TAGS + NO_THROTTLE + NO_TOPICS + struct.pack(">h", code) + NO_TAGS
    return lambda _: reply


def nothing_committed(_: bytes) -> bytes:
    """TxnOffsetCommit, versions 3 to 5: no error, and not one partition."""
    return NO_TAGS + NO_THROTTLE + NO_TOPICS + NO_TAGS


def too_few_replicas(request: bytes) -> bytes:
    """Produce, versions 9 to 12: the code for each partition that the request names."""
    data = BytesIO(request)
    data.seek(8)  # API key, version and correlation id
    String("utf-8").decode(data)  # of the client
    TaggedFields.decode(data)
    TEXT.decode(data)  # transactional id
    data.seek(6, SEEK_CUR)  # acknowledgements and timeout
    rows: Any = [(topic, [(p, TOO_FEW, -1, -1, -1, [], None, {}) for p in ps], {}) for topic, ps in _batches(data)]
    return NO_TAGS + ProduceResponse.SCHEMA.encode((rows, 0, {}))


def _batches(data: BytesIO) -> Iterator[tuple[str | None, list[int]]]:
    for _ in range(UnsignedVarInt32.decode(data) - 1):
        topic, partitions = TEXT.decode(data), []
        for _ in range(UnsignedVarInt32.decode(data) - 1):
            partitions.append(Int32.decode(data))
            data.seek(UnsignedVarInt32.decode(data) - 1, SEEK_CUR)
            TaggedFields.decode(data)
        TaggedFields.decode(data)
        yield topic, partitions


async def errors_without_topics(
    cluster: Cluster, prefix: str, folder: Path, code: int, program: tuple[str, ...] = WORKER
) -> str | None:
    """A worker that takes over is told an error and no topics, as by a coordinator that loads or has just moved."""
    settings = await scene(cluster, prefix)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, folder) as fleet:
        former = fleet.start("former", program)
        await fleet.caught_up()
        former.kill()
        publishing = load(settings, after=HISTORY)
        heir = fleet.start("heir", program, **through(cluster.proxy))
        # The checks before joining ask, too: the opening is what is meant.
        fences = cluster.proxy.hold(Api.INIT_PRODUCER_ID, Way.REQUEST)
        await fences.caught_one(PATIENCE)
        rule = cluster.proxy.answer(Api.OFFSET_FETCH, no_offsets(code))
        cluster.proxy.lift(fences)
        await rule.caught_one(PATIENCE)
        before = cluster.proxy.requests[Api.OFFSET_FETCH]

        async def several() -> bool:
            asked_again = cluster.proxy.requests[Api.OFFSET_FETCH] > before + PARTITIONS
            return asked_again or len(heir.events("restored")) == PARTITIONS

        await until(several, PATIENCE, "asked again, or believed")
        cluster.proxy.lift(rule)
        return await ended(fleet, publishing, HISTORY)


async def partition_left_out(
    cluster: Cluster, prefix: str, folder: Path, program: tuple[str, ...] = WORKER
) -> str | None:
    """Offsets are taken without an error and without a word of the partition: they were not taken at all."""
    settings = await scene(cluster, prefix)
    async with Fleet(settings, folder) as fleet:
        victim = fleet.start("victim", program, **through(cluster.proxy))
        await victim.ready(PARTITIONS)
        publishing = load(settings)
        await under_load(fleet, publishing)
        rule = cluster.proxy.answer(Api.TXN_OFFSET_COMMIT, nothing_committed)
        await rule.caught_one(PATIENCE)
        before = cluster.proxy.requests[Api.TXN_OFFSET_COMMIT]

        async def several() -> bool:
            return cluster.proxy.requests[Api.TXN_OFFSET_COMMIT] >= before + PARTITIONS

        await until(several, PATIENCE, "more of them")
        victim.kill()
        cluster.proxy.lift(rule)
        fleet.start("heir", program)
        return await ended(fleet, publishing)


async def batches_refused(
    cluster: Cluster, prefix: str, folder: Path, program: tuple[str, ...] = WORKER
) -> tuple[int, int, str | None]:
    """Too few replicas are in sync, says a broker for a while: (its produce requests, their bytes, difference)."""
    settings = await scene(cluster, prefix)
    async with Fleet(settings, folder) as fleet:
        worker = fleet.start("worker", program, **through(cluster.proxy))
        await worker.ready(PARTITIONS)
        publishing = load(settings)
        await under_load(fleet, publishing)
        proxy = cluster.proxy
        rule = proxy.answer(Api.PRODUCE, too_few_replicas)
        await rule.caught_one(PATIENCE)
        begun = proxy.requests[Api.PRODUCE], proxy.sent[Api.PRODUCE]
        await asyncio.sleep(REFUSED)  # the fault itself
        requests, sent = proxy.requests[Api.PRODUCE] - begun[0], proxy.sent[Api.PRODUCE] - begun[1]
        proxy.lift(rule)
        return requests, sent, await ended(fleet, publishing)
