"""Follows decisions or rejections without a group, as they are committed."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, TextIO

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import Decision, Rejection
from worker.errors import ConfigError
from worker.settings import KafkaSettings
from worker.stream.client import client_options
from worker.stream.outputs import rfc3339
from worker.stream.preflight import admin_client
from worker.stream.seams import stop_consumer
from worker.stream.topics import describe

POLL_MS = 250
MARKERS = 4


class Wanted(NamedTuple):
    """Which records to show; an empty set lets all pass."""

    symbols: frozenset[str]
    actions: frozenset[str]

    def __call__(self, item: Decision | Rejection) -> bool:
        """Whether to show it."""
        by_action = not self.actions or (isinstance(item, Decision) and item.action in self.actions)
        return by_action and (not self.symbols or item.symbol in self.symbols)


def line(item: Decision | Rejection) -> str:
    """One readable line."""
    if isinstance(item, Rejection):
        when = rfc3339(item.ts) if item.ts is not None else "-"
        return f"{when:24} {item.symbol or '-':12} rejected    {'; '.join(item.codes)}  {item.detail or ''}".rstrip()
    size = f" {item.qty:g} @ {item.ref_price:g}" if item.qty else ""
    score = "-" if item.final is None else f"{item.final:+.2f}"
    why = ", ".join(item.reasons)
    return f"{rfc3339(item.close_ts):24} {item.symbol:12} {item.action:11} {score:>6} {item.regime:10} {why}{size}"


async def follow_topic(
    kafka: KafkaSettings, topic: str, wanted: Wanted, last: int, follow: bool, raw: bool, out: TextIO
) -> None:
    """Write the newest `last` records, then with `follow` every new one.

    Raises:
        ConfigError: the topic does not exist.
    """
    async with admin_client(kafka) as admin:
        found = await describe(admin, (topic,))
    if topic not in found:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    tps = [TopicPartition(topic, p) for p in range(found[topic].partitions)]
    consumer = AIOKafkaConsumer(**client_options(kafka), group_id=None, isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign(tps)
        for value in await _backlog(consumer, tps, last):
            _show(value, wanted, raw, out)
        while follow:
            out.flush()
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    _show(record.value or b"", wanted, raw, out)
    finally:
        await stop_consumer(consumer)


async def _backlog(consumer: AIOKafkaConsumer, tps: list[TopicPartition], last: int) -> list[bytes]:
    """Values of the newest `last` records, oldest first."""
    starts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
    for tp in tps:
        # Transaction markers take offsets too, one a commit: go back far enough to find `last` records among them.
        consumer.seek(tp, max(starts[tp], ends[tp] - MARKERS * last - MARKERS))
    newest: deque[tuple[int, int, int, bytes]] = deque()
    while not await _at_end(consumer, ends):
        for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
            newest.extend((r.timestamp, r.partition, r.offset, r.value or b"") for r in records)
    return [value for *_, value in sorted(newest)[-last:]] if last else []


async def _at_end(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for tp, end in ends.items():
        if await consumer.position(tp) < end:
            return False
    return True


_DECISION, _REJECTION = msgspec.json.Decoder(Decision), msgspec.json.Decoder(Rejection)


def _show(value: bytes, wanted: Wanted, raw: bool, out: TextIO) -> None:
    item = (_DECISION if b'"decision_id"' in value[:64] else _REJECTION).decode(value)
    if wanted(item):
        out.write((value.decode() if raw else line(item)) + "\n")
