"""Topics are told apart by their ids: one that was deleted and made anew has the same name and other records."""

from __future__ import annotations

from typing import NamedTuple

from aiokafka.errors import KafkaConnectionError

from worker.errors import ConfigError
from worker.stream.leaders import Leaders
from worker.stream.protocol.answers import AGAIN, failure
from worker.stream.protocol.codes import name


class TopicIds(NamedTuple):
    """Of a group's input and state; 0 where a cluster has none."""

    input: int
    state: int


async def topic_ids(leaders: Leaders, *names: str) -> TopicIds:
    """The ids of the input and the state topic, which come first; who leads the others is learnt on the way.

    Raises:
        KafkaError: a topic is not there now.
    """
    found = await leaders.topics(names)
    for topic, described in found.items():
        if described.error_code in AGAIN:
            raise KafkaConnectionError(f"{topic}: {name(described.error_code)}")
        if described.error_code:
            raise failure(described.error_code, topic)
    return TopicIds(found[names[0]].id, found[names[1]].id)


def text_of(topic_id: int) -> str:
    """An id as records hold it; empty where there is none."""
    return f"{topic_id:032x}" if topic_id else ""


def made_anew(topic: str) -> ConfigError:
    """The error to stop with when a topic is not the one that the group has worked on."""
    return ConfigError(
        f"the topic {topic} was deleted and made anew: its records are others than those that the group has decided",
        "Run another processing.group, which begins with the first record of the new topic",
    )
