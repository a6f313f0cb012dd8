"""Tail of decisions or rejections as they are committed, without a group."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import Decision, Rejection
from worker.errors import ConfigError, DataError
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.seams import start_consumer, stop_consumer
from worker.kafka.topics import describe
from worker.operate.backlog import POLL_MS, Line, newest
from worker.operate.filters import Item, Tally, Wanted
from worker.settings import KafkaSettings
from worker.stream.output.builder import rfc3339

_DECISION, _REJECTION = msgspec.json.Decoder(Decision), msgspec.json.Decoder(Rejection)


def readable(item: Item) -> str:
    """Format a record as one line."""
    if isinstance(item, Rejection):
        when = rfc3339(item.ts) if item.ts is not None else "-"
        return f"{when:24} {item.symbol or '-':12} rejected    {'; '.join(item.codes)}  {item.detail or ''}".rstrip()
    size = f" {item.qty:g} @ {item.ref_price:g}" if item.qty else ""
    score = "-" if item.final is None else f"{item.final:+.2f}"
    why = ", ".join(item.reasons)
    return f"{rfc3339(item.close_ts):24} {item.symbol:12} {item.action:11} {score:>6} {item.regime:10} {why}{size}"


async def follow_topic(
    kafka: KafkaSettings,
    topic: str,
    wanted: Wanted,
    last: int,
    follow: bool,
    raw: bool,
    out: TextIO,
    say: Callable[[str], object] | None = None,
) -> None:
    """Write the newest `last` records that match, then with `follow` every new one.

    `raw` writes their values unformatted. `say` gets a sentence when none matches.

    Raises:
        ConfigError: the topic does not exist.
        DataError: a record is neither a decision nor a rejection.
    """
    async with admin_client(kafka) as admin:
        found = await describe(admin, (topic,))
    if topic not in found:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    tps = [TopicPartition(topic, p) for p in range(found[topic].partitions)]
    consumer = AIOKafkaConsumer(**client_options(kafka), group_id=None, isolation_level="read_committed")
    await start_consumer(consumer)
    try:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(tps)
        tally = Tally()

        def passes(line: Line) -> bool:
            item = _item(topic, line)
            tally.add(item)
            return wanted(item)

        lines = await newest(consumer, ends, last, passes)
        for line in lines:
            _show(topic, line, raw, out)
        out.flush()
        if say and last and not lines:
            say(tally.nothing_of(wanted, topic) + (" (waiting for new ones, Ctrl-C ends)" if follow else ""))
        if follow:
            await _follow(consumer, topic, ends, wanted, raw, out)
    finally:
        await stop_consumer(consumer)


async def _follow(
    consumer: AIOKafkaConsumer,
    topic: str,
    ends: dict[TopicPartition, int],
    wanted: Wanted,
    raw: bool,
    out: TextIO,
) -> None:
    consumer.assign(list(ends))
    for tp, end in ends.items():
        consumer.seek(tp, end)
    while True:
        for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
            for record in records:
                line = Line(record.timestamp, record.partition, record.offset, record.value or b"")
                if wanted(_item(topic, line)):
                    _show(topic, line, raw, out)
        out.flush()


def _item(topic: str, line: Line) -> Item:
    try:
        return (_DECISION if b'"decision_id"' in line.value[:64] else _REJECTION).decode(line.value)
    except msgspec.MsgspecError as problem:
        where = f"{topic}, partition {line.partition}, offset {line.offset}"
        raise DataError(
            f"{where} is neither a decision nor a rejection: {problem}",
            "Set topics.decisions and topics.rejected to the topics of the workers",
        ) from None


def _show(topic: str, line: Line, raw: bool, out: TextIO) -> None:
    out.write((line.value.decode() if raw else readable(_item(topic, line))) + "\n")
