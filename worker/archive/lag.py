"""How far the archive is behind its topics, as their leaders tell."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from worker.kafka.deadline import GRACE, within
from worker.kafka.leaders import Leaders
from worker.kafka.seams.clients import close_client
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
SECONDS = 5.0  # between two looks


async def tell_lag(options: dict[str, Any], kept: Callable[[], dict[TopicPartition, int]]) -> None:
    """Set the gauge of what is `kept` until cancelled."""
    client = AIOKafkaClient(**options)
    try:
        await client.bootstrap()
        leaders = Leaders(client)
        while True:
            for tp, position in kept().items():
                try:
                    end = await leaders.end(tp)
                except KafkaError as error:
                    log.debug("no end is told", extra={"topic": tp.topic, "error": str(error)})
                    continue
                if tp in kept():  # it may have moved to another member meanwhile
                    METRICS.archive_lag_records.labels(tp.topic, tp.partition).set(max(end - position, 0))
            await asyncio.sleep(SECONDS)  # brokers do not notify
    finally:
        await within(GRACE, close_client(client))
