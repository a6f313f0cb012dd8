"""The writer of operators' acts to the topic `audit`."""

from __future__ import annotations

import time
import uuid

import msgspec

from schemas import SCHEMA_VERSION
from schemas.audit import Acknowledged, Audit
from worker.errors import ConfigError
from worker.kafka.preflight import admin_client
from worker.kafka.topics import describe
from worker.operate.controls import write
from worker.settings import Settings


async def acknowledge(settings: Settings, subject: Acknowledged, who: str, reason: str) -> Audit:
    """Write an acknowledgement, which the monitor of the portfolio's risk enters into its next step; return it.

    Raises:
        ConfigError: the topic does not exist, or `who` or `reason` is empty or too long.
        NotPermitted, TryAgain, BrokerUnavailable: it can't be written, or may not be.
    """
    act = Audit(SCHEMA_VERSION, uuid.uuid4().hex, int(time.time() * 1000), who, "acknowledge", subject, reason)
    value = msgspec.json.encode(act)
    try:
        msgspec.json.decode(value, type=Audit)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the acknowledgement is invalid: {error}", "See `alphapulse schema audit`") from None
    topic = settings.topics.acts
    async with admin_client(settings.kafka) as admin:
        if topic not in await describe(admin, (topic,)):
            raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    await write(settings, topic, subject, value)
    return act
