"""Topic ids: they tell a recreated topic, which has the same name and other records, from the deleted one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aiokafka.errors import KafkaConnectionError

from worker.errors import ConfigError
from worker.kafka.leaders import Leaders
from worker.kafka.protocol.answers import AGAIN, failure
from worker.kafka.protocol.codes import name
from worker.settings import Settings


class TopicIds(NamedTuple):
    """The ids of a group's topics; 0 where the cluster has none, or where the id is not known."""

    input: int
    state: int
    output: int = 0
    rejected: int = 0
    control: int = 0


async def topic_ids(leaders: Leaders, *names: str) -> TopicIds:
    """Return the ids of topics, named in the order of `TopicIds`; `leaders` also learns their leaders.

    Raises:
        KafkaError: the brokers don't describe a topic now.
    """
    return TopicIds(*await ids_of(leaders, names))


async def ids_of(leaders: Leaders, names: Sequence[str]) -> list[int]:
    """Return the ids of topics, in the order of their names; `leaders` also learns their leaders.

    That no broker knows a topic now does not mean that there is none: whoever asks may ask again, and the watch of
    the topics tells when one is gone.

    Raises:
        KafkaError: the brokers don't describe a topic now.
    """
    found = await leaders.topics(names)
    for topic, described in found.items():
        if described.error_code in AGAIN:
            raise KafkaConnectionError(f"{topic}: {name(described.error_code)}")
        if described.error_code:
            raise failure(described.error_code, topic)
    return [found[topic].id for topic in names]


def text_of(topic_id: int) -> str:
    """Return an id as records hold it; empty where there is none."""
    return f"{topic_id:032x}" if topic_id else ""


def recreated(topic: str, settings: Settings) -> ConfigError:
    """Return the error to stop with when a topic is not the one that the group has worked on."""
    what, fix = _lost_with(topic, settings)
    return ConfigError(f"the topic {topic} was deleted and recreated: {what}", fix)


def _lost_with(topic: str, settings: Settings) -> tuple[str, str]:
    """Return what was lost with a topic, and what to do."""
    if topic == settings.topics.input:
        return (
            "its records are not the ones that the group has processed",
            "Run another processing.group, which starts at the first record of the new topic",
        )
    if topic == settings.state_topic:
        return (
            "the group's snapshots are gone",
            "Restart the workers: they rebuild the state from the input, or say what prevents it",
        )
    if topic == settings.topics.limits:
        return (
            "limits that it held may be gone",
            "Set the limits to apply by `alphapulse control set`, each with a greater version; then set "
            "topics.on_replaced=follow to continue",
        )
    return (
        "the outcomes that the group has written to it are gone",
        "Run another processing.group to process all input again; or set topics.on_replaced=follow to continue with "
        "new input only",
    )
