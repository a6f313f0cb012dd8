"""The limits of the target topic on its records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient

from worker.errors import ConfigError, NotPermitted
from worker.kafka import asking
from worker.kafka.seams.clients import client_of

_HOUR_MS = 3_600_000
_BATCH = 262_144


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
        ConfigError: the topic does not exist: brokers have said so for a time (`asking.find_topics`).
        NotPermitted: no right to see it.
        TryAgain, BrokerUnavailable: the brokers do not say.
    """
    client = client_of(admin)
    found = await asking.find_topics(client, (topic,))
    if found.denied:
        raise NotPermitted(f"no right to see {topic}", f"Grant DESCRIBE on {topic}")
    if topic not in found.partitions:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    return _limits((await asking.topic_settings(client, (topic,)))[topic])


def _limits(settings: Mapping[str, str | None]) -> TopicLimits:
    default = TopicLimits()
    ahead = int(settings.get("message.timestamp.after.max.ms") or default.ahead_ms)
    if settings.get("message.timestamp.type") == "LogAppendTime":
        ahead = 2**63 - 1
    return TopicLimits(int(settings.get("max.message.bytes") or default.max_message_bytes), ahead)
