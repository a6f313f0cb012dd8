"""How far a client has come: what it has written, or what its group has committed."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 4
WAIT_S = 20.0
KEEP = {"retention.ms": "-1"}  # the simulated bars' timestamps lie years back


class Watch:
    """Topics and groups of one broker."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def create(self, *topics: str, partitions: int = PARTITIONS) -> None:
        """Make topics."""
        new = [NewTopic(topic, partitions, 1, config=KEEP) for topic in topics]
        for made in self._admin.create_topics(new).values():
            made.result(WAIT_S)

    def delete(self, *topics: str) -> None:
        """Remove topics, so that the disk does not fill."""
        for gone in self._admin.delete_topics(list(topics)).values():
            gone.result(WAIT_S)


class Written:
    """The ends of output topics, added up; transaction markers count too."""

    def __init__(self, bootstrap: str, topics: Sequence[str]) -> None:
        self._reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "none", "log_level": 0})
        self._places = [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]

    def __call__(self) -> int:
        try:
            return sum(self._reader.get_watermark_offsets(place, WAIT_S)[1] for place in self._places)
        except KafkaException:  # a new topic has no leader yet
            return 0

    def close(self) -> None:
        self._reader.close()


class Committed:
    """The offsets that one group has committed in one topic, added up."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self._reader = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 0}
        )
        self._places = [TopicPartition(topic, p) for p in range(PARTITIONS)]

    def __call__(self) -> int:
        try:
            found = self._reader.committed(self._places, timeout=WAIT_S)
        except KafkaException:  # the group's coordinator is not there yet
            return 0
        return sum(max(place.offset, 0) for place in found)

    def close(self) -> None:
        self._reader.close()
