"""The audit records of the last day: by them a repeated request is known, and an act whose outcome was lost."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from aiokafka import TopicPartition

from schemas.audit import Audit
from worker.kafka.reader import Consumed, Reader

FEW, GROWTH = 128, 8  # offsets that are read first, and the growth of each part before
DAY_MS = 86_400_000
SLACK_MS = 3_600_000  # by which clocks of writers may differ
_decode = msgspec.json.Decoder(Audit).decode


async def recent(reader: Reader, topic: str, now_ms: int) -> list[Audit]:
    """Return the readable acts of the last 25 hours, and maybe older ones, oldest first.

    Reads backwards from the end, transactions that have not ended included: it waits for them.

    Raises:
        KafkaError, Truncated: as `Reader.batches`.
    """
    tp = TopicPartition(topic, 0)
    first, stop = await reader.leaders.first(tp), await reader.leaders.end(tp, committed=False)
    found: list[Audit] = []
    size = FEW
    while stop > first:
        begin = max(first, stop - size)
        part = [record async for batch in reader.batches(tp, begin, stop) for record in batch]
        found = [*_acts(part), *found]
        if part and min(record.timestamp for record in part) < now_ms - DAY_MS - SLACK_MS:
            break
        stop, size = begin, size * GROWTH
    return found


def earlier(acts: list[Audit], who: str, key: str, now_ms: int) -> Audit | None:
    """Return the act of the last 24 hours that has this idempotency key of this operator."""
    for act in reversed(acts):
        if act.idempotency is not None and (act.who, act.idempotency.key) == (who, key):
            return act if now_ms - act.ts <= DAY_MS else None
    return None


def _acts(records: list[Consumed]) -> Iterator[Audit]:
    for record in records:
        try:
            yield _decode(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # of another release, or by another program: it is none of ours
