"""The records of the topic of portfolios: the witness of what the monitor has done, and the journal to redo it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec
from aiokafka import TopicPartition

from schemas.portfolio import Portfolio
from worker.errors import AlphapulseError, BrokerUnavailable, ConfigError, DataError
from worker.kafka.client import client_options
from worker.kafka.errors import FAILURES, meaning
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Consumed, Reader, Truncated
from worker.kafka.topics import describe
from worker.settings import Settings

FEW = 16  # offsets from the end in which the newest record is looked for first; each commit takes one for its marker
GROWTH = 8
_decode = msgspec.json.Decoder(Portfolio).decode


class Kept(NamedTuple):
    """A record, and its bytes."""

    portfolio: Portfolio
    value: bytes


async def last(settings: Settings) -> Kept | None:
    """Return the newest record, for a command.

    Raises:
        AlphapulseError: the topic does not exist, or can't be read.
    """
    topic = settings.topics.figures
    async with admin_client(settings.kafka) as admin:
        if topic not in await describe(admin, (topic,)):
            raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    try:
        async with Reader(client_options(settings.kafka)) as reader:
            return await newest(reader, topic)
    except (Truncated, *FAILURES) as error:
        failure = meaning(error, topic)
        if isinstance(failure, AlphapulseError):
            raise failure from error
        raise BrokerUnavailable(f"{topic} can't be read: {error}", "Check the brokers that hold it") from error


async def newest(reader: Reader, topic: str) -> Kept | None:
    """Return the newest record; None for none. Waits for transactions that have not ended.

    Raises:
        DataError: it can't be read.
        Truncated, KafkaTimeoutError: as `Reader.batches`.
    """
    tp = TopicPartition(topic, 0)
    first, end = await reader.leaders.first(tp), await reader.leaders.end(tp, committed=False)
    begin, size = end, FEW
    while begin > first:
        stop, begin = begin, max(first, begin - size)
        last: Consumed | None = None
        async for batch in reader.batches(tp, begin, stop):
            last = batch[-1]
        if last is not None:
            return _kept(topic, last)
        size *= GROWTH
    return None


async def every(reader: Reader, topic: str) -> AsyncIterator[Kept]:
    """Yield all records.

    Raises:
        DataError, Truncated, KafkaTimeoutError: as `newest`.
    """
    async for batch in reader.batches(TopicPartition(topic, 0)):
        for record in batch:
            yield _kept(topic, record)


def _kept(topic: str, record: Consumed) -> Kept:
    value = record.value or b""
    try:
        return Kept(_decode(value), value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"{topic} offset {record.offset} is no record of a portfolio: {error}",
            "Set topics.portfolio to the topic that the monitor writes",
        ) from None
