"""Follows decisions or rejections without a group, as they are committed."""

from __future__ import annotations

from typing import NamedTuple, TextIO

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import Decision, Rejection
from worker.errors import ConfigError
from worker.settings import KafkaSettings
from worker.stream.outputs import rfc3339
from worker.stream.preflight import reach
from worker.stream.seams import stop_consumer

POLL_MS = 250


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
    """Write records from `last` before the end on; with `follow` for ever.

    Raises:
        ConfigError: the topic does not exist.
    """
    consumer = AIOKafkaConsumer(**await reach(kafka), group_id=None, isolation_level="read_committed")
    await consumer.start()
    try:
        ends = await _begin(consumer, topic, last)
        while follow or not await _at_end(consumer, ends):
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    _show(record.value or b"", wanted, raw, out)
            out.flush()
    finally:
        await stop_consumer(consumer)


async def _begin(consumer: AIOKafkaConsumer, topic: str, last: int) -> dict[TopicPartition, int]:
    topics = await consumer.topics()
    if topic not in topics:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    tps = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(tps)
    starts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
    for tp in tps:
        consumer.seek(tp, max(starts[tp], ends[tp] - last))
    return ends


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
