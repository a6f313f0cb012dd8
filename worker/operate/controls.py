"""What the control topic holds, and the record that follows."""

from __future__ import annotations

import math
import re
import time
from typing import Any, NamedTuple

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from schemas import Control
from schemas.tick import END, MAX_SYMBOL
from worker.errors import AlphapulseError, BrokerUnavailable, ConfigError, TryAgain
from worker.kafka.client import client_options
from worker.kafka.errors import FAILURES, meaning
from worker.kafka.preflight import NO_BROKER, admin_client
from worker.kafka.reader import Reader
from worker.kafka.topics import describe
from worker.settings import Settings

KEY = rf"^[!-~]{{1,{MAX_SYMBOL}}}" + END  # a symbol or `*`
_decode = msgspec.json.Decoder(Control).decode


class Entry(NamedTuple):
    """The newest record of a key, and its time of writing (epoch ms UTC)."""

    control: Control
    ts: int


async def newest(settings: Settings) -> dict[str, Entry]:
    """Return the newest readable record of each key, by key, without removed keys.

    Raises:
        ConfigError: the topic does not exist.
        NotPermitted: no right to read it.
    """
    topic = settings.topics.limits
    async with admin_client(settings.kafka) as admin:
        found = await describe(admin, (topic,))
    if topic not in found:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    entries: dict[str, Entry] = {}
    async with Reader(client_options(settings.kafka)) as reader:
        try:
            for partition in range(found[topic].partitions):
                async for records in reader.batches(TopicPartition(topic, partition)):
                    for record in records:
                        _take(entries, record.key or b"", record.value, record.timestamp)
        except FAILURES as error:
            raise _failure(error, topic) from error
    return dict(sorted(entries.items()))


async def newest_of(reader: Reader, topic: str, partitions: int, key: str) -> tuple[Entry | None, dict[int, int]]:
    """Return the newest record of a key, and the ends up to which the partitions were read.

    Waits for transactions that have not ended.

    Raises:
        KafkaError, Truncated: as `Reader.batches`.
    """
    entries: dict[str, Entry] = {}
    ends: dict[int, int] = {}
    for partition in range(partitions):
        tp = TopicPartition(topic, partition)
        ends[partition] = await reader.leaders.end(tp, committed=False)
        async for records in reader.batches(tp, None, ends[partition]):
            for record in records:
                if record.key == key.encode():
                    _take(entries, record.key, record.value, record.timestamp)
    return entries.get(key), ends


def check_key(key: str) -> None:
    """Refuse a key that no bar can have.

    Raises:
        ConfigError: the key is neither a symbol nor `*`.
    """
    if not re.fullmatch(KEY, key):
        raise ConfigError(
            f"{key!r} is not a valid symbol: its limits would never apply",
            f"Use 1 to {MAX_SYMBOL} ASCII characters without spaces, or * for all symbols",
        )


def changed(before: Control | None, key: str, effective_ts: int, fields: dict[str, Any]) -> Control:
    """Build the record that follows `before`, with `fields` changed and the next version.

    A key without a record may have had one of any version before its removal, so its next version is the Unix time.

    Raises:
        ConfigError: a value is invalid.
    """
    if not all(math.isfinite(value) for value in fields.values() if isinstance(value, float)):
        raise ConfigError("the control record is invalid: a limit is not a finite number", "Use finite numbers")
    base: dict[str, Any] = msgspec.to_builtins(before) if before else {"key": key, "version": int(time.time()) - 1}
    given = {"version": base["version"] + 1, "effective_ts": effective_ts, **msgspec.to_builtins(fields)}
    try:
        return msgspec.convert(base | given, Control)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the control record is invalid: {error}", "See `alphapulse schema control`") from None


def _take(entries: dict[str, Entry], key: bytes, value: bytes | None, ts: int) -> None:
    name = key.decode(errors="replace")
    if value is None:
        entries.pop(name, None)
        return
    try:
        control = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # a worker ignores it too, and the record before stays in force
    if control.key == name:
        entries[name] = Entry(control, ts)


def _failure(error: BaseException, topic: str) -> AlphapulseError:
    failure = meaning(error, topic)
    if isinstance(failure, AlphapulseError):
        return failure
    if isinstance(error, KafkaConnectionError):
        return BrokerUnavailable(f"no Kafka broker answers ({error})", NO_BROKER)
    return TryAgain(f"{topic} can't be read ({failure})", "Check the brokers that hold it, then try again")
