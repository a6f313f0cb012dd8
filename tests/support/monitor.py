"""Speaks as the portfolio's risk monitor does: control records on the real topic."""

from __future__ import annotations

from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from schemas import Control
from worker.settings import Settings


class Monitor:
    """Publishes control records; versions grow by themselves."""

    def __init__(self, settings: Settings) -> None:
        self._topic = settings.topics.limits
        self._producer = AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers, enable_idempotence=True)
        self._version = 0

    async def say(self, key: str, ts: int, effective_ts: int = 0, **fields: Any) -> int:
        """One record stamped `ts`; returns its version."""
        self._version += 1
        value = msgspec.json.encode(Control(key, self._version, effective_ts, **fields))
        await self._producer.send_and_wait(self._topic, value, key.encode(), timestamp_ms=ts)
        return self._version

    async def withdraw(self, key: str) -> None:
        """Remove a key."""
        await self._producer.send_and_wait(self._topic, None, key.encode())

    async def __aenter__(self) -> Monitor:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()
