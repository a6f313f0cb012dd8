"""The rebuild of the monitor's state: all decisions once more, in the steps that the topic of portfolios tells."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

from aiokafka import TopicPartition

from worker.errors import DataError
from worker.kafka.reader import Reader
from worker.monitoring import portfolios
from worker.risk.monitor import Monitor
from worker.settings import Settings

log = logging.getLogger(__name__)
TELL = 10.0  # seconds between two lines about the progress
Decisions = AsyncGenerator[tuple[int, bytes], None]  # offset, value


async def rebuild(
    settings: Settings, options: dict[str, Any], reader: Reader, monitor: Monitor, partitions: int, damage: DataError
) -> dict[str, bytes]:
    """Run a new `monitor` through all recorded steps; return its whole state, by key.

    Raises:
        DataError: a topic no longer has all records, or the same decisions make other records.
        KafkaError, Truncated: a topic can't be read now.
    """
    tps = [TopicPartition(settings.topics.output, partition) for partition in range(partitions)]
    for tp in tps:
        if first := await reader.leaders.first(tp):
            raise _impossible(damage, f"{tp.topic} partition {tp.partition} begins at {first}")
    found: dict[str, bytes] = {}
    told = time.monotonic()
    async with AsyncExitStack() as opened:
        decisions = [await opened.enter_async_context(aclosing(_decisions(options, tp))) for tp in tps]
        async for kept in portfolios.every(reader, settings.topics.figures):
            step = kept.portfolio
            if step.number != monitor.number + 1 or len(step.cut) != partitions:
                raise _impossible(damage, f"{settings.topics.figures} has no record {monitor.number + 1} that fits")
            for partition, cut in enumerate(step.cut):
                await _take(monitor, partition, cut, decisions[partition], damage)
            output = monitor.advance(step.ts, step.entered)
            if output.portfolio != kept.value:
                raise _impossible(damage, f"record {step.number} comes out otherwise under these settings")
            found |= dict(output.state)
            if time.monotonic() - told >= TELL:
                told = time.monotonic()
                log.info("rebuilding", extra={"record": step.number})
    if not monitor.number:
        raise _impossible(damage, f"{settings.topics.figures} has no record")
    log.info("rebuilt", extra={"record": monitor.number})
    return found


async def _take(monitor: Monitor, partition: int, cut: int, decisions: Decisions, damage: DataError) -> None:
    while monitor.cut[partition] < cut:
        one = await anext(decisions, None)
        if one is None or one[0] >= cut:
            raise _impossible(damage, f"partition {partition} of the decisions has no offset {cut - 1}")
        monitor.take(partition, *one)


async def _decisions(options: dict[str, Any], tp: TopicPartition) -> Decisions:
    async with Reader(options) as reader:
        async for batch in reader.batches(tp):
            for record in batch:
                yield record.offset, record.value or b""


def _impossible(damage: DataError, why: str) -> DataError:
    return DataError(f"{damage.message}; nor can it be rebuilt: {why}", damage.fix)
