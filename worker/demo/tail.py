"""A reader of decisions and rejections as they are committed, without a group, that keeps the tallies."""

from __future__ import annotations

import time
from collections import Counter, deque

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from worker.demo.feed import Place
from worker.demo.view import Choice
from worker.kafka.client import client_options
from worker.kafka.reader import Consumed
from worker.kafka.seams import stop_consumer
from worker.settings import Settings

RECENT = 8
APART = 0.5  # seconds between two decisions on the screen: a person reads along


class _Decided(msgspec.Struct):
    symbol: str
    action: str
    final: float | None
    regime: str
    reasons: list[str]


class _Rejected(msgspec.Struct):
    codes: list[str]


_decision = msgspec.json.Decoder(_Decided).decode
_rejection = msgspec.json.Decoder(_Rejected).decode


class Tail:
    """Everything that came out so far."""

    def __init__(self, settings: Settings, partitions: int) -> None:
        self.actions: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()  # by the first code
        self.rejected: dict[Place, tuple[str, ...]] = {}
        self.recent: deque[Choice] = deque(maxlen=RECENT)
        self._settings, self._partitions = settings, partitions
        self._shown_at = 0.0

    @property
    def decided(self) -> int:
        """Decisions so far."""
        return self.actions.total()

    async def follow(self) -> None:
        """Read until cancelled."""
        topics = self._settings.topics
        consumer = AIOKafkaConsumer(
            **client_options(self._settings.kafka),
            group_id=None,
            isolation_level="read_committed",
            fetch_max_wait_ms=250,
        )
        consumer.assign([TopicPartition(t, p) for t in (topics.output, topics.rejections) for p in self._all()])
        try:
            await consumer.start()
            await consumer.seek_to_beginning()
            while True:
                for tp, records in (await consumer.getmany(timeout_ms=250)).items():
                    take = self._decided if tp.topic == topics.output else self._rejected
                    for record in records:
                        take(record)
        finally:
            await stop_consumer(consumer)

    def _all(self) -> range:
        return range(self._partitions)

    def _decided(self, record: Consumed) -> None:
        d = _decision(record.value or b"")
        self.actions[d.action] += 1
        now = time.monotonic()
        if d.action != "hold" and now - self._shown_at >= APART:
            self._shown_at = now
            self.recent.append(Choice(d.symbol, d.action, d.final, d.regime, tuple(d.reasons)))

    def _rejected(self, record: Consumed) -> None:
        codes = tuple(_rejection(record.value or b"").codes)
        self.reasons[codes[0]] += 1
        headers = dict(record.headers)
        prefix = "__streams.errors."
        self.rejected[int(headers[f"{prefix}partition"]), int(headers[f"{prefix}offset"])] = codes
