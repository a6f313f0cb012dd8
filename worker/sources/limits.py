"""What the target topic demands of its records."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from worker.errors import ConfigError

_HOUR_MS = 3_600_000
_BATCH = 262_144


class TopicLimits(NamedTuple):
    """Limits of a topic; Kafka's defaults where the right to read them is missing."""

    max_message_bytes: int = 1_048_588
    ahead_ms: int = _HOUR_MS  # how far in the future of the broker's clock a record may be

    @property
    def batch_bytes(self) -> int:
        """Size of producer batches: the topic's limit holds for a batch, headers included."""
        return max(1, min(_BATCH, self.max_message_bytes - 512))


async def topic_limits(admin: AIOKafkaAdminClient, topic: str) -> TopicLimits:
    """The limits of a topic.

    Raises:
        ConfigError: the topic does not exist.
    """
    described = await admin.describe_topics([topic])
    if not any(found["topic"] == topic and found["error_code"] == 0 for found in described):
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    answers: list[Any] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    entries = {entry[0]: entry[1] for answer in answers for resource in answer.resources for entry in resource[4]}
    return _limits(entries)


def _limits(entries: dict[str, Any]) -> TopicLimits:
    default = TopicLimits()
    ahead = int(entries.get("message.timestamp.after.max.ms", default.ahead_ms))
    if entries.get("message.timestamp.type") == "LogAppendTime":
        ahead = 2**63 - 1
    return TopicLimits(int(entries.get("max.message.bytes", default.max_message_bytes)), ahead)
