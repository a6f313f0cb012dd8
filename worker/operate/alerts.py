"""Alerts, deliveries and silences as their topics have them now."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import msgspec
from aiokafka import TopicPartition

from schemas.alert import Alert
from schemas.audit import Audit
from schemas.delivery import Delivery
from schemas.silence import Silence
from worker.errors import AlphapulseError, BrokerUnavailable, ConfigError
from worker.kafka.client import client_options
from worker.kafka.errors import FAILURES, meaning
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Consumed, Reader, Truncated
from worker.kafka.topics import describe
from worker.settings import Settings

_alert = msgspec.json.Decoder(Alert).decode
_delivery = msgspec.json.Decoder(Delivery).decode
_audit = msgspec.json.Decoder(Audit).decode
MESSAGE = "message/"
RANK = {"firing": 0, "acknowledged": 1, "pending": 2, "resolved": 3}


async def alerts(settings: Settings, resolved: bool = False) -> list[Alert]:
    """Return the newest record of each alert, those that fire first; `resolved` ones only if wanted.

    Raises:
        AlphapulseError: the topic does not exist, or can't be read.
    """
    found: dict[str, Alert] = {}
    async for record in _records(settings, settings.topics.alarms):
        try:
            alert = _alert(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # of another release: the gap shows in no count of ours
        found[alert.fingerprint] = alert
    kept = [one for one in found.values() if resolved or one.state != "resolved"]
    return sorted(kept, key=lambda one: (RANK[one.state], -(one.fired_ms or one.starts_ms), one.fingerprint))


async def deliveries(settings: Settings) -> list[Delivery]:
    """Return the newest record of each delivery, the newest last.

    Raises:
        AlphapulseError: the topic does not exist, or can't be read.
    """
    found: dict[bytes, Delivery] = {}
    async for record in _records(settings, settings.topics.messages):
        key = record.key or b""
        if record.value is None:
            found.pop(key, None)
        elif not key.startswith(MESSAGE.encode()):
            try:
                found[key] = _delivery(record.value)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
    return sorted(found.values(), key=lambda one: (one.last_ms or one.queued_ms, one.message_id))


async def silences(settings: Settings, now_ms: int | None = None) -> list[Silence]:
    """Return the silences that hold or will hold, by their ends.

    Raises:
        AlphapulseError: the topic does not exist, or can't be read.
    """
    now = int(time.time() * 1000) if now_ms is None else now_ms
    found: dict[str, Silence] = {}
    async for record in _records(settings, settings.topics.acts):
        try:
            act = _audit(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # of another release, or by another program
        if act.action == "silence" and act.silence is not None:
            found[act.silence.id] = act.silence
        elif act.action == "end_silence":
            found.pop(act.subject, None)
    return sorted((one for one in found.values() if one.ends_ms > now), key=lambda one: (one.ends_ms, one.id))


async def _records(settings: Settings, topic: str) -> AsyncIterator[Consumed]:
    async with admin_client(settings.kafka) as admin:
        if topic not in await describe(admin, (topic,)):
            raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    try:
        async with Reader(client_options(settings.kafka)) as reader:
            async for batch in reader.batches(TopicPartition(topic, 0)):
                for record in batch:
                    yield record
    except (Truncated, *FAILURES) as error:
        failure = meaning(error, topic)
        if isinstance(failure, AlphapulseError):
            raise failure from error
        raise BrokerUnavailable(f"{topic} can't be read: {error}", "Check the brokers that hold it") from error
