"""The limits of the target topic on its records."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from worker.errors import ConfigError, NotPermitted, TryAgain

_HOUR_MS = 3_600_000
_BATCH = 262_144
_PATIENCE = 30.0  # seconds for an answer that is neither yes nor no
_PAUSE = 0.2
_UNKNOWN_TOPIC, _DENIED = 3, 29  # error codes


class TopicLimits(NamedTuple):
    """Limits of a topic; Kafka's defaults where the right to read them is missing."""

    max_message_bytes: int = 1_048_588
    ahead_ms: int = _HOUR_MS  # how far in the future of the broker's clock a record may be

    @property
    def batch_bytes(self) -> int:
        """Return the size of producer batches: the topic's limit holds for a batch, headers included."""
        return max(1, min(_BATCH, self.max_message_bytes - 512))


async def topic_limits(admin: AIOKafkaAdminClient, topic: str) -> TopicLimits:
    """Return the limits of a topic.

    Raises:
        ConfigError: the topic does not exist.
        NotPermitted: no right to see it.
        TryAgain: the brokers do not say.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        code, entries = await _look(admin, topic)
        if code == 0:
            return _limits(entries)
        if code == _UNKNOWN_TOPIC:
            raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
        if code == _DENIED:
            raise NotPermitted(f"no right to see {topic}", f"Grant DESCRIBE on {topic}")
        if time.monotonic() >= deadline:
            raise TryAgain(f"the brokers do not say what {topic} is (error code {code})", "Check the brokers' logs")
        await asyncio.sleep(_PAUSE)  # a new leader: nothing tells us


async def _look(admin: AIOKafkaAdminClient, topic: str) -> tuple[int, dict[str, Any]]:
    """Return (error code, settings); no settings where the right to read them is missing."""
    # Ask for all topics: asking for one by name would create it.
    found = [each for each in await admin.describe_topics() if each["topic"] == topic]
    code = int(found[0]["error_code"]) if found else _UNKNOWN_TOPIC
    if code:
        return code, {}
    answers: list[Any] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    resources = [resource for answer in answers for resource in answer.resources]
    code = next((resource[0] for resource in resources if resource[0] not in (0, _DENIED)), 0 if resources else -1)
    return code, {entry[0]: entry[1] for resource in resources for entry in resource[4]}


def _limits(entries: dict[str, Any]) -> TopicLimits:
    default = TopicLimits()
    ahead = int(entries.get("message.timestamp.after.max.ms", default.ahead_ms))
    if entries.get("message.timestamp.type") == "LogAppendTime":
        ahead = 2**63 - 1
    return TopicLimits(int(entries.get("max.message.bytes", default.max_message_bytes)), ahead)
